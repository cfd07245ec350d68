package grant_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"relink/backend/catalog"
	"relink/backend/grant"
	"relink/backend/integration"
	"relink/backend/oauth"
	"relink/backend/sandbox"
	"relink/backend/secret"
	"relink/build/peers"
)

// tap is a transport that writes down what was given back, in its order.
type tap struct {
	http.RoundTripper
	mu   sync.Mutex
	seen []string
}

func (w *tap) RoundTrip(r *http.Request) (*http.Response, error) {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	if form, err := url.ParseQuery(string(body)); err == nil && form.Has("token") {
		w.mu.Lock()
		w.seen = append(w.seen, form.Get("token_type_hint"))
		w.mu.Unlock()
	}
	return w.RoundTripper.RoundTrip(r)
}

// revoker is as another process would have it.
func (l *lab) revoker() (*grant.Revoker, *tap) {
	wire := &tap{RoundTripper: &http.Transport{DisableKeepAlives: true}}
	keeper := grant.New(l.store, l.vault, oauth.NewExchange(wire, l.clock), filepath.Join(l.dir, "locks"), l.clock)
	known := func(id string) (catalog.Provider, bool) { return l.use.Provider, id == l.use.Provider.ID }
	return &grant.Revoker{Keeper: keeper, Store: l.store, Providers: known}, wire
}

func (l *lab) disconnect() grant.Ending {
	l.t.Helper()
	row, err := l.store.Integration(l.t.Context(), "int_lab")
	check(l.t, err)
	r, _ := l.revoker()
	ending, err := r.Disconnect(l.t.Context(), l.use, row)
	check(l.t, err)
	return ending
}

// secretsOf are the grant's secrets as they were.
func (l *lab) secretsOf() secret.Fields {
	l.t.Helper()
	held, err := l.keeper().Held(l.t.Context(), l.row)
	check(l.t, err)
	return held.Secrets
}

// wantRevoked wants the server to refuse the refresh token.
func (l *lab) wantRevoked(was secret.Fields) {
	l.t.Helper()
	provider, err := l.use.Provider.For(nil)
	check(l.t, err)
	client := grant.Client(l.row.Public, was)
	_, err = oauth.NewExchange(nil, time.Now).Refresh(l.t.Context(), grant.Server(*provider.Methods[0].OAuth), client, was["refresh_token"])
	var refusal *oauth.Refusal
	if !errors.As(err, &refusal) || refusal.Code != "invalid_grant" {
		l.t.Errorf("the provider still takes the refresh token: %v", err)
	}
}

// wantNothingLeft wants no version of the grant in the vault, and nothing in the journal.
func (l *lab) wantNothingLeft() {
	l.t.Helper()
	for version := range 8 {
		if _, err := l.vault.Get(l.t.Context(), integration.VaultKey(l.row.ID, version)); !errors.Is(err, secret.ErrMissing) {
			l.t.Errorf("the vault keeps version %d: %v", version, err)
		}
	}
	if left, err := l.store.Revocations(l.t.Context()); err != nil || len(left) != 0 {
		l.t.Errorf("still to be told: %+v, %v", left, err)
	}
}

// whats are the acts so far, newest first.
func (l *lab) whats() []string {
	l.t.Helper()
	acts, err := l.store.Acts(l.t.Context(), "", 20)
	check(l.t, err)
	var all []string
	for _, a := range acts {
		all = append(all, a.What)
	}
	return all
}

