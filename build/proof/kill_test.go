//go:build linux

package proof_test

import (
	"strings"
	"testing"
	"time"

	"relink/build/desktop"
	"relink/build/peers"
)

// A kill -9 at every step of a renewal, one after the other. Before the request nothing is lost; from the
// moment at which it may have gone out until its answer is in the vault nobody can tell, and that is said;
// after that the new token is found.
func TestR3KilledRenewalLeavesAGrantThatWorksOrSaysThatItIsLost(t *testing.T) {
	steps := []struct {
		point string
		lost  bool
		sent  int // refresh requests, those after the kill included
	}{
		{point: "renewal-begun", sent: 1},
		{point: "renewal-prepared", sent: 1},
		{point: "renewal-noted", lost: true},
		{point: "renewal-answered", lost: true, sent: 1},
		{point: "renewal-kept", sent: 1},
		{point: "renewal-saved", sent: 1},
	}
	n := rounds(1, 100)
	t.Parallel()
	if !desktop.Own(t, desktop.Options{Keyring: true, Patience: patience(n * len(steps))}) {
		return
	}
	w := newWorld(t)
	w.connect()
	for range n {
		for _, step := range steps {
			before, _ := w.refreshes()
			w.expire()
			w.kill(step.point, "check", "Peer")
			got := w.checked("Peer")
			if sent, _ := w.refreshes(); sent-before != step.sent {
				t.Errorf("%s: %d refresh requests, want %d", step.point, sent-before, step.sent)
			}
			if step.lost {
				w.wantLost(step.point, got)
				w.reconnect(step.point)
			} else if got.Status != "connected" {
				t.Errorf("%s: %+v, and the grant was not lost", step.point, got)
			}
			w.wantAlive(step.point)
		}
	}
	w.wantNoSecret()
}

// A kill -9 at every step of a reconnection: the old grant works, or the new one.
func TestR3KilledCommitLeavesTheOldGrantOrTheNew(t *testing.T) {
	points := []string{"commit-proven", "commit-kept", "commit-saved", "commit-checked"}
	n := rounds(1, 100)
	t.Parallel()
	if !desktop.Own(t, desktop.Options{Keyring: true, Patience: patience(n * len(points))}) {
		return
	}
	w := newWorld(t)
	w.connect()
	for range n {
		for _, point := range points {
			w.kill(point, "reconnect", "Peer")
			if got := w.checked("Peer"); got.Status != "connected" {
				t.Errorf("%s: %+v", point, got)
			}
			w.wantAlive(point)
			// And the same where the old one had ended before.
			w.peer.RevokeAll(t)
			w.expire()
			if got := w.checked("Peer"); got.Status == "connected" {
				t.Fatalf("%s: a revoked grant is %+v", point, got)
			}
			w.kill(point, "reconnect", "Peer")
			w.later(5 * time.Minute)
			switch got := w.checked("Peer"); {
			case got.Status == "connected":
			case point == "commit-proven" && got.Status == "needs_reauthorization":
				w.reconnect(point)
			default:
				t.Errorf("%s, over a revoked grant: %+v", point, got)
			}
			w.wantAlive(point)
		}
	}
	w.wantNoSecret()
}

// A kill -9 while an integration is added leaves none, or one that works.
func TestR3KilledAddLeavesNoneOrOneThatWorks(t *testing.T) {
	t.Parallel()
	if !desktop.Own(t, desktop.Options{Keyring: true}) {
		return
	}
	w := newWorld(t)
	for point, added := range map[string]bool{"commit-proven": false, "commit-kept": false, "commit-saved": true, "commit-checked": true} {
		r := w.run([]string{"RELINK_FAULTPOINT=" + point}, peers.Secret+"\n",
			"add", "peer", "--name", point, "--set", "client_id="+peers.Client, "--secret-stdin")
		if !r.killed {
			t.Fatalf("%s was not reached: exit code %d\n%s", point, r.code, r.out)
		}
		if !added {
			if r := w.run(nil, "", "check", point); r.code != 2 {
				t.Errorf("%s: exit code %d\n%s", point, r.code, r.out)
			}
			continue
		}
		if got := w.checked(point); got.Status != "connected" {
			t.Errorf("%s: %+v", point, got)
		}
	}
	w.wantNoSecret()
}

