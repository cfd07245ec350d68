package alert

import (
	"context"

	"github.com/godbus/dbus/v5"
)

const (
	watcherName = "org.kde.StatusNotifierWatcher"
	watcherPath = "/StatusNotifierWatcher"
)

// HostRegistered says whether something on this desktop shows tray icons. Only then may a window
// hide itself: without a host nothing would be left to bring it back.
func HostRegistered(ctx context.Context) bool {
	if !freedesktop() {
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, busPatience)
	defer cancel()
	conn, err := connect(ctx)
	if err != nil {
		return false
	}
	defer conn.Close()
	return hosted(ctx, conn)
}

// hosted asks the watcher, without starting one.
func hosted(ctx context.Context, conn *dbus.Conn) bool {
	ctx, cancel := context.WithTimeout(ctx, busPatience)
	defer cancel()
	if !owned(ctx, conn, watcherName) {
		return false
	}
	var value dbus.Variant
	err := conn.Object(watcherName, watcherPath).CallWithContext(ctx, "org.freedesktop.DBus.Properties.Get", dbus.FlagNoAutoStart,
		watcherName, "IsStatusNotifierHostRegistered").Store(&value)
	if err != nil {
		return false
	}
	yes, ok := value.Value().(bool)
	return ok && yes
}

// WatchHost calls changed with the present answer of HostRegistered, and again whenever it becomes
// another one. It returns when ctx ends; where there is no session bus the answer is false, once.
func WatchHost(ctx context.Context, changed func(registered bool)) error {
	if !freedesktop() {
		changed(true)
		<-ctx.Done()
		return nil
	}
	conn, err := connect(ctx)
	if err != nil {
		changed(false)
		return err
	}
	defer conn.Close()
	signals, err := watchOwner(ctx, conn, watcherName)
	if err != nil {
		changed(false)
		return err
	}
	if err := conn.AddMatchSignalContext(ctx, dbus.WithMatchInterface(watcherName), dbus.WithMatchObjectPath(watcherPath)); err != nil {
		changed(false)
		return err
	}
	last := hosted(ctx, conn)
	changed(last)
	for {
		select {
		case <-ctx.Done():
			return nil
		case _, ok := <-signals:
			if !ok {
				return nil
			}
			if now := hosted(ctx, conn); now != last {
				last = now
				changed(now)
			}
		}
	}
}