func TestD3RefreshTokenIsRevokedFirstAndThenTheAccessToken(t *testing.T) {
	l := newLab(t)
	was := l.secretsOf()
	row, err := l.store.Integration(t.Context(), "int_lab")
	check(t, err)
	r, wire := l.revoker()
	ending, err := r.Disconnect(t.Context(), l.use, row)
	check(t, err)
	if ending != grant.EndRevoked || !slices.Equal(wire.seen, []string{"refresh_token", "access_token"}) {
		t.Errorf("%s after %v", ending, wire.seen)
	}
	l.wantRevoked(was)
	l.wantNothingLeft()
	if got := l.whats(); !slices.Equal(got, []string{"revoked", "disconnected", "added"}) {
		t.Errorf("acts %v", got)
	}
	if _, err := l.keeper().HandOut(t.Context(), l.use, l.row); !errors.Is(err, grant.ErrDisconnected) && !errors.Is(err, secret.ErrMissing) {
		t.Errorf("handed out: %v", err)
	}
	if ending, err := r.Disconnect(t.Context(), l.use, row); err != nil || ending != grant.EndBefore || len(wire.seen) != 2 {
		t.Errorf("a second time: %s, %v, %v", ending, err, wire.seen)
	}
}

func TestD3PeerTakesADisconnectedGrantBack(t *testing.T) {
	l, _ := newPeerLab(t, peers.Options{}, "access: 1h, rotates: true")
	was := l.secretsOf()
	if ending := l.disconnect(); ending != grant.EndRevoked {
		t.Fatalf("ended %s", ending)
	}
	l.wantNothingLeft()
	l.wantRevoked(was)
}

// While the provider is down the grant has ended here, and another process tells the provider later.
func TestD3OfflineDisconnectionEndsHereAtOnceAndIsToldLater(t *testing.T) {
	l := newLab(t)
	was := l.secretsOf()
	l.world.Service("sample-analytics").Down()
	if ending := l.disconnect(); ending != grant.EndPending {
		t.Fatalf("ended %s", ending)
	}
	row, err := l.store.Grant(t.Context(), l.row.ID)
	check(t, err)
	if _, err := l.keeper().Fresh(t.Context(), l.use, row); !errors.Is(err, secret.ErrMissing) {
		t.Errorf("the grant is still in use: %v", err)
	}
	again, wire := l.revoker()
	if n, err := again.RetryDue(t.Context()); err != nil || n != 1 || len(wire.seen) != 0 {
		t.Errorf("before its time: %d pending, %v, sent %v", n, err, wire.seen)
	}
	l.setClock(l.clock().Add(2 * time.Minute))
	if n, err := again.RetryDue(t.Context()); err != nil || n != 1 {
		t.Errorf("still down: %d pending, %v", n, err)
	}
	check(t, l.world.Service("sample-analytics").Heal())
	l.setClock(l.clock().Add(3 * time.Minute))
	last, wire := l.revoker()
	if n, err := last.RetryDue(t.Context()); err != nil || n != 0 || len(wire.seen) != 2 {
		t.Errorf("healed: %d pending, %v, sent %v", n, err, wire.seen)
	}
	l.wantRevoked(was)
	l.wantNothingLeft()
	acts, err := l.store.Acts(t.Context(), "int_lab", 1)
	check(t, err)
	if acts[0].What != "revoked" || acts[0].Actor != integration.ActorTimer {
		t.Errorf("the last act is %+v", acts[0])
	}
}

func TestD3BusyProviderIsToldAgainAfterTheTimeItNamed(t *testing.T) {
	l := newLab(t)
	l.world.Service("sample-analytics").RateLimit(30*time.Minute, sandbox.Token)
	if ending := l.disconnect(); ending != grant.EndPending {
		t.Fatalf("ended %s", ending)
	}
	left, err := l.store.Revocations(t.Context())
	check(t, err)
	if wait := left[0].DueAt.Sub(l.clock()); wait < 29*time.Minute || left[0].Reason != "http_429" || left[0].Tries != 1 {
		t.Errorf("put off by %v: %+v", wait, left[0])
	}
}

