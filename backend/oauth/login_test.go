package oauth_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"relink/backend/oauth"
	"relink/backend/secret"
)

// shop answers a login, and notes what it was sent.
func shop(t *testing.T, status int, answer string) (address string, got func() (map[string]string, int)) {
	t.Helper()
	var sent map[string]string
	asked := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		body, _ := io.ReadAll(r.Body)
		sent = nil
		_ = json.Unmarshal(body, &sent)
		if r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" || r.Header.Get("Authorization") != "" {
			t.Errorf("%s with %v", r.Method, r.Header)
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, strings.ReplaceAll(answer, "PASSWORD", strings.ReplaceAll(sent["password"], `"`, `\"`)))
	}))
	t.Cleanup(s.Close)
	return s.URL, func() (map[string]string, int) { return sent, asked }
}

func credentials(address, token string) oauth.Login {
	return oauth.Login{URL: address, Token: token, Params: map[string]string{"username": "ann"}, Secrets: map[string]secret.Text{"password": secret.New(` p"w space `)}}
}

func TestLoginTradesNameAndPasswordForAToken(t *testing.T) {
	for _, tc := range []struct{ answer, path, want string }{
		{`"5r8cvmpr11j6gmau8990rcj2qk7unh8i"`, "", "5r8cvmpr11j6gmau8990rcj2qk7unh8i"},
		{` "a.b-c_d" ` + "\n", "", "a.b-c_d"},
		{`{"data": {"token": "deep"}}`, "data.token", "deep"},
	} {
		address, got := shop(t, http.StatusOK, tc.answer)
		token, err := oauth.NewExchange(nil, time.Now).Login(context.Background(), credentials(address, tc.path))
		if err != nil || token.Access.Reveal() != tc.want || !token.ExpiresAt.IsZero() || !token.Refresh.Empty() {
			t.Errorf("%s: %v, %v", tc.answer, token.Access.Reveal(), err)
		}
		if sent, asked := got(); asked != 1 || len(sent) != 2 || sent["username"] != "ann" || sent["password"] != ` p"w space ` {
			t.Errorf("sent %q in %d requests", sent, asked)
		}
	}
}

func TestLoginThatBringsNoTokenIsARefusalWithoutThePassword(t *testing.T) {
	trace := strings.Repeat("#0 /var/www/html/vendor/magento ", 200)
	for _, tc := range []struct {
		status             int
		answer, path, want string // want stands in the detail
		malformed          bool
	}{
		{401, `{"message": "The account sign-in was incorrect for PASSWORD"}`, "", "sign-in was incorrect", false},
		{401, `{"message": "Please use the 2fa endpoints", "parameters": {"active_providers": ["google"]}, "trace": "` + trace + `"}`, "", `"active_providers":["google"]`, false},
		{200, `""`, "", "", true}, {200, `null`, "", "", true}, {200, `{"token": "x"}`, "", "", true}, {200, `["x"]`, "", "", true},
		{200, `"two words"`, "", "", true}, {200, `"line\nbreak"`, "", "", true}, {200, `{"other": 1}`, "token", "other", true},
		{302, `"moved"`, "", "", false}, {500, `"x"`, "", "", false}, {503, `<html>`, "", "", false},
	} {
		address, got := shop(t, tc.status, tc.answer)
		_, err := oauth.NewExchange(nil, time.Now).Login(context.Background(), credentials(address, tc.path))
		var refusal *oauth.Refusal
		if !errors.As(err, &refusal) || refusal.HTTPStatus != tc.status || refusal.Malformed != tc.malformed || !strings.Contains(refusal.Detail, tc.want) {
			t.Errorf("%d %.60s: %+v", tc.status, tc.answer, err)
			continue
		}
		if said := refusal.Detail + refusal.Description + refusal.Error(); strings.Contains(said, "space") {
			t.Errorf("%d: the password is told: %s", tc.status, said)
		}
		if _, asked := got(); asked != 1 {
			t.Errorf("%d: %d requests", tc.status, asked)
		}
	}
}

func TestLoginIsNotSentInTheClear(t *testing.T) {
	for _, address := range []string{"http://shop.example.com/token", "ftp://127.0.0.1/", ""} {
		if _, err := oauth.NewExchange(nil, time.Now).Login(context.Background(), credentials(address, "")); err == nil || strings.Contains(err.Error(), "space") {
			t.Errorf("%q: %v", address, err)
		}
	}
}
