package oauth_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"relink/backend/oauth"
	"relink/backend/secret"
)

// TestRevocationByDeleteSendsTheTokenAlone is Meta's way: no form, and neither the client's id nor its secret.
func TestRevocationByDeleteSendsTheTokenAlone(t *testing.T) {
	status := http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Method != http.MethodDelete || r.Header.Get("Authorization") != "Bearer EAAB" || len(body) != 0 || r.URL.RawQuery != "" {
			t.Errorf("%s %s, Authorization %q, body %q", r.Method, r.URL, r.Header.Get("Authorization"), body)
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, `{"error":{"code":190,"message":"EAAB has expired"}}`)
	}))
	defer server.Close()
	s := oauth.Server{RevokeURL: server.URL + "/me/permissions", RevokeBy: oauth.RevokeByDelete, ClientAuth: oauth.ClientAuthBody,
		Answer: oauth.TokenAnswer{Error: "error.code", Message: "error.message"}}
	client := oauth.Client{ID: "app", Secret: secret.New("app secret")}
	exchange := oauth.NewExchange(nil, time.Now)
	if err := exchange.Revoke(t.Context(), s, client, secret.New("EAAB"), "access_token"); err != nil {
		t.Error(err)
	}
	status = http.StatusBadRequest
	var refusal *oauth.Refusal
	if err := exchange.Revoke(t.Context(), s, client, secret.New("EAAB"), ""); !errors.As(err, &refusal) || refusal.Code != "190" || refusal.Description == "EAAB has expired" {
		t.Errorf("%v", err)
	}
	s.RevokeURL = "http://graph.example/me/permissions"
	if err := exchange.Revoke(t.Context(), s, client, secret.New("EAAB"), ""); err == nil || errors.As(err, new(*oauth.Fault)) {
		t.Errorf("plain http: %v", err)
	}
}
