package support

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"relink/backend/integration"
)

// longestName is how much of a name that somebody chose is told, in characters.
const longestName = 120

// clean makes a text of somebody else safe in one line: no control or formatting characters, bounded.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case r == unicode.ReplacementChar, unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s[:min(len(s), 8*longestName)], ""))
	if runes := []rune(s); len(runes) > longestName {
		s = string(runes[:longestName-1]) + "…"
	}
	return strings.TrimSpace(s)
}

// Clean is a text of somebody else made safe to keep and to show in one line.
func Clean(s string) string { return clean(s) }

// Told is a sentence about an integration with the values that its owner may be told: names and accounts,
// and no word of a provider.
func Told(t integration.Text) integration.Text { return veil{open: true}.text(t) }

// codeShape is what a code that a vendor documents looks like: short words and numbers. A key or a token
// is longer, and mixes letters and digits.
var codeShape = regexp.MustCompile(`^(?:[A-Za-z]{1,24}[0-9]{0,4}|[0-9]{1,6})(?:[_. :/-](?:[A-Za-z]{1,24}[0-9]{0,4}|[0-9]{1,6})){0,6}$`)

// longestCode is how long a code may be.
const longestCode = 64

// unshaped stands for a code that was left out.
const unshaped = "(left out: not shaped like a code)"

// code is a vendor's code where it is shaped like one. The vendor chose it, so it may hold anything: also
// what was sent to it.
func code(s string) string {
	if s == "" || len(s) <= longestCode && codeShape.MatchString(s) {
		return s
	}
	return unshaped
}

var (
	mailShape   = regexp.MustCompile(`[^\s@<>()"',;:]+@[^\s@<>()"',;:]+`)
	domainShape = regexp.MustCompile(`(?i)\b(?:[\p{L}0-9](?:[\p{L}0-9-]*[\p{L}0-9])?\.)+\p{L}{2,24}\b`)
)

// veil stands between persons and what is told: it puts a short fingerprint in the place of an e-mail
// address, a domain or an account, the same one each time, unless the person chose to tell them.
type veil struct {
	salt string // unguessable, so that nobody can try addresses until the fingerprint fits
	open bool
}

func (v veil) fingerprint(kind, s string) string {
	mac := hmac.New(sha256.New, []byte(v.salt))
	mac.Write([]byte(strings.ToLower(s)))
	return kind + "-" + hex.EncodeToString(mac.Sum(nil)[:3])
}

// name is a name that a person chose, with the addresses and domains in it veiled.
func (v veil) name(s string) string {
	s = clean(s)
	if v.open {
		return s
	}
	s = mailShape.ReplaceAllStringFunc(s, func(m string) string { return v.fingerprint("person", m) })
	return domainShape.ReplaceAllStringFunc(s, func(m string) string { return v.fingerprint("host", m) })
}

// What the values of a sentence may be, by their names. A value of another name is left out.
var (
	namedValues  = map[string]bool{"integration": true}
	knownValues  = map[string]bool{"provider": true, "repair": true}
	ownerValues  = map[string]bool{"account": true, "expected": true, "whom": true}
	codedValues  = map[string]bool{"stage": true, "format": true, "result": true, "reason": true, "status": true, "code": true}
	numberValues = map[string]bool{"count": true, "days": true, "minutes": true, "hours": true, "seconds": true, "port": true}
)

// text is a sentence with the values that may be told.
func (v veil) text(t integration.Text) integration.Text {
	values := make(map[string]string, len(t.Args))
	for name, value := range t.Args {
		values[name] = v.value(name, value)
	}
	return integration.Text{Key: t.Key, Args: values}
}

func (v veil) value(name, value string) string {
	_, notNumber := strconv.Atoi(value)
	_, notTime := time.Parse(time.RFC3339, value)
	switch {
	case value == "":
		return ""
	case knownValues[name]:
		return clean(value)
	case namedValues[name]:
		return v.name(value)
	case ownerValues[name] && v.open:
		return clean(value)
	case ownerValues[name]:
		return v.fingerprint("account", value)
	case codedValues[name]:
		return code(value)
	case numberValues[name] && notNumber == nil, strings.HasSuffix(name, "At") && notTime == nil:
		return value
	}
	return "…"
}
