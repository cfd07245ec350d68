package sandbox

import (
	"encoding/json"
	"net/http"
	"strings"
)

// bearer lets in whoever holds an access token with the scope (RFC 6750).
func (s *Service) bearer(scope string, serve func(http.ResponseWriter, caller)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		kind, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		if !strings.EqualFold(kind, "Bearer") || token == "" {
			w.Header().Set("WWW-Authenticate", "Bearer")
			refuse(w, http.StatusUnauthorized, "token_missing", "An access token is needed.")
			return
		}
		c, no := s.oauth.introspect(token)
		if no == nil {
			no = c.may(scope)
		}
		if no == nil {
			serve(w, c)
			return
		}
		challenge := "invalid_token"
		if no.status == http.StatusForbidden {
			challenge = "insufficient_scope"
		}
		w.Header().Set("WWW-Authenticate", `Bearer error="`+challenge+`", error_description="`+no.reason+`"`)
		refuse(w, no.status, no.code, no.reason)
	}
}

// keyed lets in whoever holds an API key with the scope.
func (s *Service) keyed(scope string, serve func(http.ResponseWriter, caller)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		key := r.Header.Get("X-Api-Key")
		if key == "" {
			refuse(w, http.StatusUnauthorized, "key_missing", "An API key is needed.")
			return
		}
		c, no := s.book.judgeKey(key)
		if no == nil {
			no = c.may(scope)
		}
		if no != nil {
			refuse(w, no.status, no.code, no.reason)
			return
		}
		serve(w, c)
	}
}

type person struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type order struct {
	ID     string `json:"id"`
	Total  string `json:"total"`
	Placed string `json:"placed_at"`
}

func (s *Service) me(w http.ResponseWriter, c caller) {
	answerJSON(w, http.StatusOK, struct {
		person
		// Account is what this part of the service calls the same account.
		Account person `json:"account"`
	}{person{c.account.ID, c.account.Name}, person{"profile_" + c.account.ID, c.account.Name}})
}

func (s *Service) orders(w http.ResponseWriter, c caller) {
	answerJSON(w, http.StatusOK, struct {
		Account person  `json:"account"`
		Shops   []Shop  `json:"shops"`
		Orders  []order `json:"orders"`
	}{
		person{c.account.ID, c.account.Name},
		c.account.Shops,
		[]order{{"ord_1", "129.90", "2026-01-05T12:00:00Z"}, {"ord_2", "59.00", "2026-01-06T09:30:00Z"}},
	})
}

// refuse answers in the API's error shape.
func refuse(w http.ResponseWriter, status int, code, message string) {
	answerJSON(w, status, map[string]any{"error": map[string]string{"code": code, "message": message}})
}

func answerJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // whoever asked may be gone
}
