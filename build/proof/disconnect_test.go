//go:build linux

package proof_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"relink/build/desktop"
	"relink/build/peers"
)

// A kill -9 at every step of a disconnection: once it is stored here, the grant is used no more, and the
// provider is told by whichever process runs next.
func TestD3KilledDisconnectionIsToldToTheProviderLater(t *testing.T) {
	t.Parallel()
	if !desktop.Own(t, desktop.Options{Keyring: true}) {
		return
	}
	w := newWorld(t)
	w.connect()
	for _, point := range []string{"disconnect-saved", "revocation-answered"} {
		before := w.revocations()
		w.kill(point, "disconnect", "Peer", "--yes")
		if r := w.run(nil, "", "check", "--json", "Peer"); r.code != 0 || !strings.Contains(r.out, `"rule": "disconnected"`) {
			t.Errorf("%s: exit code %d\n%s", point, r.code, r.out)
		}
		if r := w.run(nil, "", "token", "Peer"); r.code != 11 {
			t.Errorf("%s: handed out with code %d\n%s", point, r.code, r.out)
		}
		w.later(10 * time.Minute)
		if r := w.run(nil, "", "check"); r.code != 0 {
			t.Errorf("%s: later, exit code %d\n%s", point, r.code, r.out)
		}
		if n := w.untold(); n != 0 {
			t.Errorf("%s: %d providers are still to be told", point, n)
		}
		if n := w.revocations() - before; n < 2 {
			t.Errorf("%s: the peer was told of %d tokens, want both", point, n)
		}
		if left := desktop.Items(t); len(left) != 0 {
			t.Errorf("%s: the keyring keeps %v", point, left)
		}
		// The OAuth client's secret went with the login.
		if r := w.run(nil, peers.Secret+"\n", "reconnect", "Peer", "--secret-stdin"); r.code != 0 {
			t.Fatalf("%s: reconnect: exit code %d\n%s", point, r.code, r.out)
		}
		w.wantAlive(point)
	}
	w.wantNoSecret()
}

// revocations are how many tokens the peer took back so far.
func (w *world) revocations() int {
	w.t.Helper()
	n := 0
	for _, e := range w.peer.Log(w.t) {
		if strings.HasSuffix(e.Path, "/revocation") && e.Status == http.StatusOK {
			n++
		}
	}
	return n
}

// untold are how many providers are still to be told of a disconnection.
func (w *world) untold() int {
	w.t.Helper()
	var activity struct {
		Pending []json.RawMessage `json:"pending"`
	}
	r := w.run(nil, "", "activity", "--json")
	if err := json.Unmarshal([]byte(r.out), &activity); err != nil {
		w.t.Fatalf("%v\n%s", err, r.out)
	}
	return len(activity.Pending)
}
