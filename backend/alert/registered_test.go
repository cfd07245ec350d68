package alert

import (
	"sync"
	"testing"

	"github.com/godbus/dbus/v5"
)

// forgetful is a panel that lists the icons that it was told of.
type forgetful struct {
	*watcher
	mu     sync.Mutex
	listed []string
	take   func() // when an icon is registered, before the answer
}

func (f *forgetful) list(items ...string) { f.mu.Lock(); defer f.mu.Unlock(); f.listed = items }

func (f *forgetful) RegisterStatusNotifierItem(sender dbus.Sender, path string) *dbus.Error {
	f.mu.Lock()
	take := f.take
	f.mu.Unlock()
	if take != nil {
		take()
	}
	return f.watcher.RegisterStatusNotifierItem(sender, path)
}

func (f *forgetful) Get(iface, property string) (dbus.Variant, *dbus.Error) {
	if property == "RegisteredStatusNotifierItems" {
		f.mu.Lock()
		defer f.mu.Unlock()
		return dbus.MakeVariant(f.listed), nil
	}
	return f.watcher.Get(iface, property)
}

// panel starts one on a connection of its own; it becomes the panel of the desktop with its name.
func panel(t *testing.T) *forgetful {
	t.Helper()
	f := &forgetful{watcher: &watcher{conn: bus(t), items: make(chan dbus.ObjectPath, 4), from: make(chan dbus.Sender, 4)}, listed: []string{}}
	for _, face := range []string{watcherName, "org.freedesktop.DBus.Properties"} {
		if err := f.conn.Export(f, watcherPath, face); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

func (f *forgetful) arrive(t *testing.T) {
	if r, err := f.conn.RequestName(watcherName, dbus.NameFlagDoNotQueue); err != nil || r != dbus.RequestNameReplyPrimaryOwner {
		t.Errorf("become the panel: %v %v", r, err)
	}
}

func TestTheIconComesToAPanelThatRestartedWhileItWasRegistered(t *testing.T) {
	if !onDesktop(t) {
		return
	}
	before, after := panel(t), panel(t)
	before.mu.Lock()
	before.take = func() { // the library has not asked for word of the panel yet
		if _, err := before.conn.ReleaseName(watcherName); err != nil {
			t.Error(err)
		}
		after.arrive(t)
	}
	before.mu.Unlock()
	before.arrive(t)
	trayOf(t)
	within(t, "the registration with the panel that goes", before.from)
	within(t, "the registration with the panel that came", after.from)
	if name := within(t, "the icon's name", after.items); string(name) != itemName() {
		t.Errorf("registered as %q", name)
	}
}

func TestAnIconThatIsListedIsNotRegisteredTwice(t *testing.T) {
	if !onDesktop(t) {
		return
	}
	f := panel(t)
	f.arrive(t)
	trayOf(t)
	app := within(t, "the registration", f.from)
	conn := bus(t)
	for _, listed := range []string{string(app) + "/StatusNotifierItem", string(app) + "@/StatusNotifierItem", itemName(), itemName() + "/StatusNotifierItem"} {
		f.list(":1.999/StatusNotifierItem", listed)
		if again, err := reregister(t.Context(), conn); err != nil || again {
			t.Errorf("listed as %s: registered again %v, %v", listed, again, err)
		}
	}
	f.list(string(app) + "99/StatusNotifierItem")
	if again, err := reregister(t.Context(), conn); err != nil || !again {
		t.Errorf("not listed: registered again %v, %v", again, err)
	}
	if _, err := f.conn.ReleaseName(watcherName); err != nil {
		t.Fatal(err)
	}
	if again, err := reregister(t.Context(), conn); err != nil || again {
		t.Errorf("without a panel: registered again %v, %v", again, err)
	}
}
