//go:build linux

// Package proof_test answers what is left of a grant when things go wrong between processes: two that renew
// at once, one that is killed at any step, a keychain that is locked or damaged. It runs the real command
// line and the window's parts as processes, over a real keyring and an OAuth server that nobody of this
// project wrote, and looks at what arrived there.
package proof_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"relink/build/canary"
	"relink/build/peers"
)

// programKey names the program under test, for the processes that this one starts.
const programKey = "RELINK_TEST_PROGRAM"

// TestMain builds the program once, with the fault points in it.
func TestMain(m *testing.M) {
	if os.Getenv(programKey) != "" {
		os.Exit(m.Run())
	}
	folder, err := os.MkdirTemp("", "relink-proof-")
	if err == nil {
		err = build(filepath.Join(folder, "relink"))
	}
	code := 1
	if err != nil {
		os.Stderr.WriteString(err.Error() + "\n")
	} else {
		code = m.Run()
	}
	_ = os.RemoveAll(folder)
	os.Exit(code)
}

func build(path string) error {
	out, err := exec.Command("go", "build", "-tags", "faultpoints", "-o", path, "./program").CombinedOutput()
	if err != nil {
		return errors.New("build the program: " + err.Error() + "\n" + string(out))
	}
	// The browser is the same program by another name.
	return errors.Join(os.Symlink(path, filepath.Join(filepath.Dir(path), "browser")), os.Setenv(programKey, path))
}

// rounds is how often a proof is repeated: short in every run of the tests, long with RELINK_LONG=1.
func rounds(short, long int) int {
	if os.Getenv("RELINK_LONG") != "" {
		return long
	}
	return short
}

// patience is how long a test on a desktop of its own may take, for that many rounds.
func patience(rounds int) time.Duration { return 2*time.Minute + time.Duration(rounds)*10*time.Second }

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// world is one data folder of Relink, a peer that its integration is connected to, and a person who consents.
type world struct {
	t       *testing.T
	peer    *peers.Peer
	folder  string // with data, clock, and what the programs said
	consent string // where the browser hands an address to
	ahead   time.Duration

	mu      sync.Mutex
	secrets map[string]string // every secret that crossed the wire, with what it is
	said    bytes.Buffer      // by all programs
	watch   bool              // look at the running processes, too
	seen    []process         // running ones
	answer  http.HandlerFunc  // in the token endpoint's place, unless nil
}

// newWorld starts a peer and writes a provider for it.
func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, peer: peers.Start(t, peers.Options{}), folder: t.TempDir(), secrets: map[string]string{}}
	w.note("client secret", peers.Secret)
	wire := httptest.NewServer(http.HandlerFunc(w.relay))
	t.Cleanup(wire.Close)
	person := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if w.watch {
			w.look() // the browser is running, and the program waits
		}
		// A killed program does not take the redirect any more.
		_ = w.peer.Consent(r.Context(), r.FormValue("url"), peers.Decision{})
	}))
	t.Cleanup(person.Close)
	w.consent = person.URL
	provider := filepath.Join(w.folder, "data", "providers", "peer")
	check(t, os.MkdirAll(provider, 0o700))
	check(t, os.Chmod(filepath.Join(w.folder, "data"), 0o700))
	check(t, os.WriteFile(filepath.Join(provider, "provider.yaml"), w.peer.ProviderYAML(peers.Provider{TokenURL: wire.URL}), 0o600))
	w.later(0)
	return w
}

func (w *world) note(what, secret string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.secrets[secret] = what
}

// relay is the way to the token endpoint. It takes its time, so that those who come together meet there,
// and knows afterwards every secret that went over it.
func (w *world) relay(rw http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	form, _ := url.ParseQuery(string(body))
	for _, name := range []string{"code", "code_verifier", "refresh_token", "client_secret"} {
		if form.Has(name) {
			w.note(name, form.Get(name))
		}
	}
	if form.Get("grant_type") == "password" {
		w.t.Error("L-17: a password was sent to the token endpoint")
	}
	w.mu.Lock()
	instead := w.answer
	w.mu.Unlock()
	if instead != nil {
		instead(rw, r)
		return
	}
	req, _ := http.NewRequestWithContext(context.WithoutCancel(r.Context()), r.Method, w.peer.TokenURL(), bytes.NewReader(body))
	req.Header = r.Header.Clone()
	resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	defer resp.Body.Close()
	answer, _ := io.ReadAll(resp.Body)
	var token map[string]any
	if json.Unmarshal(answer, &token) == nil {
		for _, name := range []string{"access_token", "refresh_token", "id_token"} {
			if s, ok := token[name].(string); ok {
				w.note(name, s)
			}
		}
	}
	if w.watch {
		w.look() // a token is on its way
	}
	select {
	case <-time.After(200 * time.Millisecond):
	case <-r.Context().Done():
	}
	rw.Header().Set("Content-Type", resp.Header.Get("Content-Type"))
	rw.WriteHeader(resp.StatusCode)
	_, _ = rw.Write(answer)
}

