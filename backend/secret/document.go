package secret

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
)

// ErrDocument means that a file is no JSON object. It quotes nothing of the file.
var ErrDocument = errors.New("the file is no JSON object")

const (
	maxDocument  = 64 << 10 // bytes
	deepDocument = 3        // objects within each other; what lies deeper is left out
)

// Document reads a vendor's JSON file that holds secrets: its texts by their dotted path, such as
// installed.client_id. Those whose path is among public come back plain, all others as secrets, so that
// a file of another kind than expected leaks nothing. Numbers and lists are left out. The error is
// ErrDocument.
func Document(t Text, public ...string) (map[string]string, Fields, error) {
	text := strings.TrimPrefix(t.Reveal(), "\ufeff") // some editors put a byte order mark there
	var whole map[string]any
	if len(text) > maxDocument || json.Unmarshal([]byte(text), &whole) != nil || whole == nil {
		return nil, nil, ErrDocument
	}
	plain, secrets := map[string]string{}, Fields{}
	var read func(object map[string]any, before string, deep int)
	read = func(object map[string]any, before string, deep int) {
		for name, value := range object {
			path := before + name
			switch v := value.(type) {
			case string:
				if slices.Contains(public, path) {
					plain[path] = v
				} else {
					secrets[path] = New(v)
				}
			case map[string]any:
				if deep < deepDocument {
					read(v, path+".", deep+1)
				}
			}
		}
	}
	read(whole, "", 1)
	return plain, secrets, nil
}
