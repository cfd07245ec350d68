//go:build linux

package proof_test

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"relink/build/desktop"
)

// Yesterday's data folder comes back over today's keychain: what it says about the grant is no longer so,
// and no token is sent on the strength of it.
func TestR11RestoredFolderReplaysNoSpentToken(t *testing.T) {
	t.Parallel()
	if !desktop.Own(t, desktop.Options{Keyring: true}) {
		return
	}
	w := newWorld(t)
	w.connect()
	data, copied := filepath.Join(w.folder, "data"), filepath.Join(w.folder, "copy")
	check(t, os.CopyFS(copied, os.DirFS(data)))
	for range 3 {
		w.expire()
		if got := w.checked("Peer"); got.Status != "connected" {
			t.Fatalf("%+v", got)
		}
	}
	check(t, os.RemoveAll(data))
	check(t, os.Rename(copied, data))
	closed(t, data)
	before, _ := w.refreshes()
	w.expire()
	got := w.checked("Peer")
	if got.Cause != "this_computer" || got.Status != "needs_reauthorization" || got.Next != "reconnect" {
		t.Errorf("of a folder that is older than the keychain it says %+v", got)
	}
	if sent, _ := w.refreshes(); sent != before {
		t.Errorf("%d refresh requests were sent", sent-before)
	}
	if r := w.run(nil, "CNRY-peer-secret-0123456789abcdef\n", "reconnect", "Peer", "--secret-stdin"); r.code != 0 {
		t.Fatalf("reconnect: exit code %d\n%s", r.code, r.out)
	}
	w.wantAlive("after the restored folder")
}

// closed makes the copy as private as the original was.
func closed(t *testing.T, folder string) {
	t.Helper()
	check(t, filepath.WalkDir(folder, func(path string, d os.DirEntry, err error) error {
		mode := os.FileMode(0o600)
		if err == nil && d.IsDir() {
			mode = 0o700
		}
		if err == nil {
			err = os.Chmod(path, mode)
		}
		return err
	}))
}

// The server's word on a token is advice; what counts is whether the API takes it. So nobody asks for it,
// and no token is shown to an endpoint that need not see it.
func TestD4VerdictIsTheAPIsAndNoTokenIsIntrospected(t *testing.T) {
	t.Parallel()
	if !desktop.Own(t, desktop.Options{Keyring: true}) {
		return
	}
	w := newWorld(t)
	w.connect()
	if got := w.checked("Peer"); got.Status != "connected" {
		t.Errorf("%+v", got)
	}
	w.peer.RevokeAll(t) // long before the access token's stated end
	w.later(5 * time.Minute)
	if got := w.checked("Peer"); got.Status != "needs_reauthorization" {
		t.Errorf("of a token that the API refuses it says %+v", got)
	}
	for _, e := range w.peer.Log(t) {
		if e.Path != "/token" {
			t.Errorf("D-4: %s was asked: %+v", e.Path, e)
		}
	}
}

// A process that stands still in the midst of a renewal holds the grant's lock. The others wait half a
// minute, say that the grant is busy, and send nothing.
func TestR8ProcessThatStandsStillLetsNobodyRenewBesideIt(t *testing.T) {
	if os.Getenv("RELINK_LONG") == "" {
		t.Skip("waits for the lock's whole patience: RELINK_LONG=1 runs it")
	}
	t.Parallel()
	if !desktop.Own(t, desktop.Options{Keyring: true, Patience: 2 * time.Minute}) {
		return
	}
	w := newWorld(t)
	w.connect()
	w.expire()
	arrived, goOn := make(chan struct{}), make(chan struct{})
	w.instead(func(rw http.ResponseWriter, r *http.Request) {
		w.instead(nil)
		close(arrived)
		<-goOn
		w.relay(rw, r)
	})
	still := w.command(nil, "check", "Peer")
	var said bytes.Buffer
	still.Stdout, still.Stderr = &said, &said
	check(t, still.Start())
	<-arrived
	check(t, still.Process.Signal(syscall.SIGSTOP))
	began := time.Now()
	r := w.run(nil, "", "check", "Peer")
	if took := time.Since(began); r.code != 1 || !strings.Contains(r.out, "Another part of Relink is working with this login") || took < 25*time.Second || took > 45*time.Second {
		t.Errorf("beside a process that stands still: exit code %d after %s\n%s", r.code, took, r.out)
	}
	if sent, _ := w.refreshes(); sent != 0 {
		t.Errorf("%d refresh requests passed it", sent)
	}
	check(t, still.Process.Signal(syscall.SIGCONT))
	close(goOn)
	_ = still.Wait()
	if r := w.ended(still, said.Bytes()); r.code == 1 || r.killed {
		t.Errorf("the process that stood still: exit code %d\n%s", r.code, r.out)
	}
}
