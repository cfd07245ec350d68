package sandbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"relink/backend/oauth"
	"relink/backend/sandbox"
	"relink/backend/secret"
)

// start opens a world that ends with the test.
func start(t *testing.T, o sandbox.Options) *sandbox.World {
	t.Helper()
	w, err := sandbox.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	return w
}

var scopes = []string{sandbox.ScopeOrders, sandbox.ScopeProfile}

func server(s *sandbox.Service) oauth.Server {
	return oauth.Server{
		AuthorizeURL: s.URL() + "/authorize", TokenURL: s.URL() + "/token", RevokeURL: s.URL() + "/revoke",
		Issuer: s.URL(), ClientAuth: oauth.ClientAuthHeader,
	}
}

func client(s *sandbox.Service) oauth.Client {
	id, key := s.Client()
	return oauth.Client{ID: id, Secret: secret.New(key)}
}

func exchange() *oauth.Exchange { return oauth.NewExchange(nil, time.Now) }

// consent runs the way through the browser and returns the answer, the request behind it and its redirect.
func consent(t *testing.T, w *sandbox.World, s *sandbox.Service, account string, allow bool, granted []string) (oauth.Callback, *oauth.Request) {
	t.Helper()
	rc, err := oauth.Listen(oauth.ReceiverOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer rc.Close()
	r, err := oauth.NewRequest(server(s), client(s), rc.RedirectURI(), scopes, nil)
	if err != nil {
		t.Fatal(err)
	}
	browsed := make(chan error, 1)
	go func() { browsed <- w.Consent(t.Context(), r.URL(), account, allow, granted) }()
	c, err := rc.Await(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if err := <-browsed; err != nil {
		t.Fatal(err)
	}
	rc.Finish(c.Error == "")
	return c, r
}

func signIn(t *testing.T, w *sandbox.World, s *sandbox.Service, account string) oauth.Token {
	t.Helper()
	c, r := consent(t, w, s, account, true, nil)
	token, err := exchange().Code(t.Context(), server(s), client(s), c.Code, r.Verifier(), r.RedirectURI())
	if err != nil {
		t.Fatal(err)
	}
	return token
}

type apiAnswer struct {
	Status  int
	Header  http.Header
	Account struct{ ID, Name string }
	Error   struct{ Code string }
}

// ask requests a path of the API with one header.
func ask(t *testing.T, s *sandbox.Service, path, header, value string) apiAnswer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL()+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if value != "" {
		req.Header.Set(header, value)
	}
	res, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	got := apiAnswer{Status: res.StatusCode, Header: res.Header}
	_ = json.NewDecoder(res.Body).Decode(&got) // garbage has its own test
	return got
}

func orders(t *testing.T, s *sandbox.Service, token oauth.Token) apiAnswer {
	t.Helper()
	return ask(t, s, "/api/orders", "Authorization", "Bearer "+token.Access.Reveal())
}

func refusalOf(t *testing.T, err error) *oauth.Refusal {
	t.Helper()
	var refused *oauth.Refusal
	if !errors.As(err, &refused) {
		t.Fatalf("got %v, want a refusal", err)
	}
	return refused
}

func TestConsentYieldsATokenThatTheAPIAccepts(t *testing.T) {
	w := start(t, sandbox.Options{})
	began := time.Now()
	token := signIn(t, w, w.Service("sample-analytics"), sandbox.Bia)
	got := orders(t, w.Service("sample-analytics"), token)
	if got.Status != 200 || got.Account.ID != "acc_2002" || got.Account.Name != sandbox.Bia {
		t.Errorf("got %+v", got)
	}
	if !slices.Equal(token.Scopes, scopes) || !token.ScopesStated || token.Refresh.Empty() || token.ExpiresAt.IsZero() {
		t.Errorf("scopes %v, expiry %v", token.Scopes, token.ExpiresAt)
	}
	t.Log("whole flow:", time.Since(began))
}

func TestDeniedConsentComesBackAsAccessDenied(t *testing.T) {
	w := start(t, sandbox.Options{})
	c, _ := consent(t, w, w.Service("sample-ads"), sandbox.Ana, false, nil)
	if c.Error != "access_denied" || !c.Code.Empty() {
		t.Errorf("got error %q", c.Error)
	}
}

func TestUntickedScopeIsNotGranted(t *testing.T) {
	w := start(t, sandbox.Options{})
	s := w.Service("sample-analytics")
	c, r := consent(t, w, s, sandbox.Ana, true, []string{sandbox.ScopeProfile})
	token, err := exchange().Code(t.Context(), server(s), client(s), c.Code, r.Verifier(), r.RedirectURI())
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(token.Scopes, []string{sandbox.ScopeProfile}) {
		t.Errorf("scopes %v", token.Scopes)
	}
	if got := orders(t, s, token); got.Status != 403 || got.Error.Code != "insufficient_scope" {
		t.Errorf("got %+v", got)
	}
}

func TestServiceSwitchesChangeWhatAHeldTokenSees(t *testing.T) {
	for _, c := range []struct {
		name   string
		turn   func(*sandbox.Service)
		status int
		code   string
	}{
		{"nothing", func(*sandbox.Service) {}, 200, ""},
		{"expired", func(s *sandbox.Service) { s.Expire() }, 401, "token_expired"},
		{"access expired", func(s *sandbox.Service) { s.ExpireAccess() }, 401, "token_expired"},
		{"revoked", func(s *sandbox.Service) { s.Revoke() }, 401, "token_revoked"},
		{"scope dropped", func(s *sandbox.Service) { s.DropScope(sandbox.ScopeOrders) }, 403, "insufficient_scope"},
		{"scope restored", func(s *sandbox.Service) { s.DropScope(sandbox.ScopeOrders); s.RestoreScope(sandbox.ScopeOrders) }, 200, ""},
		{"unavailable", func(s *sandbox.Service) { s.Status(503) }, 503, "service_503"},
		{"rate limited", func(s *sandbox.Service) { s.RateLimit(120 * time.Second) }, 429, "rate_limited"},
		{"only the token endpoint", func(s *sandbox.Service) { s.Status(503, sandbox.Token) }, 200, ""},
		{"healed", func(s *sandbox.Service) { s.Status(503); _ = s.Heal() }, 200, ""},
		{"healed after down", func(s *sandbox.Service) { s.Down(); _ = s.Heal() }, 200, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := start(t, sandbox.Options{})
			token := signIn(t, w, w.Service("sample-analytics"), sandbox.Ana)
			c.turn(w.Service("sample-analytics"))
			got := orders(t, w.Service("sample-analytics"), token)
			if got.Status != c.status || got.Error.Code != c.code {
				t.Errorf("got status %d, code %q", got.Status, got.Error.Code)
			}
			if challenge := got.Header.Get("WWW-Authenticate"); (got.Status == 401 || got.Status == 403) != strings.HasPrefix(challenge, "Bearer error=") {
				t.Errorf("challenge %q", challenge)
			}
			if after := got.Header.Get("Retry-After"); got.Status == 429 && after != "120" {
				t.Errorf("Retry-After %q", after)
			}
		})
	}
}