// kill runs the program with a fault point at which it is killed.
func (w *world) kill(point string, args ...string) {
	w.t.Helper()
	if r := w.run([]string{"RELINK_FAULTPOINT=" + point}, "", args...); !r.killed {
		w.t.Fatalf("%s was not reached: exit code %d\n%s", point, r.code, r.out)
	}
}

// wantLost wants the app to say that an interrupted renewal lost the grant and that a person is needed, and
// not to try the old token again, whoever asks.
func (w *world) wantLost(point string, got row) {
	w.t.Helper()
	if got.Status != "needs_reauthorization" || got.Cause != "this_computer" || got.Rule != "renewal-interrupted" {
		w.t.Errorf("%s: the app says %+v", point, got)
	}
	before, _ := w.refreshes()
	w.later(2 * time.Hour)
	if again := w.checked("Peer"); again.Status != got.Status {
		w.t.Errorf("%s: later the app says %+v", point, again)
	}
	if sent, _ := w.refreshes(); sent != before {
		w.t.Errorf("%s: the token of an interrupted renewal was sent again", point)
	}
}

// reconnect repairs Peer.
func (w *world) reconnect(point string) {
	w.t.Helper()
	if r := w.run(nil, "", "reconnect", "Peer"); r.code != 0 {
		w.t.Fatalf("%s: reconnect: exit code %d\n%s", point, r.code, r.out)
	}
}

// wantAlive wants a green row that stays green through a renewal: the server takes the stored refresh token.
// A new grant that a killed commit left in the keychain is found first, which sends nothing.
func (w *world) wantAlive(point string) {
	w.t.Helper()
	before, refused := w.refreshes()
	for range 2 {
		w.expire()
		if got := w.checked("Peer"); got.Status != "connected" {
			w.t.Fatalf("%s: a renewal later: %+v", point, got)
		}
	}
	if sent, after := w.refreshes(); sent <= before || sent > before+2 || after != refused {
		w.t.Errorf("%s: two renewals sent %d requests, %d were refused", point, sent-before, after-refused)
	}
}

// A kill -9 while a grant is given back: here it has ended, and the provider is told after the next start.
func TestD3KilledDisconnectionIsFinishedAfterTheNextStart(t *testing.T) {
	t.Parallel()
	if !desktop.Own(t, desktop.Options{Keyring: true}) {
		return
	}
	const both = 2 // the refresh token and the access token
	w := newWorld(t)
	w.connect()
	for _, step := range []struct {
		point string
		told  int // revocations by the killed process
	}{{"disconnect-saved", 0}, {"revocation-answered", both}} {
		before := w.revocations()
		w.kill(step.point, "disconnect", "Peer", "--yes")
		if n := w.revocations() - before; n != step.told {
			t.Errorf("%s: the provider was told %d times", step.point, n)
		}
		if r := w.run(nil, "", "list", "--json"); strings.Contains(r.out, `"status": "connected"`) || !strings.Contains(r.out, `"status": "paused"`) {
			t.Errorf("%s: of a login that was given back it says %s", step.point, r.out)
		}
		w.later(time.Hour)
		win := w.openWindow()
		// The provider hears of it before Relink knows that it did; a window that ends between the two tells it once more later.
		known := func() bool { return !strings.Contains(w.run(nil, "", "activity").out, "does not know yet") }
		for end := time.Now().Add(30 * time.Second); (w.revocations()-before < step.told+both || !known()) && time.Now().Before(end); {
			win.order("check") // and time passes
			win.rows()
		}
		win.close()
		if n := w.revocations() - before; n != step.told+both {
			t.Errorf("%s: the provider was told %d times in all", step.point, n)
		}
		if r := w.run(nil, "", "activity"); strings.Contains(r.out, "does not know yet") {
			t.Errorf("%s: it is still to be told:\n%s", step.point, r.out)
		}
		if r := w.run(nil, peers.Secret+"\n", "reconnect", "Peer", "--secret-stdin"); r.code != 0 {
			t.Fatalf("%s: reconnect: exit code %d\n%s", step.point, r.code, r.out)
		}
		w.wantAlive(step.point)
	}
	w.wantNoSecret()
}