func TestD3TryingEndsAfterADayAndIsSaid(t *testing.T) {
	l := newLab(t)
	l.world.Service("sample-analytics").Status(http.StatusServiceUnavailable, sandbox.Token)
	if ending := l.disconnect(); ending != grant.EndPending {
		t.Fatalf("ended %s", ending)
	}
	r, _ := l.revoker()
	for hour := range 30 {
		l.setClock(l.clock().Add(time.Hour + 20*time.Minute))
		n, err := r.RetryDue(t.Context())
		check(t, err)
		if n == 0 {
			if hour < 16 {
				t.Errorf("given up after %d tries", hour)
			}
			break
		}
	}
	l.wantNothingLeft()
	acts, err := l.store.Acts(t.Context(), "int_lab", 1)
	check(t, err)
	if acts[0].What != "not_revoked" || acts[0].Args["reason"] != "http_503" {
		t.Errorf("the last act is %+v", acts[0])
	}
}

func TestD3RefusedRevocationIsSaidAtOnce(t *testing.T) {
	l := newLab(t)
	l.world.Service("sample-analytics").DropClient()
	if ending := l.disconnect(); ending != grant.EndRefused {
		t.Fatalf("ended %s", ending)
	}
	l.wantNothingLeft()
}

func TestD3GrantThatWasReconnectedMeanwhileIsNotEndedByTheOldRevocation(t *testing.T) {
	l := newLab(t)
	l.world.Service("sample-analytics").Down()
	l.disconnect()
	row, err := l.store.Grant(t.Context(), l.row.ID)
	check(t, err)
	next := row
	next.Version++
	check(t, l.vault.Set(t.Context(), next.VaultKey(), secret.Seal(secret.Fields{"access_token": secret.New("new")})))
	check(t, l.store.Commit(t.Context(), integration.GrantCommit{Grant: next, FromVersion: row.Version, Act: integration.Act{What: "reconnected", At: l.clock()}}))
	check(t, l.world.Service("sample-analytics").Heal())
	l.setClock(l.clock().Add(5 * time.Minute))
	r, wire := l.revoker()
	if n, err := r.RetryDue(t.Context()); err != nil || n != 0 || len(wire.seen) != 0 {
		t.Errorf("%d pending, %v, sent %v", n, err, wire.seen)
	}
	if got := l.whats(); got[0] != "revocation_dropped" {
		t.Errorf("acts %v", got)
	}
	if _, err := l.vault.Get(t.Context(), next.VaultKey()); err != nil {
		t.Errorf("the new login is gone: %v", err)
	}
}

func TestLockedVaultKeepsTheGrantAsItIs(t *testing.T) {
	l := newLab(t)
	row, err := l.store.Integration(t.Context(), "int_lab")
	check(t, err)
	r, wire := l.revoker()
	r.Keeper = grant.New(l.store, lockedVault{l.vault}, oauth.NewExchange(wire, l.clock), filepath.Join(l.dir, "locks"), l.clock)
	if _, err := r.Disconnect(t.Context(), l.use, row); !errors.Is(err, secret.ErrLocked) {
		t.Errorf("got %v", err)
	}
	if after, err := l.store.Grant(t.Context(), l.row.ID); err != nil || after.Version != l.row.Version || !after.DisconnectedAt.IsZero() {
		t.Errorf("the grant became %+v, %v", after, err)
	}
}

type lockedVault struct{ secret.Vault }

func (lockedVault) Get(context.Context, string) (secret.Text, error) {
	return secret.Text{}, secret.ErrLocked
}

// Ten at once, two of them renewing: whoever comes second sees what the first one did.
func TestDisconnectionAndRenewalDoNotMeet(t *testing.T) {
	l := newLab(t)
	was := l.secretsOf()
	l.setClock(time.Now().Add(52 * time.Minute))
	var all sync.WaitGroup
	for range 5 {
		all.Go(func() { _, _ = l.keeper().Fresh(t.Context(), l.use, l.row) })
		all.Go(func() {
			row, err := l.store.Integration(t.Context(), "int_lab")
			check(t, err)
			r, _ := l.revoker()
			if _, err := r.Disconnect(t.Context(), l.use, row); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	l.wantNothingLeft()
	l.wantRevoked(was)
	if n := strings.Count(strings.Join(l.whats(), " "), "disconnected"); n != 1 {
		t.Errorf("disconnected %d times", n)
	}
}
