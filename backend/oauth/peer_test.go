package oauth_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"testing"
	"time"

	"relink/backend/oauth"
	"relink/backend/secret"
	"relink/build/peers"
)

// meeting is this package in talk with a server that nobody here wrote.
type meeting struct {
	t      *testing.T
	peer   *peers.Peer
	server oauth.Server
	client oauth.Client
	speak  *oauth.Exchange
}

func meet(t *testing.T) meeting {
	t.Helper()
	return meetWith(t, peers.Options{})
}

func meetWith(t *testing.T, o peers.Options) meeting {
	t.Helper()
	p := peers.Start(t, o)
	return meeting{
		t: t, peer: p, speak: oauth.NewExchange(nil, time.Now), client: oauth.Client{ID: peers.Client, Secret: secret.New(peers.Secret)},
		server: oauth.Server{
			AuthorizeURL: p.AuthorizeURL(), TokenURL: p.TokenURL(), RevokeURL: p.RevokeURL(), Issuer: p.Issuer, ClientAuth: oauth.ClientAuthHeader,
			AuthorizeParams: map[string]string{"prompt": "consent"},
		},
	}
}

// granted is a consent that came back through a receiver, before its code is redeemed.
type granted struct {
	request  *oauth.Request
	callback oauth.Callback
}

// consent goes all the way through the browser and back.
func (m meeting) consent(d peers.Decision) (granted, error) {
	m.t.Helper()
	receiver, err := oauth.Listen(oauth.ReceiverOptions{Path: "/callback"})
	must(m.t, err)
	defer receiver.Close()
	scopes := []string{"openid", "offline_access", peers.ScopeRead, peers.ScopeWrite}
	request, err := oauth.NewRequest(m.server, m.client, receiver.RedirectURI(), scopes, nil)
	must(m.t, err)
	browsed := make(chan error, 1)
	go func() { browsed <- m.peer.Consent(m.t.Context(), request.URL(), d) }()
	callback, err := receiver.Await(m.t.Context(), request)
	receiver.Finish(err == nil)
	must(m.t, <-browsed)
	return granted{request, callback}, err
}

func (m meeting) redeem(g granted, verifier secret.Text) (oauth.Token, error) {
	return m.speak.Code(m.t.Context(), m.server, m.client, g.callback.Code, verifier, g.request.RedirectURI())
}

// token is a whole grant.
func (m meeting) token() oauth.Token {
	m.t.Helper()
	g, err := m.consent(peers.Decision{})
	must(m.t, err)
	token, err := m.redeem(g, g.request.Verifier())
	must(m.t, err)
	return token
}

func (m meeting) renew(refresh secret.Text) (oauth.Token, error) {
	return m.speak.Refresh(m.t.Context(), m.server, m.client, refresh)
}

// opens says whether the API takes the access token.
func (m meeting) opens(access secret.Text) bool {
	m.t.Helper()
	req, err := http.NewRequestWithContext(m.t.Context(), http.MethodGet, m.peer.UserInfoURL(), nil)
	must(m.t, err)
	req.Header.Set("Authorization", "Bearer "+access.Reveal())
	resp, err := (&http.Client{Timeout: 10 * time.Second}).Do(req)
	must(m.t, err)
	defer resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wantCode wants the OAuth error of a refusal.
func wantCode(t *testing.T, what string, err error, code string) {
	t.Helper()
	if r := refused(t, err); r.Code != code {
		t.Errorf("%s: got %v, want %s", what, err, code)
	}
}

func TestPeerGivesATokenForACodeAndItsVerifierAlone(t *testing.T) {
	m := meet(t)
	first, err := m.consent(peers.Decision{})
	must(t, err)
	_, err = m.redeem(first, secret.New("another-verifier-of-at-least-forty-three-characters"))
	wantCode(t, "another verifier", err, "invalid_grant")
	second, err := m.consent(peers.Decision{})
	must(t, err)
	token, err := m.redeem(second, second.request.Verifier())
	must(t, err)
	if token.Refresh.Empty() || !token.ScopesStated || !slices.Contains(token.Scopes, peers.ScopeWrite) || time.Until(token.ExpiresAt) < 50*time.Minute {
		t.Errorf("got scopes %v until %s", token.Scopes, token.ExpiresAt)
	}
	if !m.opens(token.Access) {
		t.Error("the API refuses the new token")
	}
	third, err := m.consent(peers.Decision{})
	must(t, err)
	m.peer.Later(t, 2*time.Minute)
	_, err = m.redeem(third, third.request.Verifier())
	wantCode(t, "a code past its minute", err, "invalid_grant")
}

func TestPeerRotatesAndEndsTheFamilyWhenASpentTokenComesBack(t *testing.T) {
	m := meet(t)
	first := m.token()
	second, err := m.renew(first.Refresh)
	must(t, err)
	if second.Refresh.Empty() || second.Refresh.Reveal() == first.Refresh.Reveal() || !m.opens(second.Access) {
		t.Fatal("the renewal did not replace the tokens")
	}
	_, err = m.renew(first.Refresh)
	wantCode(t, "the spent token", err, "invalid_grant")
	_, err = m.renew(second.Refresh)
	wantCode(t, "its successor", err, "invalid_grant")
}

func TestPeerTakesATokenBack(t *testing.T) {
	m := meet(t)
	token := m.token()
	must(t, m.speak.Revoke(t.Context(), m.server, m.client, token.Refresh, "refresh_token"))
	_, err := m.renew(token.Refresh)
	wantCode(t, "a revoked token", err, "invalid_grant")
}

func TestPeerRefusesAnUnknownClient(t *testing.T) {
	m := meet(t)
	token := m.token()
	m.client.Secret = secret.New("another")
	_, err := m.renew(token.Refresh)
	wantCode(t, "a wrong client secret", err, "invalid_client")
}

func TestPeerTellsThatThePersonSaidNo(t *testing.T) {
	m := meet(t)
	g, err := m.consent(peers.Decision{Deny: true})
	must(t, err)
	if g.callback.Error != "access_denied" || !g.callback.Code.Empty() {
		t.Errorf("got %q", g.callback.Error)
	}
	if log := m.peer.Log(t); len(log) != 0 {
		t.Errorf("the token endpoint was asked all the same: %v", log)
	}
}

func TestPeerStatesTheScopesThatWereGiven(t *testing.T) {
	m := meet(t)
	g, err := m.consent(peers.Decision{Untick: []string{peers.ScopeWrite}})
	must(t, err)
	token, err := m.redeem(g, g.request.Verifier())
	must(t, err)
	if !token.ScopesStated || slices.Contains(token.Scopes, peers.ScopeWrite) || !slices.Contains(token.Scopes, peers.ScopeRead) {
		t.Errorf("got %v", token.Scopes)
	}
}

// A server that does not know where to send the person shows them a page, and the app hears nothing.
func TestPeerKeepsQuietAboutAWrongRedirectURI(t *testing.T) {
	m := meet(t)
	receiver, err := oauth.Listen(oauth.ReceiverOptions{Path: "/elsewhere"})
	must(t, err)
	defer receiver.Close()
	request, err := oauth.NewRequest(m.server, m.client, receiver.RedirectURI(), []string{"openid"}, nil)
	must(t, err)
	_, err = m.peer.Authorize(t.Context(), request.URL(), peers.Decision{})
	var page *peers.PageError
	if !errors.As(err, &page) || page.Status != http.StatusBadRequest {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := receiver.Await(ctx, request); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the wait ended with %v", err)
	}
}
