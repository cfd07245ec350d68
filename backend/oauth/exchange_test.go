package oauth_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"relink/backend/oauth"
	"relink/backend/secret"
)

func TestN3TokenEndpointRedirectIsNotFollowed(t *testing.T) {
	for _, host := range []string{"127.0.0.1", "127.0.0.2"} {
		other := startEvil(t, host)
		for _, status := range []int{301, 302, 303, 307, 308} {
			s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", "http://"+other.Addr().String()+"/token?a=b")
				w.WriteHeader(status)
			})
			e := oauth.NewExchange(nil, atNoon)
			_, refreshed := e.Refresh(t.Context(), s, client(), secret.New(canaryRefresh))
			_, redeemed := e.Code(t.Context(), s, client(), secret.New(canaryCode), secret.New(canaryVerifier), "http://127.0.0.1:1/callback")
			revoked := e.Revoke(t.Context(), s, client(), secret.New(canaryRefresh), "refresh_token")
			for _, err := range []error{refreshed, redeemed, revoked} {
				var refused *oauth.Refusal
				if !errors.As(err, &refused) || refused.HTTPStatus != status {
					t.Errorf("%d to %s: got %v", status, host, err)
				}
			}
		}
	}
}

func TestClientNamesItselfInTheDeclaredWayOnly(t *testing.T) {
	for _, c := range []struct {
		auth  string
		basic bool
		form  url.Values
	}{
		{oauth.ClientAuthHeader, true, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {canaryRefresh}, "audience": {"x"}}},
		{oauth.ClientAuthBody, false, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {canaryRefresh}, "audience": {"x"}, "client_id": {"client:1"}, "client_secret": {canarySecret}}},
		{oauth.ClientAuthNone, false, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {canaryRefresh}, "audience": {"x"}, "client_id": {"client:1"}}},
	} {
		var got []*http.Request
		s := serve(t, func(w http.ResponseWriter, r *http.Request) {
			_ = r.ParseForm()
			got = append(got, r)
			answering(200, "application/json", `{"access_token":"a","token_type":"bearer"}`)(w, r)
		})
		s.ClientAuth, s.TokenParams = c.auth, map[string]string{"audience": "x", "grant_type": "password"}
		if _, err := refresh(t, s); err != nil {
			t.Fatal(err)
		}
		if len(got) != 1 {
			t.Fatalf("%s: %d requests", c.auth, len(got))
		}
		if diff := cmp.Diff(c.form, got[0].PostForm); diff != "" {
			t.Errorf("%s: form (-want +got):\n%s", c.auth, diff)
		}
		want := ""
		if c.basic {
			want = "Basic " + base64.StdEncoding.EncodeToString([]byte("client%3A1:"+url.QueryEscape(canarySecret)))
		}
		if header := got[0].Header.Get("Authorization"); header != want {
			t.Errorf("%s: Authorization %q", c.auth, header)
		}
		if got[0].Header.Get("Referer") != "" || got[0].Header.Get("Cookie") != "" || got[0].URL.RawQuery != "" {
			t.Errorf("%s: more was sent than asked for: %v", c.auth, got[0].Header)
		}
	}
}

func TestUnsetAuthStyleSendsNothing(t *testing.T) {
	other := startEvil(t, "127.0.0.1")
	_, err := refresh(t, oauth.Server{TokenURL: "http://" + other.Addr().String() + "/token"})
	if err == nil || len(leaks(err.Error())) > 0 {
		t.Errorf("got %v", err)
	}
}

func TestN1TokenEndpointMustBeHTTPSOrLoopback(t *testing.T) {
	sent := &recorder{}
	e := oauth.NewExchange(sent, atNoon)
	for _, address := range []string{
		"http://provider.example/token", "http://localhost/token", "http://127.0.0.1.nip.example/token", "http://10.0.0.1/token", "ftp://127.0.0.1/", "//127.0.0.1/token", "",
		"https://user:pass@provider.example/token", "https://provider.example/token#x", "https:///token", "https://provider.example/to ken",
	} {
		_, err := e.Refresh(t.Context(), oauth.Server{TokenURL: address, ClientAuth: oauth.ClientAuthBody}, client(), secret.New(canaryRefresh))
		if err == nil || strings.Contains(err.Error(), "pass@") {
			t.Errorf("%q: got %v", address, err)
		}
	}
	if sent.requests != 0 {
		t.Errorf("%d requests were sent", sent.requests)
	}
}

// recorder is a transport that keeps what it was asked to send.
type recorder struct {
	requests int
	deadline time.Time
}

func (r *recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	r.requests++
	r.deadline, _ = req.Context().Deadline()
	return nil, errors.New("not sent")
}

func TestN6ExchangeHasADeadlineOfItsOwn(t *testing.T) {
	sent := &recorder{}
	began := time.Now()
	_, _ = oauth.NewExchange(sent, atNoon).Refresh(t.Context(), oauth.Server{TokenURL: "https://provider.example/token", ClientAuth: oauth.ClientAuthBody}, client(), secret.New(canaryRefresh))
	if within := sent.deadline.Sub(began); within <= 0 || within > 21*time.Second {
		t.Errorf("deadline after %v", within)
	}
}

func TestN6EveryPhaseEndsWithTheContext(t *testing.T) {
	for name, phase := range map[string]func(net.Conn){
		"nothing is answered": func(c net.Conn) { _, _ = io.Copy(io.Discard, c) },
		"header in the middle": func(c net.Conn) {
			readRequest(c)
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Ty")
			_, _ = io.Copy(io.Discard, c)
		},
		"body in the middle": func(c net.Conn) {
			readRequest(c)
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{\"access")
			_, _ = io.Copy(io.Discard, c)
		},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 60*time.Millisecond)
			defer cancel()
			_, err := oauth.NewExchange(nil, atNoon).Refresh(ctx, rawServer(t, phase), client(), secret.New(canaryRefresh))
			var fault *oauth.Fault
			if !errors.As(err, &fault) || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// rawServer speaks to each connection as told.
func rawServer(t *testing.T, speak func(net.Conn)) oauth.Server {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				speak(c)
			}()
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-done })
	return oauth.Server{TokenURL: "http://" + l.Addr().String() + "/token", ClientAuth: oauth.ClientAuthBody}
}

