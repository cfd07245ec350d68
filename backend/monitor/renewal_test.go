package monitor_test

import (
	"context"
	"log/slog"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"relink/backend/catalog"
	"relink/backend/grant"
	"relink/backend/integration"
	"relink/backend/monitor"
	"relink/backend/oauth"
	"relink/backend/probe"
	"relink/backend/sandbox"
	"relink/backend/secret"
	"relink/backend/store"
)

// keepLab is one grant of the sandbox's consent-guarded service and what keeps it alive; the service goes by
// the same clock.
type keepLab struct {
	*lab
	idle time.Duration
}

// newKeepLab consents and stores the grant; idle is how long it lives unused.
func newKeepLab(t *testing.T, idle time.Duration) *keepLab {
	t.Helper()
	l := &keepLab{idle: idle, lab: &lab{t: t, vault: &moodyVault{Vault: secret.NewMemory()}, dir: t.TempDir(), now: time.Now().Round(0)}}
	var err error
	l.world, err = sandbox.Start(context.Background(), sandbox.Options{Now: l.clock})
	check(t, err)
	t.Cleanup(func() { _ = l.world.Close() })
	l.service = l.world.Service("sample-analytics")
	l.store, err = store.Open(t.Context(), l.dir, store.Options{Now: l.clock})
	check(t, err)
	t.Cleanup(func() { _ = l.store.Close() })
	filled, err := l.provider().For(nil)
	check(t, err)
	server := grant.Server(*filled.Methods[0].OAuth)
	id, key := l.service.Client()
	client := oauth.Client{ID: id, Secret: secret.New(key)}
	const redirect = "http://127.0.0.1:9/callback"
	request, err := oauth.NewRequest(server, client, redirect, []string{sandbox.ScopeOrders, sandbox.ScopeProfile}, nil)
	check(t, err)
	address, err := l.world.ConsentAddress(t.Context(), request.URL(), sandbox.Ana, true, nil)
	check(t, err)
	callback, err := oauth.ParsePasted(request, address)
	check(t, err)
	token, err := oauth.NewExchange(nil, l.clock).Code(t.Context(), server, client, callback.Code, request.Verifier(), redirect)
	check(t, err)
	g := integration.Grant{ID: "grt_0", ProviderID: "sample-analytics", Method: integration.MethodOAuth2Code, Version: 1, ObtainedAt: l.now,
		Public: map[string]string{"client_id": client.ID}, AccessExpiresAt: token.ExpiresAt}
	check(t, l.vault.Set(t.Context(), g.VaultKey(), secret.Seal(grant.Merge(secret.Fields{"client_secret": client.Secret}, token))))
	row := integration.Integration{ID: "int_0", ProviderID: g.ProviderID, Name: "Ads", Interval: 5 * time.Minute, GrantID: g.ID}
	check(t, l.store.Add(t.Context(), row, g, integration.State{IntegrationID: row.ID, Status: integration.StatusUnknown}, integration.Act{What: "added"}))
	l.start()
	return l
}

func (l *keepLab) provider() catalog.Provider {
	l.t.Helper()
	p, err := catalog.Parse("sample", l.service.ProviderYAML())
	check(l.t, err)
	p.Methods[0].Lifetime.Idle = catalog.Duration(l.idle)
	return p
}

// start is a new start of the program over the same folder and keychain.
func (l *keepLab) start() {
	l.t.Helper()
	provider := l.provider()
	l.monitor = monitor.New(monitor.Options{
		Store: l.store, Grants: grant.New(l.store, l.vault, oauth.NewExchange(nil, l.clock), filepath.Join(l.dir, "locks"), l.clock),
		Providers: func(id string) (catalog.Provider, bool) { return provider, id == provider.ID },
		Prober:    probe.New(probe.Options{Now: l.clock}), Log: slog.New(slog.DiscardHandler), Now: l.clock,
	})
	check(l.t, l.monitor.Load(l.t.Context()))
}

// during turns the sweep every step for d, and returns how many token requests that made.
func (l *keepLab) during(d, step time.Duration) int {
	l.t.Helper()
	before := l.service.TokenRequests()
	for range d / step {
		l.pass(step)
		l.monitor.RenewDue(l.t.Context())
	}
	return l.service.TokenRequests() - before
}

// wantAlive wants a person's check to find the grant well.
func (l *keepLab) wantAlive() {
	l.t.Helper()
	if s := l.check(monitor.Asked); s.Status != integration.StatusConnected {
		l.t.Errorf("the grant is %s by %s", s.Status, s.Finding.Rule)
	}
}

