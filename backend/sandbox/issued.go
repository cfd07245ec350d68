package sandbox

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
)

// Secrets are all that this service has handed out or was sent to be kept: client secrets, keys, tokens,
// codes and verifiers. They are what a test looks for where nothing secret may lie.
func (s *Service) Secrets() []string {
	s.mu.Lock()
	all := maps.Clone(s.issued)
	s.mu.Unlock()
	_, key := s.Client()
	for _, known := range append(s.book.allKeys(), key, s.Password()) {
		all[known] = true
	}
	return slices.Sorted(maps.Keys(all))
}

// hand remembers secrets that are handed out elsewhere than at the token endpoint.
func (s *Service) hand(secrets ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, secret := range secrets {
		s.issued[secret] = true
	}
}

// witnessed remembers the secrets of a request to the token endpoint and of its answer.
func (s *Service) witnessed(serve http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		answer := &copied{ResponseWriter: w}
		serve(answer, r)
		var token struct {
			Access  string `json:"access_token"`
			Refresh string `json:"refresh_token"`
			ID      string `json:"id_token"`
		}
		_ = json.Unmarshal(answer.body.Bytes(), &token) // a refusal has none
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, secret := range []string{token.Access, token.Refresh, token.ID, r.PostForm.Get("code"), r.PostForm.Get("code_verifier"), r.PostForm.Get("assertion")} {
			if secret != "" {
				s.issued[secret] = true
			}
		}
	}
}

// copied is an answer that is kept while it is sent.
type copied struct {
	http.ResponseWriter
	body bytes.Buffer
}

// Write sends and keeps.
func (c *copied) Write(part []byte) (int, error) {
	c.body.Write(part)
	return c.ResponseWriter.Write(part)
}
