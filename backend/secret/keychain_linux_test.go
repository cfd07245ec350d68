package secret

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

// The states of a desktop's keychain are made real: every test below starts this binary again,
// with its own home folder and its own session bus, and runs the functions named inside… there.

const inside = "RELINK_TEST_INSIDE" // names the scenario in the second run

// rerun runs one scenario in a second process. The command in front is dbus-run-session with its
// arguments, or nothing for a desktop without a bus.
func rerun(t *testing.T, scenario string, front ...string) {
	t.Helper()
	if os.Getenv("RELINK_NO_DESKTOP") == "1" {
		t.Skip("RELINK_NO_DESKTOP=1: no keychain service on this machine")
	}
	for _, tool := range []string{"dbus-run-session", "gnome-keyring-daemon"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Fatalf("%s is missing: install the Debian packages dbus and gnome-keyring, or set RELINK_NO_DESKTOP=1 on a machine without a desktop", tool)
		}
	}
	home, err := os.MkdirTemp("", "rl") // short: a socket's path has 108 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(home) })
	runtime := filepath.Join(home, "run")
	if err := os.Mkdir(runtime, 0o700); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	args := append(front, os.Args[0], "-test.run=^TestInside$", "-test.v")
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	// The whole group ends with the test, the bus and what was started on it too.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second
	cmd.Env = []string{"HOME=" + home, "XDG_RUNTIME_DIR=" + runtime, "PATH=" + os.Getenv("PATH"), inside + "=" + scenario}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if !bytes.Contains(out, []byte("--- PASS: TestInside/"+scenario)) {
		t.Fatalf("the scenario did not run:\n%s", out)
	}
	t.Logf("%s", out)
}

