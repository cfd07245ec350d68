//go:build linux

package proof_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"relink/build/desktop"
	"relink/build/peers"
)

// Every flow that handles a secret, with everybody looking on who may: the process list, the environment
// of each process, the data folder, what was printed, and what a crash prints.
func TestS1NoSecretIsSeenFromOutside(t *testing.T) {
	t.Parallel()
	if !desktop.Own(t, desktop.Options{Keyring: true}) {
		return
	}
	w := newWorld(t)
	w.watch = true
	w.connect()
	w.note("client secret that was typed wrongly", "CNRY-wrong-secret-fedcba9876543210")
	if r := w.run(nil, "CNRY-wrong-secret-fedcba9876543210\n", "add", "peer", "--name", "Wrong", "--set", "client_id="+peers.Client, "--secret-stdin"); r.code != 11 {
		t.Errorf("a wrong client secret: exit code %d\n%s", r.code, r.out)
	}
	win := w.openWindow("--verbose")
	w.expire()
	win.order("check")
	if rows := win.rows(); len(rows) != 1 || rows[0].Status != "connected" {
		t.Errorf("the window shows %+v", rows)
	}
	for _, args := range [][]string{{"reconnect", "Peer"}, {"show", "Peer"}, {"list", "--json"}, {"doctor"}, {"status", "--json"}, {"--verbose", "check"}} {
		if r := w.run(nil, "", args...); r.code == 1 || r.code == 2 {
			t.Errorf("%s: exit code %d\n%s", args, r.code, r.out)
		}
	}
	w.peer.RevokeAll(t)
	w.expire()
	if got := w.checked("Peer"); got.Status != "needs_reauthorization" {
		t.Errorf("revoked: %+v", got)
	}
	w.wantLimits(win.cmd.Process.Pid)
	win.order("crash")
	if !win.said.Scan() || win.said.Text() != "crashing" {
		t.Fatalf("it did not crash: %s", win.stderr())
	}
	_ = win.cmd.Wait() // by a signal
	trace := win.stderr()
	if win.cmd.ProcessState.Success() || !strings.Contains(trace, "panic: a bug, with 1 grants in memory") || !strings.Contains(trace, "goroutine ") {
		t.Errorf("that is no crash: %s\n%.300s", win.cmd.ProcessState, trace)
	}
	w.wantClean("the crash's output", []byte(trace))
	if cores, _ := filepath.Glob(filepath.Join(w.folder, "*core*")); len(cores) > 0 {
		t.Errorf("the crash left %v", cores)
	}
	w.wantNoSecret()
	if w.looks < 10 {
		t.Errorf("only %d looks at running processes", w.looks)
	}
	w.wantClean("the process list", w.seen.Bytes())
	if !strings.Contains(w.seen.String(), "reconnect") || !strings.Contains(w.seen.String(), "redirect_uri=") {
		t.Error("the looks at running processes saw neither the repair nor the browser")
	}
}

// wantLimits wants a process whose memory the system writes to no file.
func (w *world) wantLimits(pid int) {
	w.t.Helper()
	limits, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", pid))
	check(w.t, err)
	for line := range strings.Lines(string(limits)) {
		if rest, ok := strings.CutPrefix(line, "Max core file size"); ok && strings.Join(strings.Fields(rest), " ") != "0 0 bytes" {
			w.t.Errorf("S-1: core files are allowed: %s", line)
		}
	}
	filter, err := os.ReadFile(fmt.Sprintf("/proc/%d/coredump_filter", pid))
	if mask, _ := strconv.ParseUint(strings.TrimSpace(string(filter)), 16, 32); err != nil || mask != 0 {
		w.t.Errorf("S-1: a core may hold %s, %v", filter, err)
	}
}

// look reads the arguments and the environment of every process that belongs to the program, as another
// program of the same person can. It is called while secrets are on their way.
func (w *world) look() {
	entries, _ := filepath.Glob("/proc/[0-9]*")
	for _, entry := range entries {
		argv, _ := os.ReadFile(filepath.Join(entry, "cmdline"))
		environ, _ := os.ReadFile(filepath.Join(entry, "environ"))
		if strings.Contains(string(environ), w.folder) || strings.Contains(string(argv), filepath.Dir(os.Getenv(programKey))) {
			w.mu.Lock()
			w.looks++
			w.seen.Write(append(append(argv, '\n'), append(environ, '\n')...))
			w.mu.Unlock()
		}
	}
}
