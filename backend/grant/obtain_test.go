package grant_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"relink/backend/catalog"
	"relink/backend/grant"
	"relink/backend/integration"
	"relink/backend/oauth"
	"relink/backend/secret"
	"relink/backend/store"
	"relink/build/peers"
)

// tokens is a token endpoint that notes what it was asked, and answers with a new access token each time
// unless it is told to cut the line.
type tokens struct {
	*httptest.Server
	mu    sync.Mutex
	forms []url.Values
	cut   bool
}

func startTokens(t *testing.T) *tokens {
	t.Helper()
	s := &tokens{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		s.mu.Lock()
		defer s.mu.Unlock()
		s.forms = append(s.forms, r.PostForm)
		if s.cut {
			panic(http.ErrAbortHandler)
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"access_token":"token-%d","expires_in":3600,"shop":{"id":17}}`, len(s.forms))
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *tokens) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.forms)
}

func (s *tokens) cutLine(cut bool) {
	s.mu.Lock()
	s.cut = cut
	s.mu.Unlock()
}

func (s *tokens) last() url.Values {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.forms[len(s.forms)-1]
}

// newObtained is a lab whose grant has the method and the secrets, and an access token that has ended.
func newObtained(t *testing.T, m catalog.Method, public map[string]string, secrets secret.Fields) *lab {
	t.Helper()
	dir := t.TempDir()
	s, err := store.Open(t.Context(), dir, store.Options{})
	check(t, err)
	t.Cleanup(func() { _ = s.Close() })
	l := &lab{t: t, store: s, vault: &faultyVault{Vault: secret.NewMemory()}, dir: dir, use: grant.Use{Provider: catalog.Provider{ID: "own", Methods: []catalog.Method{m}}}}
	now := time.Now().UTC().Truncate(time.Second)
	l.setClock(now)
	l.row = integration.Grant{
		ID: "grt_own", ProviderID: "own", Method: m.Kind, Version: 1, ObtainedAt: now.Add(-2 * time.Hour), AccessExpiresAt: now.Add(-time.Hour), Public: public,
	}
	check(t, l.vault.Set(t.Context(), l.row.VaultKey(), secret.Seal(secrets)))
	row := integration.Integration{ID: "int_own", ProviderID: "own", Name: "Own", Interval: time.Minute, GrantID: l.row.ID}
	check(t, l.store.Add(t.Context(), row, l.row, integration.State{IntegrationID: row.ID, Status: integration.StatusUnknown}, integration.Act{What: "added"}))
	return l
}

func clientCredentials(address string) catalog.Method {
	return catalog.Method{
		Kind: integration.MethodOAuth2ClientCredentials,
		Fields: []integration.Field{
			{ID: "client_id", Kind: integration.FieldText}, {ID: "client_secret", Kind: integration.FieldSecret},
		},
		Lifetime: catalog.Lifetime{Rotates: true}, // of another method's refresh token: it says nothing here
		OAuth: &catalog.OAuth{
			TokenURL: address, ClientAuth: "body", Scopes: []catalog.Scope{{ID: "orders:read"}}, TokenParams: map[string]string{"account": "{client_id}"},
			Captured: map[string]string{"shop": "token:shop.id"},
		},
	}
}

func TestClientCredentialsAreRenewedWithoutARefreshToken(t *testing.T) {
	server := startTokens(t)
	l := newObtained(t, clientCredentials(server.URL), map[string]string{"client_id": "me"}, secret.Fields{"client_secret": secret.New("CNRY-own")})
	held, err := l.keeper().Fresh(t.Context(), l.use, l.row)
	check(t, err)
	want := url.Values{"grant_type": {"client_credentials"}, "scope": {"orders:read"}, "client_id": {"me"}, "client_secret": {"CNRY-own"}, "account": {"me"}}
	if diff := cmp.Diff(want, server.last()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	row, err := l.store.Grant(t.Context(), l.row.ID)
	check(t, err)
	if held.Secrets["access_token"].Reveal() != "token-1" || row.Version != 2 || row.Public["shop"] != "17" || row.Public["client_id"] != "me" || row.Renewal != nil {
		t.Errorf("%+v", row)
	}
	if again, err := l.keeper().Fresh(t.Context(), l.use, row); err != nil || again.Grant.Version != 2 || server.count() != 1 {
		t.Errorf("a fresh token was renewed: %v", err)
	}
}

// Credentials are not spent: neither a lost answer nor an entry of a restored copy ends them.
func TestR4LostAnswerDoesNotEndCredentialsThatAreNotSpent(t *testing.T) {
	server := startTokens(t)
	l := newObtained(t, clientCredentials(server.URL), map[string]string{"client_id": "me"}, secret.Fields{"client_secret": secret.New("CNRY-own")})
	server.cutLine(true)
	held, err := l.keeper().Fresh(t.Context(), l.use, l.row)
	var fault *oauth.Fault
	if !errors.As(err, &fault) || !fault.Sent || held.Grant.RenewalLost() || !held.Renewable() {
		t.Fatalf("%v, %+v", err, held.Grant)
	}
	server.cutLine(false)
	check(t, l.store.Journal(t.Context(), l.row.ID, &integration.Renewal{Version: 7, Fingerprint: "another", StartedAt: l.clock().Add(-48 * time.Hour)}))
	row, err := l.store.Grant(t.Context(), l.row.ID)
	check(t, err)
	held, err = l.keeper().Fresh(t.Context(), l.use, row)
	check(t, err)
	if held.Grant.Version != 2 || held.Grant.Renewal != nil || held.Secrets["access_token"].Empty() {
		t.Errorf("%+v", held.Grant)
	}
}

func serviceAccount(address string) catalog.Method {
	return catalog.Method{
		Kind: integration.MethodServiceAccount,
		Fields: []integration.Field{
			{ID: "client_email", Kind: integration.FieldText}, {ID: "private_key", Kind: integration.FieldSecret},
		},
		OAuth: &catalog.OAuth{TokenURL: address, ClientAuth: "none"}, Assertion: &catalog.Assertion{Audience: "https://as.example/token"},
	}
}

func TestServiceAccountIsRenewedWithItsKey(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	check(t, err)
	encoded, err := x509.MarshalPKCS8PrivateKey(key)
	check(t, err)
	text := secret.New(string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded})))
	server := startTokens(t)
	l := newObtained(t, serviceAccount(server.URL), map[string]string{"client_email": "robot@own.example"}, secret.Fields{"private_key": text})
	held, err := l.keeper().Fresh(t.Context(), l.use, l.row)
	check(t, err)
	if form := server.last(); len(form) != 2 || strings.Count(form.Get("assertion"), ".") != 2 || held.Secrets["access_token"].Reveal() != "token-1" {
		t.Errorf("%v", form)
	}
	broken := newObtained(t, serviceAccount(server.URL), nil, secret.Fields{"private_key": secret.New("no key")})
	if _, err := broken.keeper().Fresh(t.Context(), broken.use, broken.row); !errors.Is(err, oauth.ErrKey) || grant.VaultState(err) != integration.VaultCorrupt {
		t.Errorf("a key that is none: %v", err)
	}
	if server.count() != 1 {
		t.Errorf("%d requests", server.count())
	}
}

func TestLongLivedTokenIsRenewedWithItself(t *testing.T) {
	server := startTokens(t)
	m := catalog.Method{Kind: integration.MethodOAuth2Code, OAuth: &catalog.OAuth{
		TokenURL: server.URL, ClientAuth: "none", LongLived: &catalog.LongLived{GrantType: "ig_exchange_token", Token: "access_token"},
	}}
	l := newObtained(t, m, map[string]string{"client_id": "me"}, grant.Merge(nil, oauth.Token{Access: secret.New("first"), Refresh: secret.New("first")}))
	held, err := l.keeper().Fresh(t.Context(), l.use, l.row)
	check(t, err)
	if diff := cmp.Diff(url.Values{"grant_type": {"ig_exchange_token"}, "access_token": {"first"}, "client_id": {"me"}}, server.last()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if held.Secrets["refresh_token"].Reveal() != "token-1" || held.Secrets["access_token"].Reveal() != "token-1" || !held.Renewable() {
		t.Error("the next trade is not made with the new token")
	}
}

func TestObtainNeedsAMethodWithoutAPersonAndItsCredentials(t *testing.T) {
	server := startTokens(t)
	m := clientCredentials(server.URL)
	code := m
	code.Kind = integration.MethodOAuth2Code
	use := grant.Use{Provider: catalog.Provider{ID: "own", Methods: []catalog.Method{m, code}}}
	e := oauth.NewExchange(nil, time.Now)
	held := grant.Held{Grant: integration.Grant{Method: m.Kind, Public: map[string]string{"client_id": "me"}}}
	if _, err := grant.Obtain(t.Context(), e, use, held); !errors.Is(err, secret.ErrCorrupt) {
		t.Errorf("without a secret: %v", err)
	}
	held.Secrets = secret.Fields{"client_secret": secret.New("CNRY-own")}
	held.Grant.Method = code.Kind
	if _, err := grant.Obtain(t.Context(), e, use, held); err == nil || server.count() != 0 {
		t.Errorf("a consent was replaced: %v", err)
	}
	held.Grant.Method = m.Kind
	token, err := grant.Obtain(t.Context(), e, use, held)
	check(t, err)
	if token.Access.Reveal() != "token-1" || token.Told["shop"] != "17" {
		t.Errorf("%+v", token)
	}
}

func TestPeerRenewsClientCredentials(t *testing.T) {
	peer := peers.Start(t, peers.Options{})
	m := clientCredentials(peer.TokenURL())
	m.OAuth.ClientAuth, m.OAuth.Scopes = "header", []catalog.Scope{{ID: peers.ScopeRead}}
	l := newObtained(t, m, map[string]string{"client_id": peers.Client}, secret.Fields{"client_secret": secret.New(peers.Secret)})
	keepers := []*grant.Keeper{l.keeper(), l.keeper()}
	together(t, 8, func() error {
		_, err := keepers[0].Fresh(context.Background(), l.use, l.row)
		return err
	})
	held, err := keepers[1].Fresh(t.Context(), l.use, l.row)
	check(t, err)
	if log := peer.Log(t); len(log) != 1 || log[0].Status != http.StatusOK || held.Grant.Version != 2 {
		t.Errorf("%v, version %d", log, held.Grant.Version)
	}
	if left := held.Grant.AccessExpiresAt.Sub(l.clock()); left < 50*time.Minute {
		t.Errorf("the token lives %v", left)
	}
	if files, _ := filepath.Glob(filepath.Join(l.dir, "locks", "*.lock")); len(files) != 1 {
		t.Errorf("locks: %v", files)
	}
}

// The provider tells its endpoints itself: the catalog has its metadata's address alone.
func TestPeerIsRenewedByItsMetadata(t *testing.T) {
	l, wire := newPeerLab(t, peers.Options{}, "access: 1h, rotates: true")
	p := l.use.Provider
	o := *p.Methods[0].OAuth
	o.MetadataURL, o.TokenURL, o.AuthorizeURL, o.RevokeURL, o.Issuer = wire.peer.Issuer+"/.well-known/openid-configuration", "", "", "", ""
	m := p.Methods[0]
	m.OAuth = &o
	p.Methods = []catalog.Method{m}
	l.use.Provider = p
	l.wantWorking(l.keeper())
	server, err := grant.Discovered(t.Context(), oauth.NewExchange(nil, l.clock), o)
	check(t, err)
	if server.TokenURL != wire.peer.TokenURL() || server.AuthorizeURL != wire.peer.AuthorizeURL() || server.Issuer != wire.peer.Issuer {
		t.Errorf("%+v", server)
	}
	gone := o
	gone.MetadataURL = wire.peer.Issuer + "/none"
	m.OAuth = &gone
	p.Methods = []catalog.Method{m}
	l.use.Provider = p
	before := l.count()
	var refusal *oauth.Refusal
	held, err := l.keeper().Fresh(t.Context(), l.use, l.age())
	if !errors.As(err, &refusal) || refusal.HTTPStatus != http.StatusNotFound || held.Grant.Renewal != nil || l.count() != before {
		t.Errorf("metadata that is not there: %v, %+v", err, held.Grant)
	}
}

func TestServerHasWhatTheCatalogSays(t *testing.T) {
	o := catalog.OAuth{
		AuthorizeURL: "https://login.example/authorize", DeviceURL: "https://a.example/device", TokenURL: "https://a.example/token", RefreshURL: "https://a.example/renew",
		RevokeURL: "https://a.example/revoke", RevokeBy: "delete", Issuer: "https://a.example", ConsentHosts: []string{"go.example"}, ClientAuth: "body", ScopeSeparator: ",",
		AuthorizeParams: map[string]string{"a": "{client_id}-{other}"}, TokenParams: map[string]string{"t": "1"},
		Request:  catalog.TokenRequest{Encoding: "json", ClientID: "i", ClientSecret: "s", Code: "c", RefreshToken: "r", Headers: map[string]string{"X-Client": "{client_id}"}},
		Answer:   catalog.TokenAnswer{AccessToken: "1", RefreshToken: "2", ExpiresIn: "3", RefreshExpiresIn: "4", ExpiresAt: "9", RefreshExpiresAt: "10", Scope: "5", Error: "6", Message: "7", Good: "8"},
		Captured: map[string]string{"shop": "token:shop"}, LongLived: &catalog.LongLived{GrantType: "g", Token: "t"},
		Redirect: catalog.Redirect{Code: "auth_code", Omit: true},
	}
	want := oauth.Server{
		AuthorizeURL: "https://login.example/authorize", DeviceURL: "https://a.example/device", TokenURL: "https://a.example/token", RefreshURL: "https://a.example/renew",
		RevokeURL: "https://a.example/revoke", RevokeBy: "delete", Issuer: "https://a.example", Hosts: []string{"go.example", "login.example"}, ClientAuth: "body", ScopeSeparator: ",",
		AuthorizeParams: map[string]string{"a": "{me}-{other}"}, TokenParams: map[string]string{"t": "1"},
		Request:  oauth.TokenRequest{Encoding: "json", ClientID: "i", ClientSecret: "s", Code: "c", RefreshToken: "r", Headers: map[string]string{"X-Client": "{me}"}},
		Answer:   oauth.TokenAnswer{AccessToken: "1", RefreshToken: "2", ExpiresIn: "3", RefreshExpiresIn: "4", ExpiresAt: "9", RefreshExpiresAt: "10", Scope: "5", Error: "6", Message: "7", Good: "8"},
		Captured: map[string]string{"shop": "token:shop"}, LongLived: &oauth.LongLived{GrantType: "g", Token: "t"},
		CodeParam: "auth_code", OmitRedirect: true,
	}
	if diff := cmp.Diff(want, grant.Server(grant.WithFields(o, map[string]string{"client_id": "{me}", "me": "wrong"}))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if o.AuthorizeParams["a"] != "{client_id}-{other}" {
		t.Error("the catalog's own map was changed")
	}
}

func TestSignerOfOAuth1HasTheFourParts(t *testing.T) {
	got := grant.Login1(map[string]string{"consumer_key": "a"}, secret.Fields{"consumer_secret": secret.New("b"), "access_token": secret.New("c"), "token_secret": secret.New("d")})
	if got.ConsumerKey != "a" || got.ConsumerSecret.Reveal() != "b" || got.Token.Reveal() != "c" || got.TokenSecret.Reveal() != "d" {
		t.Error("a part is not where it belongs")
	}
	o := catalog.OAuth1{Signature: "HMAC-SHA1", Realm: "r", RequestTokenURL: "https://a.example/r", AuthorizeURL: "https://a.example/a", AccessTokenURL: "https://a.example/t"}
	want := oauth.Server1{Signature: "HMAC-SHA1", Realm: "r", RequestTokenURL: "https://a.example/r", AuthorizeURL: "https://a.example/a", AccessTokenURL: "https://a.example/t"}
	if diff := cmp.Diff(want, grant.Server1(o)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestTokenOfWeeksIsRenewedInItsLastFifth(t *testing.T) {
	now := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	for life, wait := range map[time.Duration]time.Duration{60 * 24 * time.Hour: 48 * 24 * time.Hour, time.Hour: 48 * time.Minute, 24 * time.Hour: 24*time.Hour - 15*time.Minute} {
		g := integration.Grant{ID: "grt_own", ObtainedAt: now, AccessExpiresAt: now.Add(life)}
		at, ok := grant.RenewAt(g, catalog.Lifetime{}, now)
		if late := at.Sub(now.Add(wait)); !ok || late < 0 || late > (life-wait)/4 {
			t.Errorf("a token of %v is due after %v", life, at.Sub(now))
		}
	}
	expired := grant.Renewed(integration.Grant{}, oauth.Token{GrantExpiresAt: now.Add(time.Hour)}, grant.Use{}, now)
	if !expired.ExpiresAt.Equal(now.Add(time.Hour)) {
		t.Errorf("the whole grant ends at %v", expired.ExpiresAt)
	}
}

// shopLogin answers logins with bare tokens.
func shopLogin(t *testing.T) (address string, count func() int) {
	t.Helper()
	var mu sync.Mutex
	n := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		n++
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `"token-%d"`, n)
	}))
	t.Cleanup(s.Close)
	return s.URL, func() int { mu.Lock(); defer mu.Unlock(); return n }
}

func loginToken(address string) catalog.Method {
	body := map[string]string{"username": "{username}", "password": "{password}"}
	return catalog.Method{
		Kind:     integration.MethodLoginToken,
		Fields:   []integration.Field{{ID: "username", Kind: integration.FieldText}, {ID: "password", Kind: integration.FieldSecret}},
		Lifetime: catalog.Lifetime{Access: catalog.Duration(4 * time.Hour)},
		Trade:    &catalog.Trade{URL: address, Body: body, Code: &catalog.TradeCode{Path: "x", Matches: "y", URL: address, Body: map[string]string{"otp": "{otp}"}, Field: integration.Field{ID: "otp", Kind: integration.FieldSecret}}},
	}
}

func TestLoginIsTradedOnceByAllWhoNeedIt(t *testing.T) {
	address, count := shopLogin(t)
	l := newObtained(t, loginToken(address), map[string]string{"username": "ann"}, secret.Fields{"password": secret.New("CNRY-own")})
	k := l.keeper()
	together(t, 8, func() error {
		_, err := k.Fresh(context.Background(), l.use, l.row)
		return err
	})
	row, err := l.store.Grant(t.Context(), l.row.ID)
	check(t, err)
	held, err := k.Held(t.Context(), row)
	check(t, err)
	if count() != 1 || row.Version != 2 || row.Renewal != nil || held.Secrets["access_token"].Reveal() != "token-1" || held.Secrets["password"].Reveal() != "CNRY-own" {
		t.Errorf("%d trades, %+v", count(), row)
	}
	if left := row.AccessExpiresAt.Sub(l.clock()); left != 4*time.Hour || !row.ExpiresAt.IsZero() {
		t.Errorf("the token lives %v, the grant until %v", left, row.ExpiresAt)
	}
}

func TestLoginThatWantsACodeIsNotTradedWithoutAPerson(t *testing.T) {
	address, count := shopLogin(t)
	public := integration.WithSecondFactor(map[string]string{"username": "ann"}, true)
	l := newObtained(t, loginToken(address), public, secret.Fields{"password": secret.New("CNRY-own"), "access_token": secret.New("old")})
	held, err := l.keeper().Fresh(t.Context(), l.use, l.row)
	check(t, err)
	if held.Renewable() || count() != 0 || held.Grant.Version != 1 {
		t.Errorf("%d trades, version %d", count(), held.Grant.Version)
	}
	if _, err := l.keeper().HandOut(t.Context(), l.use, l.row); !errors.Is(err, grant.ErrEnded) {
		t.Errorf("an ended token is handed out: %v", err)
	}
	token, err := grant.ObtainWithCode(t.Context(), oauth.NewExchange(nil, l.clock), l.use, held, secret.New("123456"))
	if err != nil || token.Access.Reveal() != "token-1" || !held.Secrets["otp"].Empty() {
		t.Errorf("with the code: %v, %d secrets", err, len(held.Secrets))
	}
	again := grant.Renewed(held.Grant, token, l.use, l.clock())
	if !again.ExpiresAt.Equal(again.AccessExpiresAt) || again.ExpiresAt.IsZero() {
		t.Errorf("a person is needed at %v, the token ends at %v", again.ExpiresAt, again.AccessExpiresAt)
	}
}
