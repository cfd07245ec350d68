package oauth_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"relink/backend/oauth"
)

// Every status with every body: a token comes of a success that holds one, and of nothing else; what the
// server said about the grant is heard whatever the status.
func TestTokenEndpointAnswersStatusByBody(t *testing.T) {
	long := strings.Repeat("x", 10<<20)
	bodies := []struct {
		name, kind, body string
		token            bool
		code             string
		html             bool
	}{
		{"a token", "application/json", `{"access_token":"at","token_type":"Bearer"}`, true, "", false},
		{"a token as a form", "application/x-www-form-urlencoded", `access_token=at&token_type=Bearer`, true, "", false},
		{"a token called a page", "text/html", `{"access_token":"at"}`, true, "", false},
		{"a refusal", "application/json", `{"error":"invalid_grant","error_description":"gone"}`, false, "invalid_grant", false},
		{"a refusal as a form", "application/x-www-form-urlencoded", `error=invalid_client`, false, "invalid_client", false},
		{"a refusal beside a token", "application/json", `{"error":"server_error","access_token":"at"}`, false, "server_error", false},
		{"a page", "text/html; charset=utf-8", "<!doctype html><title>Sign in</title>", false, "", true},
		{"a page called JSON", "application/json", "<html>", false, "", true},
		{"nothing", "application/json", "", false, "", false},
		{"nothing of no kind", "", "", false, "", false},
		{"half a token", "application/json", `{"access_token":"at`, false, "", false},
		{"null", "application/json", `null`, false, "", false},
		{"a list", "application/json", `[{"access_token":"at"}]`, false, "", false},
		{"10 MB of text", "text/plain", long, false, "", false},
		{"10 MB of JSON", "application/json", `{"access_token":"at","x":"` + long + `"}`, false, "", false},
		{"a page of 10 MB", "text/html", "<html>" + long, false, "", true},
	}
	for _, status := range []int{200, 201, 202, 203, 205, 299, 301, 307, 400, 401, 403, 404, 418, 429, 500, 502, 503, 504, 599} {
		for _, b := range bodies {
			name := fmt.Sprintf("%d with %s", status, b.name)
			e := oauth.NewExchange(canned{status: status, kind: b.kind, body: b.body}, atNoon)
			began := time.Now()
			token, err := e.Refresh(t.Context(), oauth.Server{TokenURL: "https://as.example/token", ClientAuth: oauth.ClientAuthBody}, client(), secretRefresh())
			if took := time.Since(began); took > time.Second {
				t.Errorf("%s took %v", name, took)
			}
			if status/100 == 2 && b.token {
				if err != nil || token.Access.Reveal() != "at" {
					t.Errorf("%s: %v", name, err)
				}
				continue
			}
			r := refused(t, err)
			malformed := status/100 == 2 && b.code == "" && !b.html
			if r.HTTPStatus != status || r.Code != b.code || r.HTML != b.html || r.Malformed != malformed || !token.Access.Empty() || len(r.Detail)+len(r.Description) > 4<<10 {
				t.Errorf("%s: %+v", name, r)
			}
		}
	}
}

// A body that drips is not waited for beyond the deadline, and what came of it is no token.
func TestN6SlowTokenAnswerIsAFault(t *testing.T) {
	for _, status := range []int{200, 400, 503} {
		s := serve(t, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // only then is the end of the connection noticed
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			for _, part := range []string{`{"access_token":"at"`, `,"expires_in"`, `:3600`} {
				_, _ = io.WriteString(w, part)
				_ = http.NewResponseController(w).Flush()
			}
			<-r.Context().Done()
		})
		ctx, cancel := context.WithTimeout(t.Context(), 60*time.Millisecond)
		_, err := oauth.NewExchange(nil, atNoon).Refresh(ctx, s, client(), secretRefresh())
		cancel()
		var fault *oauth.Fault
		if !errors.As(err, &fault) || !fault.Sent || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%d: %v", status, err)
		}
	}
}
