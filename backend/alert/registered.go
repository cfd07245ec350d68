package alert

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/godbus/dbus/v5"
)

// looks are the pauses after which it is looked again whether the panel has the icon. The tray's library asks for
// word of the panel only after it has registered, so that a panel which restarts in between goes unseen.
func looks() []time.Duration { return []time.Duration{2 * time.Second, 8 * time.Second} }

// itemName is under which name the library puts the icon on the bus: one for each process.
func itemName() string { return fmt.Sprintf("org.kde.StatusNotifierItem-%d-1", os.Getpid()) }

// keepRegistered looks again, and registers the icon where the panel does not list it.
func (t *Tray) keepRegistered() {
	if !freedesktop() {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	for _, pause := range looks() {
		timer := time.NewTimer(pause)
		select {
		case <-t.done:
			timer.Stop()
			return
		case <-timer.C:
		}
		conn, err := connect(ctx)
		if err != nil {
			return // without a bus there is no panel to come back
		}
		if again, err := reregister(ctx, conn); err != nil || again {
			t.o.Logger.Debug("looked for the icon in the panel", "registered again", again, "error", err)
		}
		_ = conn.Close()
	}
}

// reregister tells the panel of the icon when it lists icons and not this one, and says whether it did.
func reregister(ctx context.Context, conn *dbus.Conn) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, busPatience)
	defer cancel()
	if !owned(ctx, conn, watcherName) {
		return false, nil // of one that comes the library hears by now
	}
	var owner string
	if err := conn.BusObject().CallWithContext(ctx, "org.freedesktop.DBus.GetNameOwner", 0, itemName()).Store(&owner); err != nil {
		return false, fmt.Errorf("find the icon on the bus: %w", err)
	}
	watcher := conn.Object(watcherName, watcherPath)
	var value dbus.Variant
	err := watcher.CallWithContext(ctx, "org.freedesktop.DBus.Properties.Get", dbus.FlagNoAutoStart, watcherName, "RegisteredStatusNotifierItems").Store(&value)
	if err != nil {
		return false, fmt.Errorf("ask the panel for its icons: %w", err)
	}
	items, ok := value.Value().([]string)
	listed := slices.ContainsFunc(items, func(item string) bool {
		service := item // panels write NAME, NAME/PATH or NAME@/PATH
		if i := strings.IndexAny(item, "/@"); i > 0 {
			service = item[:i]
		}
		return service == owner || service == itemName()
	})
	if !ok || listed {
		return false, nil
	}
	err = watcher.CallWithContext(ctx, watcherName+".RegisterStatusNotifierItem", dbus.FlagNoAutoStart, itemName()).Err
	if err != nil {
		return false, fmt.Errorf("register the icon again: %w", err)
	}
	return true, nil
}