// noActivation is a session bus that cannot start services.
const noActivation = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>`

func bareBus(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "bus.conf")
	if err := os.WriteFile(path, []byte(noActivation), 0o600); err != nil {
		t.Fatal(err)
	}
	return "--config-file=" + path
}

func TestS10RealKeyring(t *testing.T)      { rerun(t, "keyring", "dbus-run-session", "--") }
func TestS10ActivatedService(t *testing.T) { rerun(t, "activated", "dbus-run-session", "--") }
func TestS10BusWithoutService(t *testing.T) {
	rerun(t, "no_service", "dbus-run-session", bareBus(t), "--")
}
func TestS10NoBusStartsNothing(t *testing.T) { rerun(t, "no_bus") }
func TestS10HangingService(t *testing.T)     { rerun(t, "hanging", "dbus-run-session", bareBus(t), "--") }
func TestS10UnlockDialog(t *testing.T)       { rerun(t, "dialog", "dbus-run-session", bareBus(t), "--") }

// TestInside is the second run.
func TestInside(t *testing.T) {
	scenarios := map[string]func(*testing.T){
		"keyring": insideKeyring, "activated": insideActivated, "no_service": insideNoService,
		"no_bus": insideNoBus, "hanging": insideHanging, "dialog": insideDialog,
	}
	name := os.Getenv(inside)
	if name == "" {
		t.Skip("run by the tests above")
	}
	t.Run(name, scenarios[name])
}

// everyCall wants the same error from every call that touches the keychain.
func everyCall(t *testing.T, want error) {
	t.Helper()
	v := NewKeychain("relink-test")
	calls := map[string]func() error{
		"ready":  func() error { return v.Ready(t.Context()) },
		"get":    func() error { _, err := v.Get(t.Context(), "grt_a/1"); return err },
		"set":    func() error { return v.Set(t.Context(), "grt_a/1", New("x")) },
		"delete": func() error { return v.Delete(t.Context(), "grt_a/1") },
	}
	results := make(chan string, len(calls))
	begin := time.Now()
	for name, call := range calls {
		go func() {
			if err := call(); !errors.Is(err, want) {
				results <- fmt.Sprintf("%s: got %v, want %v", name, err, want)
				return
			}
			results <- ""
		}()
	}
	for range calls {
		if problem := <-results; problem != "" {
			t.Error(problem)
		}
	}
	if took := time.Since(begin); took > patience+time.Second {
		t.Errorf("took %v", took)
	}
}

// startKeyring starts gnome-keyring with its login collection unlocked, and ends it after the test.
func startKeyring(t *testing.T) {
	t.Helper()
	daemon := exec.Command("gnome-keyring-daemon", "--unlock", "--components=secrets", "--foreground")
	daemon.Stdin = strings.NewReader("test-pass")
	if err := daemon.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = daemon.Process.Kill() // ours
		_ = daemon.Wait()
	})
	awaitOwner(t)
}

// awaitOwner waits until somebody owns the name of the Secret Service.
func awaitOwner(t *testing.T) {
	t.Helper()
	conn := bus(t)
	signals := make(chan *dbus.Signal, 16)
	conn.Signal(signals)
	if err := conn.AddMatchSignal(dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg(0, serviceName)); err != nil {
		t.Fatal(err)
	}
	var owned bool
	if err := conn.BusObject().Call("org.freedesktop.DBus.NameHasOwner", 0, serviceName).Store(&owned); err != nil {
		t.Fatal(err)
	}
	for !owned {
		select {
		case <-signals:
			owned = true
		case <-time.After(20 * time.Second):
			t.Fatal("gnome-keyring did not come up")
		}
	}
}

func bus(t *testing.T) *dbus.Conn {
	t.Helper()
	conn, err := dbus.ConnectSessionBus()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// lock locks the login collection.
func lock(t *testing.T) {
	t.Helper()
	call := bus(t).Object(serviceName, servicePath).Call(serviceCalls+"Lock", 0, []dbus.ObjectPath{loginCollection})
	if call.Err != nil {
		t.Fatal(call.Err)
	}
}

// items returns the labels of what lies in the login collection.
func itemsInKeyring(t *testing.T) []dbus.ObjectPath {
	t.Helper()
	all, err := bus(t).Object(serviceName, loginCollection).GetProperty(collectionCalls + ".Items")
	if err != nil {
		t.Fatal(err)
	}
	return all.Value().([]dbus.ObjectPath)
}

func insideKeyring(t *testing.T) {
	startKeyring(t)
	v := NewKeychain("relink-test")
	t.Run("conforms", func(t *testing.T) { conform(t, v) })
	t.Run("an entry deleted by hand is missing, a chunk deleted by hand is corrupt", func(t *testing.T) {
		if err := v.Set(t.Context(), "grt_hand/1", New(strings.Repeat("x", 3000))); err != nil {
			t.Fatal(err)
		}
		system := systemItems{"relink-test"}
		if err := system.delete(t.Context(), "grt_hand/1#a1"); err != nil {
			t.Fatal(err)
		}
		if _, err := v.Get(t.Context(), "grt_hand/1"); !errors.Is(err, ErrCorrupt) {
			t.Errorf("got %v, want corrupt", err)
		}
		if err := system.delete(t.Context(), "grt_hand/1"); err != nil {
			t.Fatal(err)
		}
		if _, err := v.Get(t.Context(), "grt_hand/1"); !errors.Is(err, ErrMissing) {
			t.Errorf("got %v, want missing", err)
		}
	})
	t.Run("deleting leaves no item behind", func(t *testing.T) {
		before := len(itemsInKeyring(t))
		err := errors.Join(v.Set(t.Context(), "grt_gone/1", New(strings.Repeat("y", 4000))), v.Delete(t.Context(), "grt_gone/1"))
		if after := len(itemsInKeyring(t)); err != nil || after != before {
			t.Errorf("%d items before, %d after, %v", before, after, err)
		}
	})
	t.Run("locked", func(t *testing.T) {
		lock(t)
		everyCall(t, ErrLocked)
		if err := v.Unlock(t.Context()); !errors.Is(err, ErrRefused) && !errors.Is(err, ErrLocked) {
			t.Errorf("unlock without a display: %v", err)
		}
		everyCall(t, ErrLocked)
	})
}

// insideActivated has a bus that starts the service when it is called; nothing is in it yet.
func insideActivated(t *testing.T) {
	everyCall(t, ErrLocked)
	awaitOwner(t)
	var pid uint32
	if err := bus(t).BusObject().Call("org.freedesktop.DBus.GetConnectionUnixProcessID", 0, serviceName).Store(&pid); err != nil {
		t.Fatal(err)
	}
	daemon, err := os.FindProcess(int(pid)) // started by our bus, for us
	if err == nil {
		err = daemon.Kill()
	}
	if err != nil {
		t.Error(err)
	}
}

func insideNoService(t *testing.T) {
	everyCall(t, ErrAbsent)
	if err := NewKeychain("relink-test").Unlock(t.Context()); !errors.Is(err, ErrAbsent) {
		t.Errorf("unlock: %v", err)
	}
}

// insideNoBus puts a program in the place of the one that would start a daemon, and wants it unused.
func insideNoBus(t *testing.T) {
	dir := t.TempDir()
	trace := filepath.Join(dir, "started")
	script := "#!/bin/sh\ntouch " + trace + "\nexit 1\n"
	for _, name := range []string{"dbus-launch", "dbus-daemon", "gnome-keyring-daemon"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	everyCall(t, ErrAbsent)
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+filepath.Join(dir, "nobody"))
	everyCall(t, ErrAbsent)
	if _, err := os.Stat(trace); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("something was started: %v", err)
	}
}

// insideHanging owns the service's name and never answers.
func insideHanging(t *testing.T) {
	conn := bus(t)
	if _, err := conn.RequestName(serviceName, dbus.NameFlagDoNotQueue); err != nil {
		t.Fatal(err)
	}
	conn.Eavesdrop(make(chan *dbus.Message, 100)) // takes every message, and nobody reads them
	begin := time.Now()
	everyCall(t, ErrSlow)
	if took := time.Since(begin); took < patience {
		t.Errorf("gave up after %v", took)
	}
}
