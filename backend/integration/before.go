package integration

import "time"

// Certificate is what a server's certificate says, as far as it is told.
type Certificate struct {
	Issuer string    `json:"issuer,omitempty"`
	Until  time.Time `json:"until,omitzero"`
}

// Before is what the last good check saw, as far as a failing one may differ from it.
type Before struct {
	At          time.Time   `json:"at,omitzero"` // of that check
	Scopes      []string    `json:"scopes,omitempty"`
	Certificate Certificate `json:"certificate,omitzero"`
	Version     string      `json:"version,omitempty"` // of a database server
	Access      string      `json:"access,omitempty"`  // what a database login could do: "read" or "write"
}

// Before is what is known from the last good check, with this state being the last one. Scopes are those
// that the grant has, where the provider does not state them itself. Nil where no check was good yet.
func (s State) Before(scopes []string) *Before {
	e := s.Evidence
	if !s.Finding.OK() {
		return e.Before
	}
	b := &Before{At: s.SucceededAt, Scopes: e.Scopes, Certificate: e.Certificate, Version: e.Server.Version}
	if b.Scopes == nil {
		b.Scopes = scopes
	}
	if e.Database {
		b.Access = e.Server.Access()
	}
	return b
}

// Access is what the login could do, in a word.
func (s ServerState) Access() string {
	if s.Writable {
		return "write"
	}
	return "read"
}
