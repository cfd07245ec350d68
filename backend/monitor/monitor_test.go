package monitor_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"sync"
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

// lab is a monitor over the sandbox's key-guarded service, a real database file and a clock that is moved by hand.
type lab struct {
	t       *testing.T
	world   *sandbox.World
	service *sandbox.Service
	store   *store.Store
	vault   *moodyVault
	monitor *monitor.Monitor
	dir     string
	offline bool

	mu  sync.Mutex
	now time.Time
}

// moodyVault answers with its mood when it has one.
type moodyVault struct {
	secret.Vault
	mood error
}

func (v *moodyVault) Get(ctx context.Context, key string) (secret.Text, error) {
	if v.mood != nil {
		return secret.Text{}, v.mood
	}
	return v.Vault.Get(ctx, key)
}

func (l *lab) clock() time.Time { l.mu.Lock(); defer l.mu.Unlock(); return l.now }

func (l *lab) pass(d time.Duration) { l.mu.Lock(); defer l.mu.Unlock(); l.now = l.now.Add(d) }

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newLab(t *testing.T, integrations int) *lab {
	t.Helper()
	world, err := sandbox.Start(context.Background(), sandbox.Options{})
	check(t, err)
	t.Cleanup(func() { _ = world.Close() })
	l := &lab{t: t, world: world, service: world.Service("sample-shop"), vault: &moodyVault{Vault: secret.NewMemory()}, dir: t.TempDir(), now: time.Now()}
	l.store, err = store.Open(t.Context(), l.dir, store.Options{Now: l.clock})
	check(t, err)
	t.Cleanup(func() { _ = l.store.Close() })
	for i := range integrations {
		l.add(i)
	}
	l.monitor = l.open(l.store)
	return l
}

// open makes a monitor as one process has it.
func (l *lab) open(s *store.Store) *monitor.Monitor {
	l.t.Helper()
	provider, err := catalog.Parse("sample", l.service.ProviderYAML())
	check(l.t, err)
	nameless, err := catalog.Parse("sample", bytes.ReplaceAll(l.service.ProviderYAML(), []byte("http://"+l.service.Host()), []byte("https://shop.invalid")))
	check(l.t, err)
	providers := func(id string) (catalog.Provider, bool) {
		if l.offline {
			return nameless, id == nameless.ID
		}
		return provider, id == provider.ID
	}
	unreachable := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) { return l.reach(ctx, "tcp", "") }}
	keeper := grant.New(s, l.vault, oauth.NewExchange(nil, l.clock), filepath.Join(l.dir, "locks"), l.clock)
	m := monitor.New(monitor.Options{
		Store: s, Grants: keeper, Providers: providers,
		Prober: probe.New(probe.Options{Now: l.clock, Resolver: unreachable, Reach: l.reach}), Landmarks: []string{"landmark.invalid"}, Log: slog.New(slog.DiscardHandler), Now: l.clock,
	})
	check(l.t, m.Load(l.t.Context()))
	return m
}

// reach is this computer's way out, which nothing answers on in this lab.
func (l *lab) reach(ctx context.Context, network, _ string) (net.Conn, error) {
	return (&net.Dialer{}).DialContext(ctx, network, "127.0.0.1:1")
}

func (l *lab) add(i int) {
	l.t.Helper()
	g := integration.Grant{ID: fmt.Sprintf("grt_%d", i), ProviderID: "sample-shop", Method: integration.MethodAPIKey, Version: 1, ObtainedAt: l.now}
	check(l.t, l.vault.Set(l.t.Context(), g.VaultKey(), secret.Seal(secret.Fields{"api_key": secret.New(l.service.APIKey())})))
	row := integration.Integration{ID: fmt.Sprintf("int_%d", i), ProviderID: "sample-shop", Name: fmt.Sprintf("Shop %d", i), Interval: 5 * time.Minute, GrantID: g.ID}
	check(l.t, l.store.Add(l.t.Context(), row, g, integration.State{IntegrationID: row.ID, Status: integration.StatusUnknown}, integration.Act{What: "added"}))
}

func (l *lab) check(why monitor.Why) integration.State {
	l.t.Helper()
	s, err := l.monitor.Check(l.t.Context(), "int_0", why)
	check(l.t, err)
	return s
}

func TestCheckRecordsWhatItReturns(t *testing.T) {
	l := newLab(t, 1)
	got := l.check(monitor.Scheduled)
	if got.Status != integration.StatusConnected || got.Finding.Rule == "" {
		t.Fatalf("a good key is %s by rule %q", got.Status, got.Finding.Rule)
	}
	stored, err := l.store.State(t.Context(), "int_0")
	check(t, err)
	if stored.Status != got.Status || !stored.CheckedAt.Equal(got.CheckedAt.Truncate(time.Millisecond)) {
		t.Errorf("stored %s at %s, returned %s at %s", stored.Status, stored.CheckedAt, got.Status, got.CheckedAt)
	}
}

func TestD6DeadGrantIsLatched(t *testing.T) {
	l := newLab(t, 1)
	l.check(monitor.Scheduled)
	l.service.Revoke()
	if s := l.check(monitor.Scheduled); !s.Latched || s.Status != integration.StatusNeedsReauthorization {
		t.Fatalf("a revoked key: %s, latched %v, %+v", s.Status, s.Latched, s.Finding)
	}
	asked := l.service.APIRequests()
	for range 24 * 12 { // a day of timers
		l.pass(5 * time.Minute)
		l.check(monitor.Scheduled)
	}
	if n := l.service.APIRequests() - asked; n != 0 {
		t.Errorf("timers offered the refused key %d times", n)
	}
	l.check(monitor.Asked)
	var soon monitor.TooSoonError
	if _, err := l.monitor.Check(t.Context(), "int_0", monitor.Asked); !errors.As(err, &soon) || !soon.Until.After(l.clock()) {
		t.Errorf("asked again within the same minute: %v, want a moment from which on", err)
	}
	if n := l.service.APIRequests() - asked; n != 1 {
		t.Errorf("a person who asked twice within a minute made %d requests", n)
	}
	alerts, err := l.store.PendingAlerts(t.Context(), 10)
	check(t, err)
	if len(alerts) != 1 {
		t.Errorf("%d alerts", len(alerts))
	}
}

