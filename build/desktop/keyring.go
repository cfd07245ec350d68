//go:build unix

package desktop

import (
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

// The names of the Secret Service on the bus.
const (
	SecretService   = "org.freedesktop.secrets"
	servicePath     = dbus.ObjectPath("/org/freedesktop/secrets")
	serviceCalls    = "org.freedesktop.Secret.Service."
	collectionCalls = "org.freedesktop.Secret.Collection"
	// LoginCollection is where secrets lie unless somebody says otherwise.
	LoginCollection = dbus.ObjectPath("/org/freedesktop/secrets/collection/login")
)

// password opens the keyring of a test.
const password = "test-pass"

// SessionBus connects to the desktop's session bus, until the test ends.
func SessionBus(t *testing.T) *dbus.Conn {
	t.Helper()
	conn, err := dbus.ConnectSessionBus()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// StartKeyring starts gnome-keyring with its login collection unlocked, and returns what ends it; the end
// of the test does so too.
func StartKeyring(t *testing.T) (end func()) {
	t.Helper()
	daemon := exec.Command("gnome-keyring-daemon", "--unlock", "--components=secrets", "--foreground")
	daemon.Stdin = strings.NewReader(password)
	if err := daemon.Start(); err != nil {
		t.Fatal(err)
	}
	var once sync.Once
	end = func() {
		once.Do(func() {
			_ = daemon.Process.Kill() // ours
			_ = daemon.Wait()
		})
	}
	t.Cleanup(end)
	AwaitOwner(t, SecretService)
	return end
}

// AwaitOwner waits until somebody owns a name on the bus.
func AwaitOwner(t *testing.T, name string) {
	t.Helper()
	conn := SessionBus(t)
	signals := make(chan *dbus.Signal, 16)
	conn.Signal(signals)
	if err := conn.AddMatchSignal(dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg(0, name)); err != nil {
		t.Fatal(err)
	}
	var owned bool
	if err := conn.BusObject().Call("org.freedesktop.DBus.NameHasOwner", 0, name).Store(&owned); err != nil {
		t.Fatal(err)
	}
	for !owned {
		select {
		case s := <-signals:
			// The bus greets a new connection with a signal of its own; only a new owner of this name counts.
			owned = s.Name == "org.freedesktop.DBus.NameOwnerChanged" && len(s.Body) == 3 && s.Body[0] == name && s.Body[2] != ""
		case <-time.After(20 * time.Second):
			t.Fatalf("nobody owns %s within 20 s", name)
		}
	}
}

// Lock locks the login collection, as a desktop does when it is left alone.
func Lock(t *testing.T) {
	t.Helper()
	call := SessionBus(t).Object(SecretService, servicePath).Call(serviceCalls+"Lock", 0, []dbus.ObjectPath{LoginCollection})
	if call.Err != nil {
		t.Fatal(call.Err)
	}
}

// Unlock opens the login collection again without a dialog, by the interface that gnome-keyring keeps for the login.
func Unlock(t *testing.T) {
	t.Helper()
	service := SessionBus(t).Object(SecretService, servicePath)
	var session dbus.ObjectPath
	var output dbus.Variant
	if err := service.Call(serviceCalls+"OpenSession", 0, "plain", dbus.MakeVariant("")).Store(&output, &session); err != nil {
		t.Fatal(err)
	}
	master := struct {
		Session           dbus.ObjectPath
		Parameters, Value []byte
		ContentType       string
	}{session, []byte{}, []byte(password), "text/plain"}
	const unlock = "org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface.UnlockWithMasterPassword"
	if err := service.Call(unlock, 0, LoginCollection, master).Err; err != nil {
		t.Fatal(err)
	}
}

// Items are the entries of the login collection.
func Items(t *testing.T) []dbus.ObjectPath {
	t.Helper()
	all, err := SessionBus(t).Object(SecretService, LoginCollection).GetProperty(collectionCalls + ".Items")
	if err != nil {
		t.Fatal(err)
	}
	paths, _ := all.Value().([]dbus.ObjectPath)
	return paths
}

// Fault is what is wrong with a Secret Service that answers in gnome-keyring's place.
type Fault int

// The faults.
const (
	Hanging  Fault = iota // never answers
	Refusing              // denies every question
	Empty                 // knows no object, not even its own
)

// denied refuses every question for a property.
type denied struct{}

// Get is the question that comes first.
func (denied) Get(string, string) (dbus.Variant, *dbus.Error) {
	return dbus.Variant{}, dbus.NewError("org.freedesktop.DBus.Error.AccessDenied", []any{"no"})
}

// Serve takes the Secret Service's name on the bus and answers with a fault, until end is called.
func Serve(t *testing.T, f Fault) (end func()) {
	t.Helper()
	conn, err := dbus.ConnectSessionBus()
	if err != nil {
		t.Fatal(err)
	}
	end = func() { _ = conn.Close() }
	t.Cleanup(end)
	switch f {
	case Refusing:
		err = conn.Export(denied{}, servicePath, "org.freedesktop.DBus.Properties")
	case Empty, Hanging:
	}
	if err != nil {
		t.Fatal(err)
	}
	// The one before may not have left yet.
	if _, err := conn.RequestName(SecretService, 0); err != nil {
		t.Fatal(err)
	}
	for owner := ""; owner != conn.Names()[0]; {
		_ = conn.BusObject().Call("org.freedesktop.DBus.GetNameOwner", 0, SecretService).Store(&owner) // nobody between two
	}
	if f == Hanging {
		conn.Eavesdrop(make(chan *dbus.Message, 100)) // takes every message, and nobody reads them
	}
	return end
}
