package alert

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/godbus/dbus/v5"
)

// busPatience is how long the session bus may take to answer.
const busPatience = 3 * time.Second

// freedesktop says whether tray and notifications go over a session bus here.
func freedesktop() bool { return runtime.GOOS != "windows" && runtime.GOOS != "darwin" }

// HasSessionBus says whether a session bus answers. Ask it before anything that would otherwise
// start a bus of its own: Wails' notifications, the tray. It is true where there is no need of one.
func HasSessionBus(ctx context.Context) bool {
	if !freedesktop() {
		return true
	}
	conn, err := connect(ctx)
	if err != nil {
		return false
	}
	return conn.Close() == nil
}

// connect opens a connection of our own, which ends with ctx: on the one that others share, signals
// meant for one of them break the other. It never starts a bus.
func connect(ctx context.Context) (*dbus.Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	limit := time.AfterFunc(busPatience, cancel)
	defer limit.Stop()
	conn, err := dbus.SessionBusPrivateNoAutoStartup(dbus.WithContext(ctx))
	if err != nil {
		cancel()
		return nil, fmt.Errorf("reach the session bus: %w", err)
	}
	if err := conn.Auth(nil); err != nil {
		cancel()
		return nil, fmt.Errorf("sign in to the session bus: %w", err)
	}
	if err := conn.Hello(); err != nil {
		cancel()
		return nil, fmt.Errorf("greet the session bus: %w", err)
	}
	context.AfterFunc(conn.Context(), cancel)
	return conn, nil
}

// owned says whether somebody has the name, without starting anybody.
func owned(ctx context.Context, conn *dbus.Conn, name string) bool {
	var has bool
	err := conn.BusObject().CallWithContext(ctx, "org.freedesktop.DBus.NameHasOwner", 0, name).Store(&has)
	return err == nil && has
}

// watchOwner listens for the coming and going of a name's owner; the signals arrive on the channel,
// which is closed when the connection ends.
func watchOwner(ctx context.Context, conn *dbus.Conn, name string) (chan *dbus.Signal, error) {
	err := conn.AddMatchSignalContext(ctx, dbus.WithMatchSender("org.freedesktop.DBus"), dbus.WithMatchInterface("org.freedesktop.DBus"),
		dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg(0, name))
	if err != nil {
		return nil, fmt.Errorf("watch %s: %w", name, err)
	}
	signals := make(chan *dbus.Signal, 16)
	conn.Signal(signals)
	return signals, nil
}

// ownerChange reads a NameOwnerChanged signal about the name.
func ownerChange(s *dbus.Signal, name string) (gone, come, ok bool) {
	var changed, before, after string
	if s == nil || s.Name != "org.freedesktop.DBus.NameOwnerChanged" || dbus.Store(s.Body, &changed, &before, &after) != nil || changed != name {
		return false, false, false
	}
	return before != "", after != "", true
}
