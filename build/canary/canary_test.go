package canary_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"relink/build/canary"
)

const secret = `CNRY-key/0123"456789 abcdef+é`

func TestS1ScannerFindsEveryForm(t *testing.T) {
	inner, _ := json.Marshal(secret)
	outer, _ := json.Marshal(string(inner))
	all := map[string]string{
		"plain": secret, "hex": hex.EncodeToString([]byte(secret)), "HEX": strings.ToUpper(hex.EncodeToString([]byte(secret))),
		"query": url.QueryEscape(secret), "path": url.PathEscape(secret), "JSON": string(inner), "JSON in JSON": string(outer),
		"UTF-16": strings.Join(strings.Split(secret, ""), "\x00"), "a value of a query": url.Values{"token": {secret}}.Encode(),
	}
	for before := range 4 {
		text := strings.Repeat("x", before) + secret + strings.Repeat("y", before)
		all["base64 "+text] = base64.StdEncoding.EncodeToString([]byte(text))
		all["base64url "+text] = base64.RawURLEncoding.EncodeToString([]byte(text))
	}
	for form, text := range all {
		if canary.Find([]byte("before "+text+" after"), secret) == "" {
			t.Errorf("not found as %s: %q", form, text)
		}
	}
}

func TestS1ScannerFindsNothingWhereThereIsNothing(t *testing.T) {
	for _, text := range []string{"", "nothing to see", secret[:len(secret)/2], base64.StdEncoding.EncodeToString([]byte("another text of some length"))} {
		if form := canary.Find([]byte(text), secret); form != "" {
			t.Errorf("found as %s in %q", form, text)
		}
	}
}
