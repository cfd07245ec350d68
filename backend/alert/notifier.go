package alert

import (
	"context"
	"slices"

	"github.com/godbus/dbus/v5"
)

const notifierName = "org.freedesktop.Notifications"

// WatchNotifier calls onLost when the notification service goes, with every notice that it showed,
// and onBack when there is one again. It returns when ctx ends, or at once with an error where there
// is no session bus; where notifications need none it just waits.
func WatchNotifier(ctx context.Context, onLost, onBack func()) error {
	if !freedesktop() {
		<-ctx.Done()
		return nil
	}
	conn, err := connect(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	signals, err := watchOwner(ctx, conn, notifierName)
	if err != nil {
		return err
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case s, ok := <-signals:
			if !ok {
				return nil
			}
			gone, come, ours := ownerChange(s, notifierName)
			if ours && gone {
				onLost()
			}
			if ours && come {
				onBack()
			}
		}
	}
}

// PlainBody says whether notices are shown as they are, because the notification service reads no
// markup in a body. A service that does not say is taken to read markup, which escaping makes safe.
func PlainBody(ctx context.Context) bool {
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
	if !owned(ctx, conn, notifierName) {
		return false
	}
	var can []string
	err = conn.Object(notifierName, "/org/freedesktop/Notifications").
		CallWithContext(ctx, notifierName+".GetCapabilities", dbus.FlagNoAutoStart).Store(&can)
	return err == nil && !slices.Contains(can, "body-markup")
}
