//go:build linux

package proof_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"relink/build/canary"
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
	w.crash(win)
	w.wantNoSecret()
	var repairs, browsers int
	for _, p := range w.seen {
		w.wantClean("a process's arguments", []byte(p.argv))
		w.wantClean("a process's environment", []byte(p.environ))
		if strings.Contains(p.argv, "redirect_uri=") {
			browsers++
		} else if strings.Contains(p.argv, "reconnect") {
			repairs++
		}
	}
	if repairs == 0 || browsers == 0 {
		t.Errorf("%d looks at running processes saw the repair %d times and the browser %d times", len(w.seen), repairs, browsers)
	}
}

// A build that leaks is caught, which proves the scanner.
func TestS1LeakIsFound(t *testing.T) {
	t.Parallel()
	if !desktop.Own(t, desktop.Options{Keyring: true}) {
		return
	}
	w := newWorld(t)
	w.connect()
	win := w.openWindow()
	win.order("leak")
	win.close()
	found := ""
	for secret, what := range w.secrets {
		if canary.Find([]byte(win.stderr()), secret) != "" {
			found += what + " "
		}
	}
	if !strings.Contains(found, "access_token") {
		t.Errorf("of a log with the access token the scanner found: %q", found)
	}
}

// Secrets come from a prompt or from standard input: there is no argument for one, and none is taken.
func TestS3SecretsAreNoArgumentsAndProgramsInheritNothingOfOurs(t *testing.T) {
	t.Parallel()
	if !desktop.Own(t, desktop.Options{Keyring: true}) {
		return
	}
	w := newWorld(t)
	w.watch = true
	sent, _ := w.refreshes()
	for _, args := range [][]string{
		{"--set", "client_secret=" + peers.Secret}, {"--secret", peers.Secret}, {"--password=" + peers.Secret}, {"--client-secret", peers.Secret}, {"--token=" + peers.Secret},
	} {
		r := w.run(nil, "", append([]string{"add", "peer", "--name", "Peer", "--set", "client_id=" + peers.Client}, args...)...)
		if r.code != 2 {
			t.Errorf("%s: exit code %d\n%s", args[0], r.code, r.out)
		}
		if canary.Find([]byte(r.out), peers.Secret) != "" {
			t.Errorf("%s: the secret is printed:\n%s", args[0], r.out)
		}
	}
	if n, _ := w.refreshes(); n != sent || len(w.peer.Log(t)) != 0 {
		t.Errorf("something was sent: %v", w.peer.Log(t))
	}
	w.connect()
	browsers := 0
	for _, p := range w.seen {
		if strings.Contains(p.argv, "redirect_uri=") {
			browsers++
			if strings.Contains(p.environ, "RELINK_") {
				t.Errorf("the browser inherits %q", p.environ)
			}
		}
	}
	if browsers == 0 {
		t.Error("no browser was seen")
	}
}

// What a hostile server words becomes neither a line of the log, nor a command to the terminal, nor long.
func TestS6ServersWordsForgeNoLineOfTheLog(t *testing.T) {
	t.Parallel()
	if !desktop.Own(t, desktop.Options{Keyring: true}) {
		return
	}
	w := newWorld(t)
	w.connect()
	const forged = "time=2026-01-01T00:00:00Z level=INFO msg=\"login ok\""
	for name, filler := range map[string]int{"short": 0, "long": 40 << 10, "five megabytes": 5 << 20} {
		w.instead(func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Content-Type", "application/json")
			rw.WriteHeader(http.StatusBadRequest)
			words, _ := json.Marshal("no\r\n" + forged + "\n\x1b]0;owned\x07\x1b[31mred\u202egnirts" + strings.Repeat("w", filler))
			fmt.Fprintf(rw, `{"error":"temporarily_unavailable\nlevel=INFO","error_description":%s}`, words)
		})
		w.expire()
		r := w.run(nil, "", "--verbose", "check", "Peer")
		if r.code != 10 {
			t.Errorf("%s: exit code %d", name, r.code)
		}
		for line := range strings.Lines(r.out) {
			if strings.ContainsAny(line, "\x1b\x07\r\u202e") || strings.HasPrefix(line, "time=2026-01-01T00:00:00Z") || len(line) > 2<<10 {
				t.Errorf("%s: a line of %d bytes: %.200q", name, len(line), line)
			}
		}
	}
	w.wantNoSecret()
}

// crash ends the window as a bug would, and looks at what that leaves behind.
func (w *world) crash(win *window) {
	w.t.Helper()
	w.wantLimits(win.cmd.Process.Pid)
	win.order("crash")
	if !win.said.Scan() || win.said.Text() != "crashing" {
		w.t.Fatalf("it did not crash: %s", win.stderr())
	}
	_ = win.cmd.Wait() // by a signal
	trace := win.stderr()
	if win.cmd.ProcessState.Success() || !strings.Contains(trace, "panic: a bug, with 1 grants in memory") || !strings.Contains(trace, "goroutine ") {
		w.t.Errorf("that is no crash: %s\n%.300s", win.cmd.ProcessState, trace)
	}
	w.wantClean("the crash's output", []byte(trace))
	if cores, _ := filepath.Glob(filepath.Join(w.folder, "*core*")); len(cores) > 0 {
		w.t.Errorf("the crash left %v", cores)
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

// process is a running program, as another one of the same person sees it.
type process struct{ argv, environ string }

// look reads the arguments and the environment of every process that belongs to the program. It is called
// while secrets are on their way.
func (w *world) look() {
	entries, _ := filepath.Glob("/proc/[0-9]*")
	for _, entry := range entries {
		argv, _ := os.ReadFile(filepath.Join(entry, "cmdline"))
		environ, _ := os.ReadFile(filepath.Join(entry, "environ"))
		if strings.Contains(string(environ), w.folder) || strings.Contains(string(argv), filepath.Dir(os.Getenv(programKey))) {
			w.mu.Lock()
			w.seen = append(w.seen, process{string(argv), string(environ)})
			w.mu.Unlock()
		}
	}
}
