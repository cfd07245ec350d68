//go:build unix

// Package desktop answers what a test sees on a desktop of its own: a session bus, a home folder and a
// keyring that nobody else uses.
//
// # Why
// The states of a desktop (no bus, a bus without a keychain, a locked one, one that hangs) cannot be made
// inside a process that has a bus already: libraries read the bus's address once. So a test runs a second
// time, in a process that this package starts with the desktop it asked for.
//
// # How
//
//	func TestSomething(t *testing.T) {
//		if desktop.Own(t, desktop.Options{Keyring: true}) {
//			… // runs on the desktop
//		}
//	}
package desktop

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Bus is the session bus that a desktop has.
type Bus int

// The session buses.
const (
	Activating Bus = iota // starts the services that are installed, as a real one does
	Bare                  // starts none by itself, so that a test knows who is there
	BarePanel             // starts those of the session only, which a panel cannot do without
	None                  // there is no bus
)

// Options are what a test wants of its desktop.
type Options struct {
	Bus      Bus
	Keyring  bool          // gnome-keyring, unlocked, from the beginning
	Programs []string      // that must be installed, besides those of the bus and the keyring
	Env      []string      // NAME=value, over what the desktop sets
	Patience time.Duration // for the whole test; 2 min when 0
}

const (
	childKey = "RELINK_TEST_DESKTOP" // names the test that runs on its own desktop
	grace    = 5 * time.Second       // from the end of the test's own time to that of its process
)

// busConfig is a session bus that cannot start services, or those of a folder that %s names.
const busConfig = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen>%s<policy context="default">
<allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>`

// packages are the Debian packages of the programs that desktops are made of.
func packages() map[string]string {
	return map[string]string{"dbus-run-session": "dbus-daemon", "dbus-daemon": "dbus-daemon", "gnome-keyring-daemon": "gnome-keyring",
		"Xvfb": "xvfb", "dunst": "dunst", "dunstctl": "dunst", "xfce4-panel": "xfce4-panel"}
}

// Own says whether the test runs on its own desktop already. If not, it runs this very test again on one,
// in a new process, and passes on how that ended. Where RELINK_NO_DESKTOP=1 the test is skipped.
func Own(t *testing.T, o Options) bool {
	t.Helper()
	if os.Getenv(childKey) == t.Name() {
		if o.Keyring {
			StartKeyring(t)
		}
		return true
	}
	mayRun(t, o)
	if o.Patience == 0 {
		o.Patience = 2 * time.Minute
	}
	home, err := os.MkdirTemp("", "rl") // short: a socket's path has 108 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(home) })
	room := filepath.Join(home, "run")
	if err := os.Mkdir(room, 0o700); err != nil {
		t.Fatal(err)
	}
	args := append(front(t, o.Bus), os.Args[0], "-test.run", pattern(t.Name()), "-test.v", "-test.timeout", o.Patience.String())
	ctx, cancel := context.WithTimeout(context.Background(), o.Patience+grace)
	defer cancel()
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	// The whole group ends with the test: the bus, and what was started on it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = grace
	cmd.Env = append(environment(), "HOME="+home, "XDG_RUNTIME_DIR="+room, "NO_AT_BRIDGE=1", "LANG=C.UTF-8", childKey+"="+t.Name())
	cmd.Env = append(cmd.Env, o.Env...)
	out, err := cmd.CombinedOutput()
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM)
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Fatalf("on a desktop of its own: %v\n%s", err, out)
	}
	t.Logf("%s", out)
	return false
}

// pattern selects one test, and a subtest by its path.
func pattern(name string) string { return "^" + strings.ReplaceAll(name, "/", "$/^") + "$" }

// front is the command that puts a session bus around another one.
func front(t *testing.T, bus Bus) []string {
	t.Helper()
	switch bus {
	case Bare:
		return []string{"dbus-run-session", "--config-file=" + Config(t, ""), "--"}
	case BarePanel:
		return []string{"dbus-run-session", "--config-file=" + Config(t, "<standard_session_servicedirs/>"), "--"}
	case None:
		return nil
	case Activating:
	}
	return []string{"dbus-run-session", "--"}
}

// Config writes the configuration of a session bus that starts only the services named there.
func Config(t *testing.T, services string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "bus.conf")
	if err := os.WriteFile(path, fmt.Appendf(nil, busConfig, services), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// environment is the surroundings of this process without those of its desktop.
func environment() []string {
	own := []string{"HOME", "DISPLAY", "WAYLAND_DISPLAY", "LANG", "LANGUAGE"}
	return slices.DeleteFunc(os.Environ(), func(pair string) bool {
		name, _, _ := strings.Cut(pair, "=")
		return slices.Contains(own, name) || strings.HasPrefix(name, "XDG_") || strings.HasPrefix(name, "DBUS_") || strings.HasPrefix(name, "LC_")
	})
}

// mayRun skips or fails a test whose programs are not there.
func mayRun(t *testing.T, o Options) {
	t.Helper()
	if runtime.GOOS != "linux" || os.Getenv("RELINK_NO_DESKTOP") == "1" {
		t.Skip("no desktop of its own: not on Linux, or RELINK_NO_DESKTOP=1")
	}
	programs := slices.Clone(o.Programs)
	if o.Bus != None {
		programs = append(programs, "dbus-run-session", "dbus-daemon")
	}
	if o.Keyring {
		programs = append(programs, "gnome-keyring-daemon")
	}
	var missing []string
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			missing = append(missing, packages()[p])
		}
	}
	if len(missing) > 0 {
		t.Fatalf("install these Debian packages, or set RELINK_NO_DESKTOP=1: %s", strings.Join(missing, " "))
	}
}
