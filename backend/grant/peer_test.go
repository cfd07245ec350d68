package grant_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"relink/backend/catalog"
	"relink/backend/grant"
	"relink/backend/integration"
	"relink/backend/oauth"
	"relink/backend/secret"
	"relink/backend/store"
	"relink/build/peers"
)

// line is what lies between Relink and the peer's token endpoint. What it does to a request is set by
// the test; nil passes it on.
type line struct {
	peer *peers.Peer
	do   atomic.Pointer[func(w http.ResponseWriter, pass func() *http.Response)]
}

func (l *line) set(do func(w http.ResponseWriter, pass func() *http.Response)) { l.do.Store(&do) }
func (l *line) mend()                                                          { l.do.Store(nil) }

func (l *line) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	pass := func() *http.Response {
		req, _ := http.NewRequest(r.Method, l.peer.TokenURL(), bytes.NewReader(body))
		req.Header = r.Header.Clone()
		resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		return resp
	}
	if do := l.do.Load(); do != nil {
		(*do)(w, pass)
		return
	}
	relay(w, pass())
}

func relay(w http.ResponseWriter, resp *http.Response) {
	defer resp.Body.Close()
	w.Header().Set("Content-Type", resp.Header.Get("Content-Type"))
	w.WriteHeader(resp.StatusCode)
	_, _ = io.Copy(w, resp.Body)
}

// swallow lets the server do its work and cuts the answer off.
func swallow(_ http.ResponseWriter, pass func() *http.Response) {
	_ = pass().Body.Close()
	panic(http.ErrAbortHandler)
}