// instead lets answer take the token endpoint's place; nil gives it back.
func (w *world) instead(answer http.HandlerFunc) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answer = answer
}

// later moves the clock of all programs ahead.
func (w *world) later(d time.Duration) {
	w.t.Helper()
	w.ahead += d
	path := filepath.Join(w.folder, "clock")
	check(w.t, os.WriteFile(path+".new", []byte(strconv.Itoa(int(w.ahead/time.Second))), 0o600))
	check(w.t, os.Rename(path+".new", path)) // at once, for those who read it now
}

// expire brings the access token to its end.
func (w *world) expire() { w.later(61 * time.Minute) }

// command is a run of the program; env comes after what every run has.
func (w *world) command(env []string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(w.t.Context(), os.Getenv(programKey), args...)
	cmd.Dir = w.folder
	cmd.Env = append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "XDG_RUNTIME_DIR=" + os.Getenv("XDG_RUNTIME_DIR"), "LANG=en_US.UTF-8",
		"DBUS_SESSION_BUS_ADDRESS=" + os.Getenv("DBUS_SESSION_BUS_ADDRESS"), "RELINK_DATA_DIR=" + filepath.Join(w.folder, "data"),
		"RELINK_TEST_CLOCK=" + filepath.Join(w.folder, "clock"), "TEST_CONSENT=" + w.consent,
		"BROWSER=" + filepath.Join(filepath.Dir(os.Getenv(programKey)), "browser"), "GOTRACEBACK=crash",
	}, env...)
	return cmd
}

// ran is how a run of the program ended.
type ran struct {
	out    string // both streams
	code   int
	killed bool // by a fault point
}

// run runs the program to its end.
func (w *world) run(env []string, stdin string, args ...string) ran {
	w.t.Helper()
	cmd := w.command(env, args...)
	cmd.Stdin = strings.NewReader(stdin)
	cmd.WaitDelay = 5 * time.Second
	slow := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Signal(syscall.SIGQUIT) }) // and says where it hangs
	defer slow.Stop()
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		w.t.Fatal(err)
	}
	return w.ended(cmd, out)
}

// ended keeps what a program said for the canary.
func (w *world) ended(cmd *exec.Cmd, out []byte) ran {
	w.mu.Lock()
	w.said.Write(out)
	w.mu.Unlock()
	status, _ := cmd.ProcessState.Sys().(syscall.WaitStatus)
	return ran{out: string(out), code: cmd.ProcessState.ExitCode(), killed: status.Signaled() && status.Signal() == syscall.SIGKILL}
}

// connect adds the integration "Peer".
func (w *world) connect() {
	w.t.Helper()
	if r := w.run(nil, peers.Secret+"\n", "add", "peer", "--name", "Peer", "--set", "client_id="+peers.Client, "--secret-stdin"); r.code != 0 {
		w.t.Fatalf("add: exit code %d\n%s", r.code, r.out)
	}
}

// row is what the program says about an integration, as JSON.
type row struct {
	Name    string `json:"name"`
	Status  string `json:"status"`
	Verdict string `json:"verdict"`
	Cause   string `json:"cause"`
	Rule    string `json:"rule"`
	Next    string `json:"next"`
}

// checked checks one integration in a new process and returns what it says then.
func (w *world) checked(name string, env ...string) row {
	w.t.Helper()
	r := w.run(env, "", "check", "--json", name)
	var o struct {
		Rows []row `json:"rows"`
	}
	if err := json.NewDecoder(strings.NewReader(r.out)).Decode(&o); err != nil || len(o.Rows) != 1 {
		w.t.Fatalf("check %s: exit code %d, %v\n%s", name, r.code, err, r.out)
	}
	if green := r.code == 0; green != (o.Rows[0].Status == "connected") {
		w.t.Errorf("exit code %d, status %s", r.code, o.Rows[0].Status)
	}
	return o.Rows[0]
}

// refreshes is what the peer answered to refresh requests so far.
func (w *world) refreshes() (sent, refused int) {
	w.t.Helper()
	for _, e := range w.peer.Refreshes(w.t) {
		sent++
		if e.Error != "" {
			refused++
		}
	}
	return sent, refused
}

// wantNoSecret is the canary of S-1: nothing that crossed the wire may lie in the data folder or in what
// the programs said.
func (w *world) wantNoSecret() {
	w.t.Helper()
	w.mu.Lock()
	said := map[string][]byte{"what the programs said": w.said.Bytes()}
	w.mu.Unlock()
	err := filepath.WalkDir(w.folder, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			said[path], err = os.ReadFile(path)
		}
		return err
	})
	check(w.t, err)
	for where, content := range said {
		w.wantClean(where, content)
	}
}

// wantClean wants no secret in the content.
func (w *world) wantClean(where string, content []byte) {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.secrets) < 4 {
		w.t.Fatalf("S-1: only %d secrets are known", len(w.secrets))
	}
	for secret, what := range w.secrets {
		if form := canary.Find(content, secret); form != "" {
			w.t.Errorf("S-1: %s holds the %s (%s)", where, what, form)
		}
	}
}