func TestSwitchedAccountIsWhoATokenActsAs(t *testing.T) {
	w := start(t, sandbox.Options{})
	token := signIn(t, w, w.Service("sample-analytics"), sandbox.Ana)
	w.SwitchAccount(sandbox.Bia)
	if got := orders(t, w.Service("sample-analytics"), token); got.Account.Name != sandbox.Bia {
		t.Errorf("acts as %q", got.Account.Name)
	}
	w.SwitchAccount("")
	if got := orders(t, w.Service("sample-analytics"), token); got.Account.Name != sandbox.Ana {
		t.Errorf("acts as %q", got.Account.Name)
	}
}

func TestDownRefusesConnectionsUntilHealedOnTheSamePort(t *testing.T) {
	w := start(t, sandbox.Options{})
	s := w.Service("sample-ads")
	token, address := signIn(t, w, s, sandbox.Ana), s.URL()
	s.Down()
	_, err := exchange().Refresh(t.Context(), server(s), client(s), token.Refresh)
	var fault *oauth.Fault
	if !errors.As(err, &fault) || !errors.Is(err, syscall.ECONNREFUSED) {
		t.Fatalf("got %v, want a refused connection", err)
	}
	if got := orders(t, w.Service("sample-analytics"), token); got.Status != 401 {
		t.Errorf("the other service answered %d", got.Status)
	}
	if err := s.Heal(); err != nil || s.URL() != address {
		t.Fatalf("healed at %s: %v", s.URL(), err)
	}
	if got := orders(t, s, token); got.Status != 200 {
		t.Errorf("after healing: %d", got.Status)
	}
}

func TestR7RenewalRotatesAndASpentTokenRevokesTheFamily(t *testing.T) {
	w := start(t, sandbox.Options{})
	s := w.Service("sample-analytics")
	old := signIn(t, w, s, sandbox.Ana)
	fresh, err := exchange().Refresh(t.Context(), server(s), client(s), old.Refresh)
	if err != nil || fresh.Refresh.Empty() || fresh.Refresh.Reveal() == old.Refresh.Reveal() {
		t.Fatalf("renewal: %v", err)
	}
	_, err = exchange().Refresh(t.Context(), server(s), client(s), old.Refresh)
	if got := refusalOf(t, err); got.Code != "invalid_grant" || got.HTTPStatus != 400 {
		t.Errorf("reuse: %v", got)
	}
	if got := orders(t, s, fresh); got.Error.Code != "token_revoked" {
		t.Errorf("the family lives: %+v", got)
	}
	_, err = exchange().Refresh(t.Context(), server(s), client(s), fresh.Refresh)
	if got := refusalOf(t, err); got.Code != "invalid_grant" {
		t.Errorf("renewal after reuse: %v", got)
	}
}

