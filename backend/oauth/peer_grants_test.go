package oauth_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"relink/backend/oauth"
	"relink/backend/secret"
	"relink/build/peers"
)

func (m meeting) discovered(s oauth.Server) oauth.Server {
	m.t.Helper()
	got, err := m.speak.Metadata(m.t.Context(), s, m.peer.Issuer+"/.well-known/openid-configuration")
	must(m.t, err)
	return got
}

func TestPeerTellsItsEndpointsAndThatItNamesItself(t *testing.T) {
	m := meet(t)
	got := m.discovered(oauth.Server{ClientAuth: oauth.ClientAuthHeader, AuthorizeParams: m.server.AuthorizeParams})
	want := m.server
	want.DeviceURL = m.peer.DeviceURL()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	m.server = got
	g, err := m.consent(peers.Decision{})
	must(t, err)
	if _, err := m.redeem(g, g.request.Verifier()); err != nil {
		t.Error(err)
	}
	if _, err := m.speak.Metadata(t.Context(), oauth.Server{Issuer: "https://as.example"}, m.peer.Issuer+"/.well-known/openid-configuration"); !errors.Is(err, oauth.ErrIssuer) {
		t.Errorf("the metadata of another issuer: %v", err)
	}
	if _, err := m.speak.Metadata(t.Context(), oauth.Server{}, m.peer.Issuer+"/.well-known/none"); refused(t, err).HTTPStatus != http.StatusNotFound {
		t.Errorf("metadata that is not there: %v", err)
	}
}

func TestL7PeersAnswerIsNotTakenForAnotherServers(t *testing.T) {
	m := meet(t)
	honest := m.server
	honest.Issuer = "https://honest.example"
	receiver, err := oauth.Listen(oauth.ReceiverOptions{Path: "/callback"})
	must(t, err)
	defer receiver.Close()
	request, err := oauth.NewRequest(honest, m.client, receiver.RedirectURI(), []string{"openid"}, nil)
	must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	browsed := make(chan error, 1)
	go func() {
		browsed <- m.peer.Consent(t.Context(), request.URL(), peers.Decision{})
		cancel()
	}()
	if _, err := receiver.Await(ctx, request); !errors.Is(err, context.Canceled) {
		t.Errorf("the wait ended with %v", err)
	}
	must(t, <-browsed)
	if log := m.peer.Log(t); len(log) != 0 {
		t.Errorf("the code went to %v", log)
	}
}

func TestPeerGivesAClientItsOwnToken(t *testing.T) {
	m := meet(t)
	token, err := m.speak.ClientCredentials(t.Context(), m.server, m.client, []string{peers.ScopeRead})
	must(t, err)
	if token.Access.Empty() || !token.Refresh.Empty() || !slices.Equal(token.Scopes, []string{peers.ScopeRead}) || time.Until(token.ExpiresAt) < 50*time.Minute {
		t.Errorf("%+v", token)
	}
	token, err = m.speak.ClientCredentials(t.Context(), m.server, m.client, []string{peers.ScopeWrite, "orders:everything"})
	must(t, err)
	if !slices.Equal(token.Scopes, []string{peers.ScopeWrite}) {
		t.Errorf("a scope that is not there: %v", token.Scopes)
	}
	m.client.Secret = secret.New("another")
	_, err = m.speak.ClientCredentials(t.Context(), m.server, m.client, nil)
	wantCode(t, "a wrong secret", err, "invalid_client")
}

// slowly answers the first poll itself, with slow_down, and notes when each came.
type slowly struct {
	next  http.RoundTripper
	polls []time.Time
}

func (s *slowly) RoundTrip(r *http.Request) (*http.Response, error) {
	if !strings.HasSuffix(r.URL.Path, "/token") {
		return s.next.RoundTrip(r)
	}
	if s.polls = append(s.polls, time.Now()); len(s.polls) == 1 {
		_, _ = io.Copy(io.Discard, r.Body)
		return slowDown(r)
	}
	return s.next.RoundTrip(r)
}