func TestS10VaultTroubleIsItsOwnFindingAndNoRequestGoesOut(t *testing.T) {
	for mood, want := range map[error]integration.VaultState{
		secret.ErrLocked: integration.VaultLocked, secret.ErrAbsent: integration.VaultAbsent, secret.ErrSlow: integration.VaultSlow,
		secret.ErrRefused: integration.VaultRefused, secret.ErrMissing: integration.VaultMissing, secret.ErrCorrupt: integration.VaultCorrupt,
	} {
		t.Run(string(want), func(t *testing.T) {
			l := newLab(t, 1)
			l.check(monitor.Scheduled)
			before := l.service.APIRequests()
			l.vault.mood = mood
			s := l.check(monitor.Scheduled)
			if s.Finding.Cause != integration.CauseThisComputer || s.Evidence.Vault != want {
				t.Errorf("cause %s, vault %s", s.Finding.Cause, s.Evidence.Vault)
			}
			if s.SucceededAt.IsZero() {
				t.Error("the last success was forgotten")
			}
			if n := l.service.APIRequests() - before; n != 0 {
				t.Errorf("%d requests went out", n)
			}
			l.vault.mood = nil
			if s := l.check(monitor.Asked); s.Status != integration.StatusConnected {
				t.Errorf("with the vault back: %s", s.Status)
			}
		})
	}
}

func TestN10OfflineComputerIsOneFindingAndNoAlert(t *testing.T) {
	l := newLab(t, 30)
	l.monitor.CheckAll(t.Context())
	l.offline = true // the name server is out of reach, and so is every landmark
	l.pass(5 * time.Minute)
	for range 5 {
		l.pass(time.Minute)
		l.monitor.CheckAll(t.Context())
	}
	for _, seen := range l.monitor.All() {
		if seen.State.Status != integration.StatusUnknown || seen.State.Incident != nil {
			t.Fatalf("%s: %s, incident %v", seen.Integration.Name, seen.State.Status, seen.State.Incident)
		}
	}
	if !l.monitor.Offline() {
		t.Error("the monitor does not say that this computer is offline")
	}
	alerts, err := l.store.PendingAlerts(t.Context(), 10)
	check(t, err)
	if len(alerts) != 0 {
		t.Errorf("%d alerts while offline", len(alerts))
	}
	l.offline = false
	l.pass(time.Minute)
	l.monitor.CheckAll(t.Context())
	if s := l.check(monitor.Asked); s.Status != integration.StatusConnected || l.monitor.Offline() {
		t.Errorf("back online: %s", s.Status)
	}
}

func TestSweepChecksEveryoneOnceAndStoresIt(t *testing.T) {
	l := newLab(t, 200)
	before := l.service.APIRequests()
	if failed := l.monitor.CheckAll(t.Context()); len(failed) > 0 {
		t.Fatalf("failed: %v", failed)
	}
	if n := l.service.APIRequests() - before; n != 200 {
		t.Errorf("%d requests for 200 integrations", n)
	}
	states, err := l.store.States(t.Context())
	check(t, err)
	for id, s := range states {
		if s.Status != integration.StatusConnected {
			t.Errorf("%s is stored as %s", id, s.Status)
		}
	}
}

func TestPausedIsNotCheckedByATimer(t *testing.T) {
	l := newLab(t, 1)
	check(t, l.monitor.Pause(t.Context(), "int_0"))
	before := l.service.APIRequests()
	l.check(monitor.Scheduled)
	if n := l.service.APIRequests() - before; n != 0 {
		t.Errorf("%d requests", n)
	}
	check(t, l.monitor.Resume(t.Context(), "int_0"))
	if s := l.check(monitor.Scheduled); s.Status != integration.StatusConnected {
		t.Errorf("resumed: %s", s.Status)
	}
}

func TestRunChecksWhatIsDueAndNoticesAnotherProcess(t *testing.T) {
	l := newLab(t, 3)
	changed := make(chan string, 100)
	l.monitor.Events.Changed = func(id string) { changed <- id }
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); l.monitor.Run(ctx) }()
	for range 3 {
		<-changed
	}
	other, err := store.Open(t.Context(), l.dir, store.Options{Now: l.clock})
	check(t, err)
	defer other.Close()
	check(t, l.open(other).Pause(t.Context(), "int_1"))
	for {
		<-changed
		if seen, err := l.monitor.One("int_1"); err == nil && seen.Integration.Paused {
			break
		}
	}
	stop()
	<-done
}

func TestRemoveForgetsTheSecretToo(t *testing.T) {
	l := newLab(t, 2)
	check(t, l.monitor.Remove(t.Context(), "int_0"))
	if _, err := l.monitor.One("int_0"); err == nil {
		t.Error("it is still there")
	}
	if _, err := l.vault.Get(t.Context(), integration.VaultKey("grt_0", 1)); err == nil {
		t.Error("its secret is still in the vault")
	}
	if _, err := l.vault.Get(t.Context(), integration.VaultKey("grt_1", 1)); err != nil {
		t.Errorf("the other's secret is gone: %v", err)
	}
}