func TestR6KeptRefreshTokenIsNotSentAgainAndStaysValid(t *testing.T) {
	w := start(t, sandbox.Options{})
	s := w.Service("sample-analytics")
	token := signIn(t, w, s, sandbox.Ana)
	s.KeepRefresh()
	for range 2 {
		got, err := exchange().Refresh(t.Context(), server(s), client(s), token.Refresh)
		if err != nil || !got.Refresh.Empty() || got.Access.Empty() {
			t.Fatalf("renewal: %v", err)
		}
	}
}

func TestRevokedTokenIsRefusedEverywhere(t *testing.T) {
	w := start(t, sandbox.Options{})
	s := w.Service("sample-analytics")
	token := signIn(t, w, s, sandbox.Ana)
	if err := exchange().Revoke(t.Context(), server(s), client(s), token.Refresh, "refresh_token"); err != nil {
		t.Fatal(err)
	}
	if got := orders(t, s, token); got.Error.Code != "token_revoked" {
		t.Errorf("got %+v", got)
	}
	if err := exchange().Revoke(t.Context(), server(s), client(s), secret.New("never-heard-of"), ""); err != nil {
		t.Errorf("unknown token: %v", err)
	}
}

func TestTokenEndpointRefusesAsItsStandardsSay(t *testing.T) {
	w := start(t, sandbox.Options{})
	s := w.Service("sample-analytics")
	for _, c := range []struct {
		name, code string
		status     int
		try        func(oauth.Callback, *oauth.Request) error
	}{
		{"unknown client", "invalid_client", 401, func(c oauth.Callback, r *oauth.Request) error {
			_, err := exchange().Code(t.Context(), server(s), oauth.Client{ID: "nobody", Secret: secret.New("x")}, c.Code, r.Verifier(), r.RedirectURI())
			return err
		}},
		{"wrong client secret", "invalid_client", 401, func(c oauth.Callback, r *oauth.Request) error {
			id, _ := s.Client()
			_, err := exchange().Code(t.Context(), server(s), oauth.Client{ID: id, Secret: secret.New("wrong")}, c.Code, r.Verifier(), r.RedirectURI())
			return err
		}},
		{"unknown client renews", "invalid_client", 401, func(oauth.Callback, *oauth.Request) error {
			_, err := exchange().Refresh(t.Context(), server(s), oauth.Client{ID: "nobody", Secret: secret.New("x")}, secret.New("rt_x"))
			return err
		}},
		{"wrong verifier", "invalid_grant", 400, func(c oauth.Callback, r *oauth.Request) error {
			_, err := exchange().Code(t.Context(), server(s), client(s), c.Code, secret.New(strings.Repeat("v", 43)), r.RedirectURI())
			return err
		}},
		{"wrong redirect", "invalid_grant", 400, func(c oauth.Callback, r *oauth.Request) error {
			_, err := exchange().Code(t.Context(), server(s), client(s), c.Code, r.Verifier(), "http://127.0.0.1:1/other")
			return err
		}},
		{"garbage refresh token", "invalid_grant", 400, func(oauth.Callback, *oauth.Request) error {
			_, err := exchange().Refresh(t.Context(), server(s), client(s), secret.New("rt_x"))
			return err
		}},
		{"code used twice", "invalid_grant", 400, func(c oauth.Callback, r *oauth.Request) error {
			if _, err := exchange().Code(t.Context(), server(s), client(s), c.Code, r.Verifier(), r.RedirectURI()); err != nil {
				return err
			}
			_, err := exchange().Code(t.Context(), server(s), client(s), c.Code, r.Verifier(), r.RedirectURI())
			return err
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := refusalOf(t, c.try(consent(t, w, s, sandbox.Ana, true, nil)))
			if got.Code != c.code || got.HTTPStatus != c.status {
				t.Errorf("got %d %q", got.HTTPStatus, got.Code)
			}
		})
	}
}

func TestGrantEndsWithItsLifetime(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	w := start(t, sandbox.Options{Now: func() time.Time { return now }})
	s := w.Service("sample-analytics")
	token := signIn(t, w, s, sandbox.Ana)
	now = now.Add(2 * time.Hour)
	if got := orders(t, s, token); got.Error.Code != "token_expired" {
		t.Errorf("after two hours: %+v", got)
	}
	fresh, err := exchange().Refresh(t.Context(), server(s), client(s), token.Refresh)
	if err != nil {
		t.Fatal(err)
	}
	now = now.Add(90 * 24 * time.Hour)
	_, err = exchange().Refresh(t.Context(), server(s), client(s), fresh.Refresh)
	if got := refusalOf(t, err); got.Code != "invalid_grant" {
		t.Errorf("after 90 days: %v", got)
	}
}

