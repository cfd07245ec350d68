package probe

import (
	"encoding/base64"
	"encoding/json"
	"html"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"relink/backend/secret"
)

const (
	maxExcerpt = 2 << 10
	shortest   = 4 // characters of a secret below which blanking it would blank everything
)

// excerpt is a provider's own words: one line, without control characters and secrets, at most 2 KiB.
func excerpt(body []byte, t *Target) string {
	clean := printable(string(body[:min(len(body), 16*maxExcerpt)]), 16*maxExcerpt)
	return printable(scrub(clean, t), maxExcerpt)
}

// scrub blanks every secret of the target out of a text, in the forms in which a server may echo it.
func scrub(s string, t *Target) string {
	if s == "" || len(t.Secrets) == 0 || tooShort(s, t) {
		return s
	}
	for _, form := range echoes(t) {
		s = strings.ReplaceAll(s, form, secret.Mask)
	}
	return s
}

// tooShort says whether a text has no room for any of the secrets, as an account's id usually has
// not: no form of a secret in plain ASCII is shorter than the secret.
func tooShort(s string, t *Target) bool {
	for _, hidden := range t.Secrets {
		if plain := hidden.Reveal(); len(s) >= len(plain) || !plainASCII(plain) {
			return false
		}
	}
	return true
}

// echoes are the secrets as they are, as JSON, URL and base64 write them, and in Basic credentials;
// the longest first, so that no rest of one stays behind.
func echoes(t *Target) []string {
	var forms []string
	add := func(s string) {
		if len(s) >= shortest && !slices.Contains(forms, s) {
			forms = append(forms, s)
		}
	}
	for _, hidden := range t.Secrets {
		plain := hidden.Reveal()
		add(plain)
		quoted, _ := json.Marshal(plain) // a string always marshals
		add(string(quoted[1 : len(quoted)-1]))
		for _, escaped := range []string{url.QueryEscape(plain), url.PathEscape(plain)} {
			add(escaped)
			add(lowerEscapes.ReplaceAllStringFunc(escaped, strings.ToLower))
		}
		add(html.EscapeString(plain))
		add(printable(plain, maxExcerpt))
		if len(plain) >= shortest {
			add(strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(plain)), "="))
			add(strings.TrimRight(base64.URLEncoding.EncodeToString([]byte(plain)), "="))
		}
		for _, user := range t.Grant.Public {
			add(strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(user+":"+plain)), "="))
			add(strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(user+"/token:"+plain)), "="))
		}
		add(strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(plain+":")), "="))
	}
	slices.SortFunc(forms, func(a, b string) int { return len(b) - len(a) })
	return forms
}

// lowerEscapes are percent escapes, which some servers write in small letters (RFC 3986 section 2.1 takes both).
var lowerEscapes = regexp.MustCompile(`%[0-9A-F]{2}`)

// printable makes a foreign text safe to show: one line of valid UTF-8 without control and
// formatting characters (escapes, direction overrides), at most limit bytes.
func printable(s string, limit int) string {
	if plainASCII(s) && len(s) <= limit {
		return s
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t' || r == '\u2028' || r == '\u2029':
			return ' '
		case r == utf8.RuneError || unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Co, unicode.Cs):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	s = strings.TrimSpace(s)
	if len(s) > limit {
		s = strings.ToValidUTF8(s[:limit], "") // the cut may have split a character
	}
	return s
}

func plainASCII(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