func TestR9TokenRequestIsSentOnceAndSaysWhetherItWas(t *testing.T) {
	arrivals := make(chan string, 16)
	s := rawServer(t, func(c net.Conn) {
		req, err := http.ReadRequest(bufio.NewReader(c))
		if err != nil {
			return
		}
		body, _ := io.ReadAll(req.Body)
		arrivals <- string(body)
		switch {
		case strings.Contains(string(body), "answered"):
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n{\"access_token\":\"a\"}")
		case strings.Contains(string(body), "cut"):
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n{\"acc")
		}
	})
	e := oauth.NewExchange(nil, atNoon)
	for i, token := range []string{"closed", "answered", "closed-after-another", "cut-in-the-middle"} {
		_, err := e.Refresh(t.Context(), s, client(), secret.New(token))
		var fault *oauth.Fault
		if token == "answered" {
			if err != nil {
				t.Fatal(err)
			}
		} else if !errors.As(err, &fault) || !fault.Sent {
			t.Errorf("%s: got %v, want a fault of a request that was sent", token, err)
		}
		if len(arrivals) != i+1 {
			t.Fatalf("%s: %d arrivals in all, want %d", token, len(arrivals), i+1)
		}
	}
}

func TestFaultTellsItsKindAndKeepsItsReason(t *testing.T) {
	closed, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = closed.Close()
	echo := rawServer(t, func(c net.Conn) { _, _ = io.Copy(c, c) }) // quotes the request, secrets and all
	selfSigned := httptest.NewUnstartedServer(http.NotFoundHandler())
	selfSigned.Config.ErrorLog = log.New(io.Discard, "", 0)
	selfSigned.StartTLS()
	defer selfSigned.Close()
	var unknown *tls.CertificateVerificationError
	for name, c := range map[string]struct {
		server oauth.Server
		text   string
		holds  func(error) bool
	}{
		"refused": {oauth.Server{TokenURL: "http://" + closed.Addr().String() + "/token?key=" + url.QueryEscape(canarySecret), ClientAuth: oauth.ClientAuthBody},
			"connection refused", func(err error) bool { return errors.Is(err, syscall.ECONNREFUSED) }},
		"echo": {echo, "network", func(err error) bool { return true }},
		"tls": {oauth.Server{TokenURL: selfSigned.URL + "/token", ClientAuth: oauth.ClientAuthBody},
			"TLS", func(err error) bool { return errors.As(err, &unknown) }},
	} {
		_, err := refresh(t, c.server)
		var fault *oauth.Fault
		if !errors.As(err, &fault) || !c.holds(err) || fault.Sent != (name == "echo") {
			t.Errorf("%s: got %#v", name, err)
			continue
		}
		if !strings.HasSuffix(fault.Error(), c.text) || len(leaks(fault.Error())) > 0 {
			t.Errorf("%s: %q", name, fault.Error())
		}
	}
}

func TestRevocationOfAnUnknownTokenIsASuccess(t *testing.T) {
	s := serve(t, answering(200, "", ""))
	if err := oauth.NewExchange(nil, atNoon).Revoke(t.Context(), s, client(), secret.New(canaryRefresh), "refresh_token"); err != nil {
		t.Error(err)
	}
	s = serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "30")
		w.WriteHeader(503)
	})
	err := oauth.NewExchange(nil, atNoon).Revoke(t.Context(), s, client(), secret.New(canaryRefresh), "")
	var refused *oauth.Refusal
	if !errors.As(err, &refused) || refused.HTTPStatus != 503 || refused.RetryAfter != 30*time.Second {
		t.Errorf("got %v", err)
	}
	s.RevokeURL = ""
	if err := oauth.NewExchange(nil, atNoon).Revoke(t.Context(), s, client(), secret.New(canaryRefresh), ""); err == nil {
		t.Error("revoked at no address")
	}
}

func TestS2NothingOfAnAnswerCanBePrintedAsASecret(t *testing.T) {
	s := serve(t, answering(200, "application/json", `{"access_token":"`+canaryAccess+`","refresh_token":"`+canaryRefresh+`","token_type":"Bearer"}`))
	token, err := refresh(t, s)
	if err != nil || token.Access.Reveal() != canaryAccess || token.Refresh.Reveal() != canaryRefresh {
		t.Fatalf("got %v", err)
	}
	hostile := serve(t, answering(400, "application/json", `{"error":"invalid_grant","error_description":"bad `+canaryRefresh+` of `+url.QueryEscape(canarySecret)+`","refresh_token":"`+canaryAccess+`","debug":{"sent":"`+canaryRefresh+`"}}`))
	_, refusal := refresh(t, hostile)
	r, err := oauth.NewRequest(hostile, client(), "http://127.0.0.1:1/callback", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, value := range []any{token, refusal, client(), oauth.Callback{Code: secret.New(canaryCode)}, fmt.Errorf("renew: %w", refusal)} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
			if found := leaks(fmt.Sprintf(verb, value)); len(found) > 0 {
				t.Errorf("%s of %T shows %v", verb, value, found)
			}
		}
	}
	if text := fmt.Sprintf("%+v", r.Verifier()); strings.Contains(text, r.Verifier().Reveal()) {
		t.Error("the verifier can be printed")
	}
}