// heard tells of each poll that was answered.
type heard struct {
	next   http.RoundTripper
	polled chan struct{}
}

func (h *heard) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := h.next.RoundTrip(r)
	if strings.HasSuffix(r.URL.Path, "/token") {
		h.polled <- struct{}{}
	}
	return res, err
}

// begun is a device grant that waits for the person.
func (m *meeting) begun() oauth.DeviceCode {
	m.t.Helper()
	m.server = m.discovered(m.server)
	d, err := m.speak.Device(m.t.Context(), m.server, m.client, []string{"openid", "offline_access", peers.ScopeRead})
	must(m.t, err)
	if d.Interval != 5*time.Second || time.Until(d.ExpiresAt) > time.Minute || !strings.HasPrefix(d.URL, m.peer.Issuer) || !strings.Contains(d.URLComplete, d.UserCode) {
		m.t.Errorf("%+v", d)
	}
	d.Interval = time.Second // the peer asks for none, and a test has not the time
	return d
}

func TestD1PeerGivesATokenOnceThePersonHasDecided(t *testing.T) {
	t.Parallel()
	m := meet(t)
	line := &slowly{next: &http.Transport{DisableKeepAlives: true}}
	m.speak = oauth.NewExchange(line, time.Now)
	d := m.begun()
	must(t, m.peer.Approve(t.Context(), d.URL, d.UserCode, peers.Decision{}))
	token, err := m.speak.AwaitDevice(t.Context(), m.server, m.client, d)
	must(t, err)
	if token.Refresh.Empty() || !slices.Contains(token.Scopes, peers.ScopeRead) || !m.opens(token.Access) {
		t.Errorf("%+v", token)
	}
	if len(line.polls) != 2 || line.polls[1].Sub(line.polls[0]) < 6*time.Second-50*time.Millisecond {
		t.Errorf("polled at %v", line.polls)
	}
	if _, err := m.renew(token.Refresh); err != nil {
		t.Errorf("the token does not renew: %v", err)
	}
	_, err = m.speak.AwaitDevice(t.Context(), m.server, m.client, d)
	wantCode(t, "a spent device code", err, "invalid_grant")
}

func TestD1PeersDeviceCodeIsWaitedForRefusedAndExpires(t *testing.T) {
	t.Parallel()
	m := meet(t)
	line := &heard{next: &http.Transport{DisableKeepAlives: true}, polled: make(chan struct{}, 100)}
	m.speak = oauth.NewExchange(line, time.Now)
	d := m.begun()
	waited := make(chan error, 1)
	go func() {
		_, err := m.speak.AwaitDevice(t.Context(), m.server, m.client, d)
		waited <- err
	}()
	<-line.polled
	must(t, m.peer.Approve(t.Context(), d.URL, d.UserCode, peers.Decision{Deny: true}))
	wantCode(t, "the person's no", <-waited, "access_denied")
	d = m.begun()
	m.peer.Later(t, 2*time.Minute)
	_, err := m.speak.AwaitDevice(t.Context(), m.server, m.client, d)
	wantCode(t, "a code that the peer has forgotten, by its clock", err, "invalid_grant")
}

func TestD1PeersDeviceCodeEndsByOurClockToo(t *testing.T) {
	t.Parallel()
	m := meetWith(t, peers.Options{DeviceTTL: 3 * time.Second})
	d := m.begun()
	_, err := m.speak.AwaitDevice(t.Context(), m.server, m.client, d)
	wantCode(t, "a code past its time", err, "expired_token")
	if late := time.Since(d.ExpiresAt); late < 0 || late > time.Second {
		t.Errorf("the wait ended %v after the code", late)
	}
	for _, entry := range m.peer.Log(t)[1:] {
		if entry.Error != "authorization_pending" {
			t.Errorf("the peer was asked, and said %v", entry)
		}
	}
}
