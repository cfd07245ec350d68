package oauth

import (
	"encoding/json"
	"net/url"
	"strings"

	"relink/backend/secret"
)

// blank replaces what was sent in what came back: a server may quote the request in its error.
func blank(s string, sent []secret.Text) string {
	for _, t := range sent {
		plain := t.Reveal()
		if len(plain) < 4 { // too short to be told from ordinary words
			continue
		}
		s = strings.ReplaceAll(s, plain, secret.Mask)
		s = strings.ReplaceAll(s, url.QueryEscape(plain), secret.Mask)
	}
	return s
}

// detail returns the answer's members as JSON for the catalog's rules, without tokens and what was
// sent, or "" where that is more than 2 KiB.
func detail(members map[string]json.RawMessage, sent []secret.Text) string {
	kept := map[string]any{}
	for name, value := range members {
		if len(value) > maxDescription/2 { // a stack trace, as shops in developer mode add one
			continue
		}
		var v any
		if strings.Contains(strings.ToLower(name), "token") || json.Unmarshal(value, &v) != nil {
			continue
		}
		kept[name] = blanked(v, sent)
	}
	out, err := json.Marshal(kept)
	if err != nil || len(out) > maxDescription || len(kept) == 0 {
		return ""
	}
	return string(out)
}

func blanked(v any, sent []secret.Text) any {
	switch v := v.(type) {
	case string:
		return printable(blank(v, sent), maxDescription)
	case []any:
		for i := range v {
			v[i] = blanked(v[i], sent)
		}
		return v
	case map[string]any:
		kept := map[string]any{}
		for name, member := range v {
			if !strings.Contains(strings.ToLower(name), "token") {
				kept[printable(blank(name, sent), maxCode)] = blanked(member, sent)
			}
		}
		return kept
	}
	return v
}