func TestAPIKeyIsJudgedAtEachRequest(t *testing.T) {
	w := start(t, sandbox.Options{})
	s := w.Service("Sample Shop")
	first := s.APIKey()
	if got := ask(t, s, "/key/me", "X-Api-Key", first); got.Status != 200 || got.Account.Name != sandbox.Ana {
		t.Fatalf("got %+v", got)
	}
	s.Revoke()
	second, err := s.NewAPIKey(sandbox.Bia)
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{first: "key_revoked", "key_x": "key_unknown", "": "key_missing", second: ""} {
		if got := ask(t, s, "/key/me", "X-Api-Key", key); got.Error.Code != want {
			t.Errorf("got %q, want %q", got.Error.Code, want)
		}
	}
	if s.APIRequests() != 5 {
		t.Errorf("%d API requests, want 5", s.APIRequests())
	}
}

func TestGarbageIsAnsweredAsChosen(t *testing.T) {
	w := start(t, sandbox.Options{})
	s := w.Service("sample-analytics")
	token := signIn(t, w, s, sandbox.Ana)
	for _, kind := range []sandbox.Kind{sandbox.HTML, sandbox.Truncated, sandbox.Empty, sandbox.Huge} {
		s.Garbage(kind)
		_, err := exchange().Refresh(t.Context(), server(s), client(s), token.Refresh)
		if got := refusalOf(t, err); got.HTML != (kind == sandbox.HTML) || got.Malformed == got.HTML || got.Code != "" {
			t.Errorf("%s: %+v", kind, got)
		}
	}
	if s.TokenRequests() != 5 {
		t.Errorf("%d token requests, want 5", s.TokenRequests())
	}
}

func TestSlowAnswerEndsWithTheContextOfWhoAsks(t *testing.T) {
	w := start(t, sandbox.Options{})
	s := w.Service("sample-analytics")
	s.Slow(time.Hour)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := exchange().Refresh(ctx, server(s), client(s), secret.New("rt_x"))
	var fault *oauth.Fault
	if !errors.As(err, &fault) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestConsentPageRefusesUnknownClientsAndForeignRedirects(t *testing.T) {
	w := start(t, sandbox.Options{})
	s := w.Service("sample-analytics")
	for name, try := range map[string]struct {
		c        oauth.Client
		redirect string
	}{
		"unknown client":     {oauth.Client{ID: "nobody"}, "http://127.0.0.1:4711/callback"},
		"foreign redirect":   {client(s), "https://evil.example/callback"},
		"redirect by suffix": {client(s), "http://127.0.0.1.evil.example:80/callback"},
	} {
		r, err := oauth.NewRequest(server(s), try.c, try.redirect, scopes, nil)
		if err != nil {
			t.Fatal(err)
		}
		if address, err := w.ConsentAddress(t.Context(), r.URL(), sandbox.Ana, true, nil); err == nil {
			t.Errorf("%s: redirected to %s", name, address)
		}
	}
}

func TestPastedRedirectWorksForARegisteredAddress(t *testing.T) {
	w := start(t, sandbox.Options{})
	s := w.Service("sample-ads")
	r, err := oauth.NewRequest(server(s), client(s), "https://app.example/oauth/done", scopes, nil)
	if err != nil {
		t.Fatal(err)
	}
	address, err := w.ConsentAddress(t.Context(), r.URL(), sandbox.Ana, true, nil)
	if err != nil {
		t.Fatal(err)
	}
	c, err := oauth.ParsePasted(r, " \""+address+"\"\n")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := exchange().Code(t.Context(), server(s), client(s), c.Code, r.Verifier(), r.RedirectURI()); err != nil {
		t.Error(err)
	}
}

func TestForgottenClientIsTheAppsFault(t *testing.T) {
	w := start(t, sandbox.Options{})
	s := w.Service("sample-analytics")
	token := signIn(t, w, s, sandbox.Ana)
	s.DropClient()
	_, err := exchange().Refresh(t.Context(), server(s), client(s), token.Refresh)
	if got := refusalOf(t, err); got.Code != "invalid_client" {
		t.Errorf("got %v", got)
	}
	if err := s.Heal(); err != nil {
		t.Fatal(err)
	}
	if _, err := exchange().Refresh(t.Context(), server(s), client(s), token.Refresh); err != nil {
		t.Errorf("healed: %v", err)
	}
}
