package oauth

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"strings"

	"github.com/tidwall/gjson"
	"golang.org/x/net/http/httpguts"
)

// named returns the server's own name for a standard parameter.
func (r TokenRequest) named(standard string) string {
	own := map[string]string{"client_id": r.ClientID, "client_secret": r.ClientSecret, "code": r.Code, "refresh_token": r.RefreshToken}[standard]
	if own == "" {
		return standard
	}
	return own
}

// body encodes the parameters under the server's names, with the fixed ones that are not among them.
func (r TokenRequest) body(form url.Values, fixed map[string]string) (body, kind string, err error) {
	params := make(map[string]string, len(form)+len(fixed))
	maps.Copy(params, fixed)
	for name := range form {
		delete(params, name)
	}
	for name := range form {
		params[r.named(name)] = form.Get(name)
	}
	switch r.Encoding {
	case "", EncodingForm:
		values := make(url.Values, len(params))
		for name, value := range params {
			values.Set(name, value)
		}
		return values.Encode(), "application/x-www-form-urlencoded", nil
	case EncodingJSON:
		encoded, err := json.Marshal(params)
		return string(encoded), "application/json", err
	}
	return "", "", errors.New("the encoding of token requests must be form or json")
}

// setHeaders adds the server's own headers; those that carry the protocol are set after them.
func (r TokenRequest) setHeaders(h http.Header) error {
	for name, value := range r.Headers {
		if !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(value) {
			return errors.New("a header of the token request cannot be used")
		}
		h.Set(name, value)
	}
	return nil
}

// members are an answer's top level, and the whole of it for paths.
type members struct {
	top   map[string]json.RawMessage
	whole string
}

// at reads the value at a gjson path, or at the standard name when there is no path. gjson's
// modifiers are not among what a path may use.
func (m members) at(path, standard string) json.RawMessage {
	if path == "" {
		return m.top[standard]
	}
	if strings.ContainsAny(path, "@!") {
		return nil
	}
	return json.RawMessage(gjson.Get(m.whole, path).Raw)
}

// scalar reads a string, a number or a truth value as text.
func scalar(value json.RawMessage) (string, bool) {
	if s, ok := text(value); ok {
		return s, true
	}
	if len(value) == 0 || strings.ContainsRune("{[\"n", rune(value[0])) {
		return "", false
	}
	return string(value), true
}

// fault reads the code and the text of a refusal at the server's own places, or at the standard ones.
// failed says that something stands where an error would.
func (s TokenAnswer) fault(m members) (code, message string, failed bool) {
	own := m.at(s.Error, "error")
	code, _ = scalar(own)
	switch {
	case s.Good != "" && code == s.Good:
		code = ""
	default:
		failed = says(own)
	}
	if s.Error == "" {
		code, _ = text(own) // a standard code is a string
	} else if standard := m.top["error"]; !failed && says(standard) && s.Error != "error" {
		code, _ = text(standard)
		failed = true
	}
	if message, _ = scalar(m.at(s.Message, "error_description")); message == "" {
		message, _ = text(m.top["error_description"])
	}
	return code, message, failed
}

// captured returns what the sources with the prefix name, each printable and without secrets.
func captured(sources map[string]string, prefix string, read func(source string) string, secrets ...string) map[string]string {
	var told map[string]string
	for name, source := range sources {
		source, ours := strings.CutPrefix(source, prefix)
		if !ours {
			continue
		}
		value := read(source)
		for _, hidden := range secrets {
			if hidden != "" && strings.Contains(value, hidden) {
				value = ""
			}
		}
		if value = printable(value, maxDescription); value != "" {
			if told == nil {
				told = map[string]string{}
			}
			told[name] = value
		}
	}
	return told
}
