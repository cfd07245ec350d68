package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// instanceKey is the environment variable that makes a test process act as one start of the window.
const instanceKey = "RELINK_INSTANCE_CHILD"

// TestInstanceChild is no test: it is what the processes that the tests here start run. The first
// one listens until its input ends, a later one hands over and leaves.
func TestInstanceChild(t *testing.T) {
	dir := os.Getenv(instanceKey)
	if dir == "" {
		t.Skip("started by the other tests")
	}
	instance, first, err := LockInstance(dir)
	if err != nil {
		t.Fatal(err)
	}
	if !first {
		_, err := RaiseFirst(t.Context(), dir, Raise{IntegrationID: fmt.Sprintf("int_%d", os.Getpid())})
		fmt.Println("second", err)
		return
	}
	if err := instance.Listen(func(r Raise) bool { fmt.Println("raised", r.IntegrationID); return true }); err != nil {
		t.Fatal(err)
	}
	fmt.Println("first")
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
	if err := instance.Close(); err != nil {
		t.Fatal(err)
	}
}

// window is one start of the window, in a process of its own.
type window struct {
	cmd   *exec.Cmd
	lines chan string
	stop  func() error
}

func startWindow(t *testing.T, dir string) *window {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run", "^TestInstanceChild$", "-test.timeout", "60s")
	cmd.Env = append(os.Environ(), instanceKey+"="+dir)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w := &window{cmd: cmd, lines: make(chan string, 64), stop: in.Close}
	go func() {
		defer close(w.lines)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			w.lines <- lines.Text()
		}
	}()
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	return w
}

// says waits for the next line that a window prints.
func (w *window) says(t *testing.T) string {
	t.Helper()
	select {
	case line := <-w.lines:
		return line
	case <-time.After(30 * time.Second):
		t.Fatal("the window says nothing")
	}
	return ""
}

func TestW6TwentySimultaneousStartsHaveOneOwner(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "fresh")
	var windows []*window
	for range 20 {
		windows = append(windows, startWindow(t, dir))
	}
	var owner *window
	later := 0
	for _, w := range windows {
		switch line := w.says(t); line {
		case "first":
			if owner != nil {
				t.Fatal("two owners")
			}
			owner = w
		case "second <nil>":
			later++
		default:
			t.Errorf("a start says %q", line)
		}
	}
	if owner == nil || later != 19 {
		t.Fatalf("owner %v, handed over %d times", owner != nil, later)
	}
	for range later {
		if line := owner.says(t); !strings.HasPrefix(line, "raised int_") {
			t.Errorf("the owner says %q", line)
		}
	}
}

func TestW6AKilledOwnerIsFollowedAtOnce(t *testing.T) {
	for _, dir := range []string{t.TempDir(), filepath.Join(t.TempDir(), strings.Repeat("a long folder name ", 8))} {
		for range 3 {
			w := startWindow(t, dir)
			if line := w.says(t); line != "first" {
				t.Fatalf("the start after a kill says %q", line)
			}
			if line := startWindow(t, dir).says(t); line != "second <nil>" {
				t.Errorf("a later start says %q", line)
			}
			if err := w.cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = w.cmd.Wait()
		}
	}
}

func TestAClosedWindowLeavesNoSocket(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	for _, dir := range []string{t.TempDir(), filepath.Join(t.TempDir(), strings.Repeat("long", 40))} {
		i := claim(t, dir, func(Raise) {})
		info, err := os.Stat(filepath.Join(dir, socketName))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("the socket's mode is %v", info.Mode())
		}
		if err := i.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Lstat(filepath.Join(dir, socketName)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the socket is still there: %v", err)
		}
		claim(t, dir, func(Raise) {}).Close()
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

// claim is a first window within the test's own process.
func claim(t *testing.T, dir string, raise func(Raise)) *Instance {
	t.Helper()
	i, first, err := LockInstance(dir)
	if err != nil || !first {
		t.Fatalf("first %v: %v", first, err)
	}
	if err := i.Listen(func(r Raise) bool { raise(r); return true }); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = i.Close() })
	return i
}

