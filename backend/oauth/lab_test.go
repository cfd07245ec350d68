package oauth_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"relink/backend/oauth"
	"relink/backend/secret"
)

// The secrets of the tests: none may turn up where it does not belong.
const (
	canaryRefresh  = "CNRY-refresh-4f1d2c3b4a5968778695a4b3c2d1e0ff"
	canarySecret   = "CNRY-client-secret+/ 0a1b2c3d4e5f60718293a4b5c6d7e8f9"
	canaryCode     = "CNRY-code-00112233445566778899aabbccddeeff"
	canaryVerifier = "CNRY-verifier-ffeeddccbbaa99887766554433221100"
	canaryAccess   = "CNRY-access-8899aabbccddeeff0011223344556677"
)

var noon = time.Date(2026, 2, 3, 12, 0, 0, 0, time.UTC)

func atNoon() time.Time { return noon }

func client() oauth.Client { return oauth.Client{ID: "client:1", Secret: secret.New(canarySecret)} }

// serve starts a token endpoint and returns the server description that points to it.
func serve(t *testing.T, answer http.HandlerFunc) oauth.Server {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	return oauth.Server{
		AuthorizeURL: server.URL + "/authorize", TokenURL: server.URL + "/token", RevokeURL: server.URL + "/revoke",
		ClientAuth: oauth.ClientAuthHeader,
	}
}

// refresh renews the canary refresh token at the server.
func refresh(t *testing.T, s oauth.Server) (oauth.Token, error) {
	t.Helper()
	return oauth.NewExchange(nil, atNoon).Refresh(t.Context(), s, client(), secret.New(canaryRefresh))
}

// answering returns a token endpoint that always says the same.
func answering(status int, kind, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// evil is a host that nothing may be sent to: it counts what arrives.
type evil struct {
	net.Listener
	conns, bytes atomic.Int64
	open         sync.WaitGroup
}

func startEvil(t *testing.T, host string) *evil {
	t.Helper()
	l, err := net.Listen("tcp4", host+":0")
	if err != nil {
		t.Fatal(err)
	}
	e := &evil{Listener: l}
	e.open.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			e.conns.Add(1)
			e.open.Go(func() {
				defer c.Close()
				n, _ := io.Copy(io.Discard, c)
				e.bytes.Add(n)
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		e.open.Wait()
		if e.conns.Load() != 0 || e.bytes.Load() != 0 {
			t.Errorf("the other host got %d connections and %d bytes", e.conns.Load(), e.bytes.Load())
		}
	})
	return e
}

// leaks lists the canaries that a text contains, plain or URL-encoded.
func leaks(text string) []string {
	var found []string
	for _, canary := range []string{canaryRefresh, canarySecret, canaryCode, canaryVerifier, canaryAccess} {
		if strings.Contains(text, canary) || strings.Contains(text, url.QueryEscape(canary)) {
			found = append(found, canary)
		}
	}
	return found
}

func secretRefresh() secret.Text { return secret.New(canaryRefresh) }
