package secret

import (
	"encoding/json"
	"errors"
	"maps"
)

// Fields are the secret parts of one grant by name: access_token, refresh_token, client_secret,
// api_key, password …
type Fields map[string]Text

// Clone returns a copy that can be changed without touching f.
func (f Fields) Clone() Fields { return maps.Clone(f) }

// ErrCorrupt means that a vault entry was found and could not be read.
var ErrCorrupt = errors.New("the vault's entry is damaged")

// Seal packs the fields into the one Text that a vault stores.
func Seal(f Fields) Text {
	plain := make(map[string]string, len(f))
	for name, t := range f {
		if !t.Empty() {
			plain[name] = t.Reveal()
		}
	}
	data, _ := json.Marshal(plain) // a map of strings always marshals
	return New(string(data))
}

// Open unpacks what Seal packed, or returns ErrCorrupt.
func Open(t Text) (Fields, error) {
	var plain map[string]string
	if err := json.Unmarshal([]byte(t.Reveal()), &plain); err != nil || plain == nil {
		return nil, ErrCorrupt
	}
	f := make(Fields, len(plain))
	for name, value := range plain {
		f[name] = New(value)
	}
	return f, nil
}