func TestW6AMessageOnlyNavigates(t *testing.T) {
	dir := t.TempDir()
	raised := make(chan Raise, 1)
	claim(t, dir, func(r Raise) { raised <- r })
	for _, id := range []string{"int 1", "../../etc", "<script>", "--flag;rm", strings.Repeat("x", 65), "int_1\n", "é"} {
		if _, err := RaiseFirst(t.Context(), dir, Raise{IntegrationID: id}); !errors.Is(err, ErrRaise) {
			t.Errorf("%q is handed over: %v", id, err)
		}
	}
	for _, message := range []string{"{\"integration\":\"../x\"}\n", "{\"integration\":7}\n", "garbage\n", "\n", strings.Repeat("x", 2*messageMax)} {
		if got := send(t, dir, message); got != "refused\n" && got != "" {
			t.Errorf("%.40q is answered with %q", message, got)
		}
	}
	select {
	case r := <-raised:
		t.Errorf("the window was raised with %+v", r)
	default:
	}
	if got := send(t, dir, "{\"integration\":\"int_1\",\"run\":\"something\"}\n"); got != "ok\n" || <-raised != (Raise{IntegrationID: "int_1"}) {
		t.Errorf("a good message is answered with %q", got)
	}
	if _, err := RaiseFirst(t.Context(), dir, Raise{}); err != nil || <-raised != (Raise{}) {
		t.Errorf("without an integration: %v", err)
	}
}

// send writes raw bytes to the window, as another program could.
func send(t *testing.T, dir, message string) string {
	t.Helper()
	conn, err := net.Dial("unix", filepath.Join(dir, socketName))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, _ = conn.Write([]byte(message))
	answer, _ := bufio.NewReader(conn).ReadString('\n')
	return answer
}

func TestRaiseFirstWaitsForAWindowThatIsStarting(t *testing.T) {
	dir := t.TempDir()
	i, first, err := LockInstance(dir)
	if err != nil || !first {
		t.Fatal(first, err)
	}
	t.Cleanup(func() { _ = i.Close() })
	raised := make(chan Raise, 1)
	handed := make(chan error, 1)
	go func() {
		_, err := RaiseFirst(t.Context(), dir, Raise{IntegrationID: "int_1"})
		handed <- err
	}()
	if err := i.Listen(func(r Raise) bool { raised <- r; return true }); err != nil {
		t.Fatal(err)
	}
	if err := <-handed; err != nil || <-raised != (Raise{IntegrationID: "int_1"}) {
		t.Error(err)
	}
}

func TestStartThatMeetsAWindowThatIsEndingTakesItsPlace(t *testing.T) {
	dir := t.TempDir()
	ending, first, err := LockInstance(dir)
	if err != nil || !first {
		t.Fatal(first, err)
	}
	asked := make(chan struct{}, 1000)
	if err := ending.Listen(func(Raise) bool { asked <- struct{}{}; return false }); err != nil {
		t.Fatal(err)
	}
	claimed := make(chan *Instance, 1)
	go func() {
		next, err := RaiseFirst(t.Context(), dir, Raise{})
		if err != nil {
			t.Error(err)
		}
		claimed <- next
	}()
	<-asked
	if err := ending.Close(); err != nil {
		t.Fatal(err)
	}
	next := <-claimed
	if next == nil {
		t.Fatal("the second start believes that a window was shown")
	}
	if _, again, err := LockInstance(dir); again || err != nil {
		t.Errorf("claimed twice: %v %v", again, err)
	}
	if err := next.Close(); err != nil {
		t.Error(err)
	}
}

func TestRestoreSaysThatAWindowIsOpen(t *testing.T) {
	dir := t.TempDir()
	claim(t, dir, func(Raise) {})
	var said strings.Builder
	env := Env{In: strings.NewReader(""), Out: io.Discard, Err: &said, Getenv: func(string) string { return "" }, Now: WallClock}
	if code := Run(t.Context(), []string{"restore", "--yes", "--data-dir", dir}, env); code != ExitError || !strings.Contains(said.String(), "A window of Relink is open") {
		t.Errorf("exit code %d: %s", code, said.String())
	}
}

func TestRaiseFirstGivesUpWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := RaiseFirst(ctx, t.TempDir(), Raise{}); !errors.Is(err, context.Canceled) {
		t.Errorf("nobody there: %v", err)
	}
}

func TestAnOccupiedLockFileThatIsAFolderIsAnError(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, lockName), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, _, err := LockInstance(dir); err == nil {
		t.Error("no error")
	}
}