// answer refuses without asking the server.
func answer(status int, kind, body string) func(http.ResponseWriter, func() *http.Response) {
	return func(w http.ResponseWriter, _ func() *http.Response) {
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// newPeerLab is a lab over a server that nobody here wrote, with a line in between that can be cut.
func newPeerLab(t *testing.T, o peers.Options, lifetime string) (*lab, *line) {
	t.Helper()
	peer := peers.Start(t, o)
	wire := &line{peer: peer}
	proxy := httptest.NewServer(wire)
	t.Cleanup(proxy.Close)
	provider, err := catalog.Parse("peer", peer.ProviderYAML(peers.Provider{TokenURL: proxy.URL, Lifetime: lifetime}))
	check(t, err)
	dir := t.TempDir()
	s, err := store.Open(t.Context(), dir, store.Options{})
	check(t, err)
	t.Cleanup(func() { _ = s.Close() })
	l := &lab{t: t, store: s, vault: &faultyVault{Vault: secret.NewMemory()}, dir: dir, use: grant.Use{Provider: provider}}
	l.count = func() int { return len(peer.Refreshes(t)) }
	l.setClock(time.Now())
	server := grant.Server(*provider.Methods[0].OAuth)
	client := oauth.Client{ID: peers.Client, Secret: secret.New(peers.Secret)}
	const redirect = "http://127.0.0.1:9/callback"
	request, err := oauth.NewRequest(server, client, redirect, []string{"openid", "offline_access", peers.ScopeRead}, nil)
	check(t, err)
	address, err := peer.Authorize(t.Context(), request.URL(), peers.Decision{})
	check(t, err)
	callback, err := oauth.ParsePasted(request, address)
	check(t, err)
	token, err := oauth.NewExchange(nil, time.Now).Code(t.Context(), server, client, callback.Code, request.Verifier(), redirect)
	check(t, err)
	l.keep(client, token)
	return l, wire
}

// age brings our clock to the end of the access token, whatever its version.
func (l *lab) age() integration.Grant {
	l.t.Helper()
	row, err := l.store.Grant(l.t.Context(), l.row.ID)
	check(l.t, err)
	l.setClock(row.AccessExpiresAt.Add(time.Minute))
	return row
}

// wantWorking wants the stored grant to renew, and the API to take what comes of it.
func (l *lab) wantWorking(keeper *grant.Keeper) {
	l.t.Helper()
	held, err := keeper.Fresh(l.t.Context(), l.use, l.age())
	check(l.t, err)
	if held.Grant.RenewalLost() || held.Grant.Renewal != nil {
		l.t.Errorf("the grant holds %+v", held.Grant.Renewal)
	}
}

func TestR4LostAnswerOfARotatingServerIsSaidAndNothingIsSentAgain(t *testing.T) {
	l, wire := newPeerLab(t, peers.Options{}, "access: 1h, rotates: true")
	row := l.age()
	wire.set(swallow)
	n := l.sent(func() {
		held, err := l.keeper().Fresh(t.Context(), l.use, row)
		check(t, err)
		if !held.Grant.RenewalLost() || held.Renewable() {
			t.Errorf("the renewal is not given up: %+v", held.Grant.Renewal)
		}
	})
	if n != 1 {
		t.Fatalf("%d refresh requests reached the server", n)
	}
	wire.mend()
	n = l.sent(func() { // the next process, and a person who asks
		for _, asked := range []bool{false, true} {
			use := l.use
			use.Asked = asked
			row := l.age()
			if !row.RenewalLost() {
				t.Fatalf("the journal holds %+v", row.Renewal)
			}
			held, err := l.keeper().Fresh(t.Context(), use, row)
			check(t, err)
			if _, err = l.keeper().Renew(t.Context(), use, held); err != nil || !held.Grant.RenewalLost() {
				t.Errorf("got %v, %+v", err, held.Grant.Renewal)
			}
		}
	})
	if n != 0 {
		t.Errorf("%d more were sent", n)
	}
	anew := row
	anew.Version = row.Version + 1
	check(t, l.store.Commit(t.Context(), integration.GrantCommit{Grant: anew, FromVersion: row.Version, Act: integration.Act{At: l.clock(), What: "reconnected"}}))
	if after, err := l.store.Grant(t.Context(), row.ID); err != nil || after.Renewal != nil {
		t.Errorf("a new consent leaves %+v, %v", after.Renewal, err)
	}
}

func TestR4GraceAllowsOneReplayAndNoMore(t *testing.T) {
	l, wire := newPeerLab(t, peers.Options{}, "access: 1h, rotates: true, grace: 30m")
	var tries atomic.Int32
	wire.set(func(w http.ResponseWriter, pass func() *http.Response) {
		tries.Add(1)
		swallow(w, pass)
	})
	held, err := l.keeper().Fresh(t.Context(), l.use, l.age())
	check(t, err)
	if tries.Load() != 2 || !held.Grant.RenewalLost() {
		t.Errorf("%d tries, %+v", tries.Load(), held.Grant.Renewal)
	}

	l, wire = newPeerLab(t, peers.Options{KeepRefresh: true}, "access: 1h, rotates: true, grace: 30m")
	tries.Store(0)
	wire.set(func(w http.ResponseWriter, pass func() *http.Response) {
		if tries.Add(1) == 1 {
			swallow(w, pass)
		}
		relay(w, pass())
	})
	held, err = l.keeper().Fresh(t.Context(), l.use, l.age())
	check(t, err)
	if tries.Load() != 2 || held.Grant.Version != 2 || held.Grant.Renewal != nil {
		t.Errorf("within the grace: %d tries, version %d, %+v", tries.Load(), held.Grant.Version, held.Grant.Renewal)
	}
	l.wantWorking(l.keeper())
}

func TestR4LostAnswerOfAServerThatDoesNotRotateIsAskedForLater(t *testing.T) {
	l, wire := newPeerLab(t, peers.Options{KeepRefresh: true}, "access: 1h")
	row := l.age()
	wire.set(swallow)
	var fault *oauth.Fault
	if _, err := l.keeper().Fresh(t.Context(), l.use, row); !errors.As(err, &fault) || !fault.Sent {
		t.Fatalf("got %v", err)
	}
	wire.mend()
	l.wantWorking(l.keeper())
}

func TestR4CancelledCheckDoesNotCutARenewalOff(t *testing.T) {
	l, wire := newPeerLab(t, peers.Options{}, "access: 1h, rotates: true")
	ctx, cancel := context.WithCancel(t.Context())
	wire.set(func(w http.ResponseWriter, pass func() *http.Response) {
		cancel()
		relay(w, pass())
	})
	held, err := l.keeper().Fresh(ctx, l.use, l.age())
	if err != nil || held.Grant.Version != 2 {
		t.Fatalf("got version %d, %v", held.Grant.Version, err)
	}
	wire.mend()
	l.wantWorking(l.keeper())
}

func TestRequestThatDidNotGetOutLeavesNoDoubt(t *testing.T) {
	l, _ := newPeerLab(t, peers.Options{}, "access: 1h, rotates: true")
	away := l.use
	away.Provider.Methods = append([]catalog.Method{}, away.Provider.Methods...)
	nowhere := *away.Provider.Methods[0].OAuth
	nowhere.TokenURL = "http://127.0.0.1:1/token"
	away.Provider.Methods[0].OAuth = &nowhere
	var fault *oauth.Fault
	if _, err := l.keeper().Fresh(t.Context(), away, l.age()); !errors.As(err, &fault) || fault.Sent {
		t.Fatalf("got %v", err)
	}
	if row := l.age(); row.Renewal != nil {
		t.Errorf("the journal holds %+v", row.Renewal)
	}
	l.wantWorking(l.keeper())
}

// lateStore lets somebody else renew just before it writes its first entry into the journal.
type lateStore struct {
	*store.Store
	meanwhile func()
}

func (s *lateStore) Journal(ctx context.Context, id string, r *integration.Renewal) error {
	if f := s.meanwhile; f != nil {
		s.meanwhile = nil
		f()
	}
	return s.Store.Journal(ctx, id, r)
}

func TestR7LoserReadsAgainBeforeItsVerdict(t *testing.T) {
	l, wire := newPeerLab(t, peers.Options{}, "access: 1h, rotates: true")
	row := l.age()
	var winner grant.Held
	late := &lateStore{Store: l.store, meanwhile: func() {
		var err error
		winner, err = l.keeper().Fresh(t.Context(), l.use, row)
		check(t, err)
		wire.set(answer(http.StatusBadRequest, "application/json", `{"error":"invalid_grant"}`))
	}}
	// Its locks lie elsewhere, as on a shared folder that knows no locks.
	loser := grant.New(late, l.vault, oauth.NewExchange(nil, l.clock), filepath.Join(l.dir, "other-locks"), l.clock)
	got, err := loser.Fresh(t.Context(), l.use, row)
	if err != nil || winner.Grant.Version != 2 || got.Grant.Version != 2 || got.Secrets["access_token"].Reveal() != winner.Secrets["access_token"].Reveal() {
		t.Errorf("the loser got version %d, %v; the winner has %d", got.Grant.Version, err, winner.Grant.Version)
	}
	wire.mend()
	l.wantWorking(loser)
}

func TestOutageIsNoVerdictAndIsAskedLessAndLess(t *testing.T) {
	l, wire := newPeerLab(t, peers.Options{}, "access: 1h, rotates: true")
	keeper := l.keeper()
	row := l.age()
	var arrived atomic.Int32
	for name, refuse := range map[string]func(http.ResponseWriter, func() *http.Response){
		"503":           answer(503, "text/plain", "later"),
		"a firewall":    answer(403, "text/html", "<html>no</html>"),
		"429":           answer(429, "application/json", `{"error":"slow_down"}`),
		"a bare 400":    answer(400, "text/plain", ""),
		"an empty page": answer(200, "text/html", "<html></html>"),
	} {
		wire.set(func(w http.ResponseWriter, pass func() *http.Response) { arrived.Add(1); refuse(w, pass) })
		arrived.Store(0)
		for range 12 * 60 { // twelve hours of minutes
			l.setClock(l.clock().Add(time.Minute))
			held, err := keeper.Fresh(t.Context(), l.use, row)
			var refusal *oauth.Refusal
			if !errors.As(err, &refusal) || held.Grant.Renewal != nil {
				t.Fatalf("%s: got %v, %+v", name, err, held.Grant.Renewal)
			}
		}
		if n := arrived.Load(); n > 12*60/10 {
			t.Errorf("%s: %d requests in twelve hours", name, n)
		}
	}
	wire.mend()
	l.setClock(l.clock().Add(time.Hour))
	if _, err := keeper.Fresh(t.Context(), l.use, row); err != nil {
		t.Errorf("after the outage: %v", err)
	}
}

func TestRetryAfterIsWaitedFor(t *testing.T) {
	l, wire := newPeerLab(t, peers.Options{}, "access: 1h, rotates: true")
	keeper, row := l.keeper(), l.age()
	var arrived atomic.Int32
	wire.set(func(w http.ResponseWriter, _ func() *http.Response) {
		arrived.Add(1)
		w.Header().Set("Retry-After", "7200")
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	for _, step := range []struct {
		wait time.Duration
		sent int32
	}{{0, 1}, {time.Hour, 1}, {59 * time.Minute, 1}, {2 * time.Minute, 2}} {
		l.setClock(l.clock().Add(step.wait))
		var refusal *oauth.Refusal
		if _, err := keeper.Fresh(t.Context(), l.use, row); !errors.As(err, &refusal) || refusal.RetryAfter <= 0 {
			t.Fatalf("got %v", err)
		}
		if arrived.Load() != step.sent {
			t.Errorf("after %s more: %d requests, want %d", step.wait, arrived.Load(), step.sent)
		}
	}
}

func TestTokenThatStillLivesIsHandedOutWhileRenewalFails(t *testing.T) {
	l, wire := newPeerLab(t, peers.Options{}, "access: 1h, rotates: true")
	l.setClock(l.row.AccessExpiresAt.Add(-5 * time.Minute))
	wire.set(answer(503, "text/plain", ""))
	if held, err := l.keeper().Fresh(t.Context(), l.use, l.row); err != nil || held.Grant.Version != 1 {
		t.Errorf("an outage before the end: version %d, %v", held.Grant.Version, err)
	}
	wire.set(answer(400, "application/json", `{"error":"invalid_grant"}`))
	var refusal *oauth.Refusal
	if _, err := l.keeper().Fresh(t.Context(), l.use, l.row); !errors.As(err, &refusal) {
		t.Errorf("a dead grant before the end: %v", err)
	}
}

// renewingVault lets somebody else renew before each of the first reads.
type renewingVault struct {
	secret.Vault
	first []func()
}

func (v *renewingVault) Get(ctx context.Context, key string) (secret.Text, error) {
	if len(v.first) > 0 {
		next := v.first[0]
		v.first = v.first[1:]
		next()
	}
	return v.Vault.Get(ctx, key)
}

func TestR7ReaderFollowsSeveralRenewalsInARow(t *testing.T) {
	l, _ := newPeerLab(t, peers.Options{}, "access: 1h, rotates: true")
	known := l.row
	renew := func() { l.wantWorking(l.keeper()) }
	vault := &renewingVault{Vault: l.vault, first: []func(){renew, renew, renew}}
	reader := grant.New(l.store, vault, oauth.NewExchange(nil, l.clock), filepath.Join(l.dir, "locks"), l.clock)
	held, err := reader.Held(t.Context(), known)
	if err != nil || held.Grant.Version != 4 || held.Secrets["access_token"].Empty() {
		t.Errorf("got version %d, %v", held.Grant.Version, err)
	}
}
