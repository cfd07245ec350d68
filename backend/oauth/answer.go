package oauth

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"encoding/json"
	"errors"
	"math"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"relink/backend/secret"
)

const (
	maxDepth    = 64
	maxLifetime = 10 * 365 * 24 * time.Hour
)

// answer is what a token endpoint sent back, whole unless broken.
type answer struct {
	status int
	header http.Header
	body   []byte
	broken bool // too large, or its encoding is damaged
	at     time.Time
	sent   []secret.Text // the request's secrets, which the server may quote
}

// unreadable says that the answer arrived but its compression is damaged: that is the server's
// doing, not the network's.
func unreadable(err error) bool {
	var corrupt flate.CorruptInputError
	return errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) || errors.As(err, &corrupt)
}

// token reads a token, or returns a Refusal.
func (a answer) token(s Server) (Token, error) {
	m, ok := a.members()
	access, stated := text(m.at(s.Answer.AccessToken, "access_token"))
	_, _, failed := s.Answer.fault(m)
	switch {
	case a.status/100 != 2, !ok, !stated, !visible(access), failed:
		return Token{}, a.refusal(s.Answer)
	}
	t := Token{Access: secret.New(access), Type: "Bearer", ExpiresAt: a.expiry(m.at(s.Answer.ExpiresIn, "expires_in"))}
	// Anything but a usable string counts as absent: the refresh token in hand stays the valid one.
	refresh, ok := text(m.at(s.Answer.RefreshToken, "refresh_token"))
	if ok && visible(refresh) {
		t.Refresh = secret.New(refresh)
	}
	if kind, ok := text(m.top["token_type"]); ok {
		t.Type = printable(kind, maxCode)
	}
	t.Scopes, t.ScopesStated = scopes(m.at(s.Answer.Scope, "scope"), s.ScopeSeparator)
	if s.Answer.RefreshExpiresIn != "" {
		t.GrantExpiresAt = a.expiry(m.at(s.Answer.RefreshExpiresIn, ""))
	}
	if s.Answer.ExpiresAt != "" && t.ExpiresAt.IsZero() {
		t.ExpiresAt = a.date(m.at(s.Answer.ExpiresAt, ""))
	}
	if s.Answer.RefreshExpiresAt != "" && t.GrantExpiresAt.IsZero() {
		t.GrantExpiresAt = a.date(m.at(s.Answer.RefreshExpiresAt, ""))
	}
	t.Told = captured(s.Captured, "token:", func(path string) string {
		value, _ := scalar(m.at(path, ""))
		return value
	}, access, refresh)
	return t, nil
}

// refusal reads what the answer tells instead of a token.
func (a answer) refusal(shape TokenAnswer) *Refusal {
	r := newRefusal(a.status, a.header, a.at)
	m, ok := a.members()
	if !ok {
		r.HTML = a.html()
		r.Malformed = !r.HTML && a.status/100 == 2
		return r
	}
	hidden := slices.Clone(a.sent)
	for _, value := range []json.RawMessage{m.at(shape.AccessToken, "access_token"), m.at(shape.RefreshToken, "refresh_token")} {
		token, _ := text(value)
		hidden = append(hidden, secret.New(token))
	}
	code, message, _ := shape.fault(m)
	r.Code = printable(blank(code, hidden), maxCode)
	r.Description = printable(blank(message, hidden), maxDescription)
	r.Detail = detail(m.top, hidden)
	r.Malformed = r.Code == "" && a.status/100 == 2
	return r
}

// members reads the answer's top level: a JSON object whatever the content type claims, or a form
// where it is declared as one or as plain text, as some servers do.
func (a answer) members() (members, bool) {
	if a.broken || !utf8.Valid(a.body) {
		return members{}, false
	}
	body := bytes.TrimSpace(bytes.TrimPrefix(a.body, []byte("\ufeff")))
	if bytes.HasPrefix(body, []byte("{")) {
		top, ok := objectMembers(body)
		return members{top, string(body)}, ok
	}
	kind, _, _ := mime.ParseMediaType(a.header.Get("Content-Type"))
	if kind == "application/x-www-form-urlencoded" || kind == "text/plain" {
		return formMembers(string(body))
	}
	return members{}, false
}

func (a answer) html() bool {
	kind, _, _ := mime.ParseMediaType(a.header.Get("Content-Type"))
	return kind == "text/html" || kind == "application/xhtml+xml" || bytes.HasPrefix(bytes.TrimSpace(a.body), []byte("<"))
}