func TestPausedGrantThatDiesOfDisuseIsRenewedOnceADay(t *testing.T) {
	l := newKeepLab(t, 30*24*time.Hour)
	check(t, l.monitor.Pause(t.Context(), "int_0"))
	if n := l.during(10*24*time.Hour, 10*time.Minute); n < 10 || n > 14 {
		t.Errorf("%d renewals in ten days, of an access token that lives an hour", n)
	}
	if n := l.service.APIRequests(); n != 0 {
		t.Errorf("%d requests to the API of a paused integration", n)
	}
	l.wantAlive()
}

func TestPausedGrantThatDisuseDoesNotEndIsLeftAlone(t *testing.T) {
	l := newKeepLab(t, 0)
	check(t, l.monitor.Pause(t.Context(), "int_0"))
	if n := l.during(5*24*time.Hour, time.Hour); n != 0 {
		t.Errorf("%d renewals", n)
	}
	l.wantAlive()
}

func TestGrantThatIsCheckedTooRarelyIsRenewedInBetween(t *testing.T) {
	l := newKeepLab(t, 2*24*time.Hour)
	row, err := l.store.Integrations(t.Context())
	check(t, err)
	row[0].Interval = 7 * 24 * time.Hour
	check(t, l.store.Edit(t.Context(), row[0], integration.Act{What: "edited"}))
	l.start()
	if n := l.during(2*24*time.Hour, 10*time.Minute); n < 48 || n > 80 {
		t.Errorf("%d renewals in two days of access tokens that live an hour", n)
	}
	l.wantAlive()
}

func TestQ7SleepIsNoticedAtTheFirstTurnAfterIt(t *testing.T) {
	l := newKeepLab(t, 0)
	if n := l.during(30*time.Minute, time.Minute); n != 0 {
		t.Fatalf("%d renewals within half the life of the access token", n)
	}
	l.pass(8 * time.Hour)
	if n := l.during(time.Minute, time.Minute); n != 1 {
		t.Errorf("%d renewals after a night's sleep", n)
	}
	if n := l.during(30*time.Minute, time.Minute); n != 0 {
		t.Errorf("%d more soon after", n)
	}
}

func TestQ8ClockThatIsSetBackOrForthMakesOneRenewal(t *testing.T) {
	l := newKeepLab(t, 30*24*time.Hour)
	for _, jump := range []time.Duration{-2 * 24 * time.Hour, 10 * 24 * time.Hour, -365 * 24 * time.Hour} {
		l.pass(jump)
		if n := l.during(20*time.Minute, time.Minute); n != 1 {
			t.Errorf("the clock went by %s: %d renewals", jump, n)
		}
	}
	l.wantAlive()
}

func TestN9OutageOfTheTokenEndpointIsAskedSeldomAndEndsNothing(t *testing.T) {
	l := newKeepLab(t, 30*24*time.Hour)
	l.pass(25 * time.Hour)
	l.service.Status(http.StatusServiceUnavailable)
	if n := l.during(24*time.Hour, time.Minute); n < 24 || n > 24*6 {
		t.Errorf("%d requests in a day of outage", n)
	}
	check(t, l.service.Heal())
	if n := l.during(time.Hour, time.Minute); n == 0 {
		t.Error("not renewed within an hour after the outage")
	}
	l.wantAlive()
}

func TestN9RetryAfterIsKeptByTheSweep(t *testing.T) {
	l := newKeepLab(t, 30*24*time.Hour)
	check(t, l.monitor.Pause(t.Context(), "int_0"))
	l.pass(25 * time.Hour)
	l.service.RateLimit(6 * time.Hour)
	if n := l.during(24*time.Hour, time.Minute); n < 2 || n > 5 {
		t.Errorf("%d requests in a day, where the server asked for six hours between them", n)
	}
}

func TestD6DeadGrantOfAPausedIntegrationIsAskedForOnce(t *testing.T) {
	l := newKeepLab(t, 30*24*time.Hour)
	check(t, l.monitor.Pause(t.Context(), "int_0"))
	l.service.Revoke()
	if n := l.during(3*24*time.Hour, 10*time.Minute); n != 1 {
		t.Errorf("%d refresh requests for a dead grant", n)
	}
	if s := l.check(monitor.Asked); s.Status != integration.StatusNeedsReauthorization {
		t.Errorf("a person who asks is told %s", s.Status)
	}
}
