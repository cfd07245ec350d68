package alert

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"relink/build/desktop"
)

// onDesktop says whether the test runs on its own desktop already. If not, it runs the test again on
// one. Each test has its own process, because the tray's library keeps one icon per process. The bus
// starts no services by itself, so that a test knows who is there; only the panel cannot do without the
// service that keeps its settings.
func onDesktop(t *testing.T, programs ...string) bool {
	t.Helper()
	o := desktop.Options{Bus: desktop.Bare, Programs: programs, Patience: 90 * time.Second}
	if slices.Contains(programs, "xfce4-panel") {
		o.Bus = desktop.BarePanel
	}
	return desktop.Own(t, o)
}

// program starts a program of the desktop, and ends it with the test.
func program(t *testing.T, name string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(name, args...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { end(cmd) })
	return cmd
}

func end(cmd *exec.Cmd) {
	if cmd.ProcessState == nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
}

// screen starts a display server that chooses a free number for itself.
func screen(t *testing.T) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", "800x600x24", "-nolisten", "tcp")
	cmd.ExtraFiles = []*os.File{w}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { end(cmd) })
	_ = w.Close()
	line, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		t.Fatalf("the display server did not come up: %v", err)
	}
	t.Setenv("DISPLAY", ":"+strings.TrimSpace(line))
}

// bus connects to the desktop's session bus.
func bus(t *testing.T) *dbus.Conn {
	t.Helper()
	conn, err := connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// within waits for a value, and fails the test when none comes.
func within[T any](t *testing.T, what string, from <-chan T) T {
	t.Helper()
	var v T
	select {
	case v = <-from:
	case <-time.After(60 * time.Second):
		t.Fatalf("%s: nothing within 60 s", what)
	}
	return v
}

// until waits for somebody to own a name.
func until(t *testing.T, conn *dbus.Conn, name string) {
	t.Helper()
	signals, err := watchOwner(t.Context(), conn, name)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.RemoveSignal(signals)
	for !owned(t.Context(), conn, name) {
		within(t, name+" to come", signals)
	}
}

// watcher stands where a panel stands: it takes the registrations of tray icons.
type watcher struct {
	conn  *dbus.Conn
	items chan dbus.ObjectPath
	from  chan dbus.Sender
}

// RegisterStatusNotifierItem is called by an application that has an icon to show.
func (w *watcher) RegisterStatusNotifierItem(sender dbus.Sender, path string) *dbus.Error {
	w.from <- sender
	w.items <- dbus.ObjectPath(path)
	return nil
}

// Get answers for the one property that an application asks a watcher for.
func (w *watcher) Get(iface, property string) (dbus.Variant, *dbus.Error) {
	if iface == watcherName && property == "IsStatusNotifierHostRegistered" {
		return dbus.MakeVariant(true), nil
	}
	return dbus.Variant{}, dbus.MakeFailedError(fmt.Errorf("no property %s", property))
}

// watch starts a watcher on a connection of its own; closing the connection is its end.
func watch(t *testing.T) *watcher {
	t.Helper()
	w := &watcher{conn: bus(t), items: make(chan dbus.ObjectPath, 4), from: make(chan dbus.Sender, 4)}
	if err := w.conn.Export(w, watcherPath, watcherName); err != nil {
		t.Fatal(err)
	}
	if err := w.conn.Export(w, watcherPath, "org.freedesktop.DBus.Properties"); err != nil {
		t.Fatal(err)
	}
	if r, err := w.conn.RequestName(watcherName, dbus.NameFlagDoNotQueue); err != nil || r != dbus.RequestNameReplyPrimaryOwner {
		t.Fatalf("become the watcher: %v %v", r, err)
	}
	return w
}