// objectMembers reads one JSON object that names each member once and nests at most 64 levels.
func objectMembers(body []byte) (map[string]json.RawMessage, bool) {
	if tooDeep(body) {
		return nil, false
	}
	d := json.NewDecoder(bytes.NewReader(body))
	if _, err := d.Token(); err != nil {
		return nil, false
	}
	members := map[string]json.RawMessage{}
	for d.More() {
		key, err := d.Token()
		name, isText := key.(string)
		if err != nil || !isText {
			return nil, false
		}
		var value json.RawMessage
		if _, twice := members[name]; twice || d.Decode(&value) != nil {
			return nil, false
		}
		members[name] = value
	}
	if _, err := d.Token(); err != nil { // the closing brace
		return nil, false
	}
	return members, len(bytes.TrimSpace(body[d.InputOffset():])) == 0
}

func tooDeep(body []byte) bool {
	depth, quoted, escaped := 0, false, false
	for _, b := range body {
		switch {
		case escaped:
			escaped = false
		case quoted:
			escaped = b == '\\'
			quoted = b != '"'
		case b == '"':
			quoted = true
		case b == '{' || b == '[':
			depth++
		case b == '}' || b == ']':
			depth--
		}
		if depth > maxDepth {
			return true
		}
	}
	return false
}

func formMembers(body string) (members, bool) {
	values, err := url.ParseQuery(body)
	if err != nil {
		return members{}, false
	}
	top := map[string]json.RawMessage{}
	for name, all := range values {
		if len(all) != 1 || !utf8.ValidString(all[0]) {
			return members{}, false
		}
		top[name], _ = json.Marshal(all[0]) // a string always marshals
	}
	whole, _ := json.Marshal(top)
	return members{top, string(whole)}, says(top["access_token"]) || says(top["error"]) || says(top["device_code"])
}

// says says whether a value is there and tells something: null, false and "" do not.
func says(value json.RawMessage) bool {
	s := string(value)
	return s != "" && s != "null" && s != `""` && s != "false"
}

func text(value json.RawMessage) (string, bool) {
	var s string
	if len(value) == 0 || value[0] != '"' || json.Unmarshal(value, &s) != nil {
		return "", false
	}
	return s, s != ""
}

// visible says whether s is a token as RFC 6749 appendix A.12 spells them.
func visible(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 || r > 0x7e })
}

// expiry reads expires_in, which comes as a number, a fraction or a string. What is not positive
// counts as not stated, and what is absurd is bounded.
func (a answer) expiry(value json.RawMessage) time.Time {
	number := string(value)
	if s, ok := text(value); ok {
		number = strings.TrimSpace(s)
	}
	seconds, err := strconv.ParseFloat(number, 64)
	if err != nil && !math.IsInf(seconds, 1) || !(seconds > 0) {
		return time.Time{}
	}
	if seconds >= maxLifetime.Seconds() {
		return a.at.Add(maxLifetime)
	}
	return a.at.Add(time.Duration(seconds * float64(time.Second)))
}

// date reads a moment that the server states as a date (RFC 3339). One that is no date, or lies in the past, counts as
// not stated: the token was issued just now, so that the two clocks differ.
func (a answer) date(value json.RawMessage) time.Time {
	s, _ := text(value)
	at, err := time.Parse(time.RFC3339, strings.TrimSpace(s))
	if err != nil || !at.After(a.at) {
		return time.Time{}
	}
	if longest := a.at.Add(maxLifetime); at.After(longest) {
		return longest
	}
	return at.UTC()
}

// scopes reads scope: one string, or the array that some servers send. Servers differ in the
// separator between request and answer, so a space always separates too, and a comma where there is no
// space (LinkedIn).
func scopes(value json.RawMessage, separator string) ([]string, bool) {
	var list []string
	if s, ok := text(value); ok {
		if !strings.Contains(strings.TrimSpace(s), " ") {
			separator += ","
		}
		list = strings.FieldsFunc(s, func(r rune) bool {
			return r == ' ' || r == '\n' || r == '\t' || separator != "" && strings.ContainsRune(separator, r)
		})
	} else if json.Unmarshal(value, &list) != nil {
		return nil, false
	}
	for i := range list {
		list[i] = printable(list[i], maxDescription)
	}
	list = slices.DeleteFunc(list, func(s string) bool { return s == "" })
	return list, len(list) > 0
}
