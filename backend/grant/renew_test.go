package grant_test

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"relink/backend/catalog"
	"relink/backend/grant"
	"relink/backend/integration"
	"relink/backend/oauth"
	"relink/backend/sandbox"
	"relink/backend/secret"
	"relink/backend/store"
)

// lab is one grant of the sandbox's first service, stored in a real database file.
type lab struct {
	t     *testing.T
	world *sandbox.World
	store *store.Store
	vault *faultyVault
	dir   string
	use   grant.Use
	row   integration.Grant
	count func() int                // token requests that reached the server so far
	now   atomic.Pointer[time.Time] // our clock; the world's stays where it is
}

// faultyVault refuses a number of writes, and counts them all.
type faultyVault struct {
	secret.Vault
	refuse atomic.Int32 // writes still to refuse, once skip is used up
	skip   atomic.Int32
	writes atomic.Int32
}

func (v *faultyVault) Set(ctx context.Context, key string, value secret.Text) error {
	v.writes.Add(1)
	if v.skip.Add(-1) < 0 && v.refuse.Add(-1) >= 0 {
		return secret.ErrLocked
	}
	return v.Vault.Set(ctx, key, value)
}

func newLab(t *testing.T) *lab {
	t.Helper()
	world, err := sandbox.Start(context.Background(), sandbox.Options{})
	check(t, err)
	t.Cleanup(func() { _ = world.Close() })
	dir := t.TempDir()
	s, err := store.Open(t.Context(), dir, store.Options{Logger: slog.New(slog.DiscardHandler)})
	check(t, err)
	t.Cleanup(func() { _ = s.Close() })
	provider, err := catalog.Parse("sample", world.ProviderYAML("sample-analytics"))
	check(t, err)
	l := &lab{t: t, world: world, store: s, vault: &faultyVault{Vault: secret.NewMemory()}, dir: dir, use: grant.Use{Provider: provider}}
	l.count = world.Service("sample-analytics").TokenRequests
	l.setClock(time.Now())
	l.obtain()
	return l
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (l *lab) setClock(at time.Time) { l.now.Store(&at) }
func (l *lab) clock() time.Time      { return *l.now.Load() }

// keeper is as another process would have it: its own locks and HTTP connections over the same folder and vault.
func (l *lab) keeper() *grant.Keeper {
	return grant.New(l.store, l.vault, oauth.NewExchange(nil, l.clock), filepath.Join(l.dir, "locks"), l.clock)
}

// obtain consents in the world and stores the grant as a reauthorization would.
func (l *lab) obtain() {
	l.t.Helper()
	filled, err := l.use.Provider.For(nil)
	check(l.t, err)
	server := grant.Server(*filled.Methods[0].OAuth)
	id, key := l.world.Client("sample-analytics")
	client := oauth.Client{ID: id, Secret: secret.New(key)}
	receiver, err := oauth.Listen(oauth.ReceiverOptions{})
	check(l.t, err)
	defer receiver.Close()
	request, err := oauth.NewRequest(server, client, receiver.RedirectURI(), []string{sandbox.ScopeOrders, sandbox.ScopeProfile}, nil)
	check(l.t, err)
	consented := make(chan error, 1)
	go func() { consented <- l.world.Consent(l.t.Context(), request.URL(), sandbox.Ana, true, nil) }()
	callback, err := receiver.Await(l.t.Context(), request)
	check(l.t, err)
	receiver.Finish(true)
	check(l.t, <-consented)
	token, err := oauth.NewExchange(nil, time.Now).Code(l.t.Context(), server, client, callback.Code, request.Verifier(), receiver.RedirectURI())
	check(l.t, err)
	l.keep(client, token)
}

// keep stores a token as the lab's grant.
func (l *lab) keep(client oauth.Client, token oauth.Token) {
	l.t.Helper()
	l.row = integration.Grant{
		ID: "grt_lab", ProviderID: l.use.Provider.ID, Method: integration.MethodOAuth2Code, Version: 1, ObtainedAt: time.Now(),
		Public: map[string]string{"client_id": client.ID}, AccessExpiresAt: token.ExpiresAt,
	}
	secrets := grant.Merge(secret.Fields{"client_secret": client.Secret}, token)
	check(l.t, l.vault.Set(l.t.Context(), l.row.VaultKey(), secret.Seal(secrets)))
	row := integration.Integration{ID: "int_lab", ProviderID: l.use.Provider.ID, Name: "Lab", Interval: time.Minute, GrantID: l.row.ID}
	check(l.t, l.store.Add(l.t.Context(), row, l.row, integration.State{IntegrationID: row.ID, Status: integration.StatusUnknown}, integration.Act{What: "added"}))
	var err error
	l.row, err = l.store.Grant(l.t.Context(), l.row.ID)
	check(l.t, err)
}

// sent is how many token requests f made the world answer.
func (l *lab) sent(f func()) int {
	before := l.count()
	f()
	return l.count() - before
}

func TestFreshRenewsOnlyWhenTheAccessTokenIsAboutToEnd(t *testing.T) {
	l := newLab(t)
	if n := l.sent(func() { _, err := l.keeper().Fresh(t.Context(), l.use, l.row); check(t, err) }); n != 0 {
		t.Errorf("%d token requests for a fresh grant", n)
	}
	l.setClock(time.Now().Add(52 * time.Minute))
	var held grant.Held
	if n := l.sent(func() { var err error; held, err = l.keeper().Fresh(t.Context(), l.use, l.row); check(t, err) }); n != 1 {
		t.Errorf("%d token requests eight minutes before the end", n)
	}
	stored, err := l.store.Grant(t.Context(), l.row.ID)
	check(t, err)
	if stored.Version != 2 || held.Grant.Version != 2 {
		t.Errorf("version stored %d, handed out %d", stored.Version, held.Grant.Version)
	}
	if _, err := l.vault.Get(t.Context(), l.row.VaultKey()); !errors.Is(err, secret.ErrMissing) {
		t.Errorf("the spent secret is still in the vault: %v", err)
	}
}

func TestR1TwoHundredCallersMakeOneRenewal(t *testing.T) {
	l := newLab(t)
	l.setClock(time.Now().Add(55 * time.Minute))
	keeper := l.keeper()
	n := l.sent(func() {
		together(t, 200, func() error { _, err := keeper.Fresh(t.Context(), l.use, l.row); return err })
	})
	if n != 1 {
		t.Errorf("%d token requests", n)
	}
}

// Every keeper opens lock files of its own, which the system treats as it treats another process.
func TestR2SeparateKeepersMakeOneRenewal(t *testing.T) {
	l := newLab(t)
	for round := range 10 {
		l.setClock(time.Now().Add(time.Duration(round+1) * 55 * time.Minute))
		row, err := l.store.Grant(t.Context(), l.row.ID)
		check(t, err)
		n := l.sent(func() {
			together(t, 9, func() error { _, err := l.keeper().Fresh(t.Context(), l.use, row); return err })
		})
		if n != 1 {
			t.Fatalf("round %d: %d token requests", round, n)
		}
	}
}

func together(t *testing.T, n int, f func() error) {
	t.Helper()
	var wg sync.WaitGroup
	start := make(chan struct{})
	for range n {
		wg.Go(func() {
			<-start
			if err := f(); err != nil {
				t.Error(err)
			}
		})
	}
	close(start)
	wg.Wait()
}

func TestR5VaultThatRefusesTheNewTokenIsAskedAgain(t *testing.T) {
	l := newLab(t)
	l.setClock(time.Now().Add(55 * time.Minute))
	l.vault.skip.Store(1) // the write that proves the vault, before the token is spent
	l.vault.refuse.Store(2)
	n := l.sent(func() { _, err := l.keeper().Fresh(t.Context(), l.use, l.row); check(t, err) })
	if n != 1 {
		t.Errorf("%d token requests", n)
	}
	row, err := l.store.Grant(t.Context(), l.row.ID)
	check(t, err)
	l.setClock(time.Now().Add(110 * time.Minute))
	if _, err := l.keeper().Fresh(t.Context(), l.use, row); err != nil {
		t.Errorf("the stored token does not renew: %v", err)
	}
}

func TestR5VaultThatCannotBeWrittenIsNoticedBeforeTheTokenIsSpent(t *testing.T) {
	l := newLab(t)
	l.setClock(time.Now().Add(55 * time.Minute))
	l.vault.skip.Store(0)
	l.vault.refuse.Store(1000)
	n := l.sent(func() {
		if _, err := l.keeper().Fresh(t.Context(), l.use, l.row); !errors.Is(err, secret.ErrLocked) {
			t.Errorf("want locked, got %v", err)
		}
	})
	if n != 0 {
		t.Errorf("%d token requests", n)
	}
}

func TestR6MissingRefreshTokenKeepsTheOldOne(t *testing.T) {
	l := newLab(t)
	l.world.Service("sample-analytics").KeepRefresh()
	before, err := l.keeper().Held(t.Context(), l.row)
	check(t, err)
	after, err := l.keeper().Renew(t.Context(), l.use, before)
	check(t, err)
	if before.Secrets["refresh_token"].Reveal() != after.Secrets["refresh_token"].Reveal() {
		t.Error("the refresh token was lost")
	}
	if before.Secrets["access_token"].Reveal() == after.Secrets["access_token"].Reveal() {
		t.Error("the access token is the old one")
	}
}

func TestD6RefusedRenewalChangesNothingAndIsNotAskedAgain(t *testing.T) {
	l := newLab(t)
	l.world.Service("sample-analytics").Revoke()
	held, err := l.keeper().Held(t.Context(), l.row)
	check(t, err)
	_, err = l.keeper().Renew(t.Context(), l.use, held)
	var refusal *oauth.Refusal
	if !errors.As(err, &refusal) || refusal.Code != "invalid_grant" {
		t.Fatalf("want invalid_grant, got %v", err)
	}
	row, err := l.store.Grant(t.Context(), l.row.ID)
	check(t, err)
	if diff := cmp.Diff(l.row, row); diff != "" {
		t.Errorf("the row changed:\n%s", diff)
	}
	if _, err := l.vault.Get(t.Context(), integration.VaultKey(l.row.ID, 2)); !errors.Is(err, secret.ErrMissing) {
		t.Errorf("an entry was left behind: %v", err)
	}
	keeper := l.keeper()
	for i, ask := range []struct {
		asked bool
		sent  int
	}{{false, 1}, {false, 0}, {false, 0}, {true, 1}, {false, 0}} {
		l.setClock(l.clock().Add(24 * time.Hour))
		use := l.use
		use.Asked = ask.asked
		n := l.sent(func() {
			if _, err := keeper.Renew(t.Context(), use, held); !errors.As(err, &refusal) || refusal.Code != "invalid_grant" {
				t.Errorf("try %d: want invalid_grant, got %v", i, err)
			}
		})
		if n != ask.sent {
			t.Errorf("try %d: %d token requests, want %d", i, n, ask.sent)
		}
	}
}

func TestR8LockThatIsHeldEndsInBusyAndNotInARenewal(t *testing.T) {
	l := newLab(t)
	release, err := grant.Locks{Dir: filepath.Join(l.dir, "locks")}.Acquire(t.Context(), l.row.ID)
	check(t, err)
	defer release()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	held, err := l.keeper().Held(t.Context(), l.row)
	check(t, err)
	n := l.sent(func() {
		if _, err := l.keeper().Renew(ctx, l.use, held); !errors.Is(err, integration.ErrBusy) {
			t.Errorf("want busy, got %v", err)
		}
	})
	if n != 0 {
		t.Errorf("%d token requests", n)
	}
}

func TestVaultStateNamesEveryErrorOfAVault(t *testing.T) {
	for err, want := range map[error]integration.VaultState{
		nil: integration.VaultOK, secret.ErrMissing: integration.VaultMissing, secret.ErrLocked: integration.VaultLocked,
		secret.ErrAbsent: integration.VaultAbsent, secret.ErrSlow: integration.VaultSlow, secret.ErrRefused: integration.VaultRefused,
		secret.ErrCorrupt: integration.VaultCorrupt, errors.New("x"): "",
	} {
		if got := grant.VaultState(err); got != want {
			t.Errorf("%v: want %q, got %q", err, want, got)
		}
	}
}
