package secret

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/godbus/dbus/v5"
)

// The Secret Service (specifications.freedesktop.org/secret-service).
const (
	serviceName      = "org.freedesktop.secrets"
	servicePath      = dbus.ObjectPath("/org/freedesktop/secrets")
	serviceCalls     = "org.freedesktop.Secret.Service."
	collectionCalls  = "org.freedesktop.Secret.Collection"
	promptCalls      = "org.freedesktop.Secret.Prompt"
	loginCollection  = dbus.ObjectPath("/org/freedesktop/secrets/collection/login")
	noObject         = dbus.ObjectPath("/")
	propertyGet      = "org.freedesktop.DBus.Properties.Get"
	errServiceGone   = "org.freedesktop.DBus.Error.ServiceUnknown"
	errNameNoOwner   = "org.freedesktop.DBus.Error.NameHasNoOwner"
	errSpawn         = "org.freedesktop.DBus.Error.Spawn."
	errNoReply       = "org.freedesktop.DBus.Error.NoReply"
	errTimeout       = "org.freedesktop.DBus.Error.Timeout"
	errTimedOut      = "org.freedesktop.DBus.Error.TimedOut"
	errSecretLocked  = "org.freedesktop.Secret.Error.IsLocked"
	errNoSuchObject  = "org.freedesktop.Secret.Error.NoSuchObject"
	errUnknownObject = "org.freedesktop.DBus.Error.UnknownObject"
	errUnknownMethod = "org.freedesktop.DBus.Error.UnknownMethod" // what gnome-keyring says of an item that was just deleted
)

// connect opens a connection of its own to the session bus. The library's calls go over one that the
// tray icon shares, where the signals of a dialog would reach the wrong ears; and with no bus at
// hand the library would start a daemon that nobody ends.
func connect(ctx context.Context) (*dbus.Conn, error) {
	conn, err := dbus.SessionBusPrivateNoAutoStartup(dbus.WithContext(ctx))
	if err != nil {
		return nil, errors.Join(ErrAbsent, err)
	}
	if err = conn.Auth(nil); err == nil {
		err = conn.Hello()
	}
	if err != nil {
		return nil, errors.Join(ErrAbsent, err, conn.Close())
	}
	return conn, nil
}

// probeKeychain says, without showing anything, whether the keychain can be used now. A service that does
// not know its own collection refuses: that says nothing about an entry.
func probeKeychain(ctx context.Context) error {
	err := collectionOpen(ctx)
	if errors.Is(err, ErrMissing) {
		return fmt.Errorf("%w: %s", ErrRefused, err.Error())
	}
	return err
}

// collectionOpen returns nil where the collection is there and unlocked.
func collectionOpen(ctx context.Context) error {
	conn, err := connect(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	path, err := collection(ctx, conn)
	if err != nil {
		return err
	}
	if path == noObject {
		return ErrLocked // the service has nothing yet to keep secrets in; Unlock lets the person make it
	}
	var locked dbus.Variant
	call := conn.Object(serviceName, path).CallWithContext(ctx, propertyGet, 0, collectionCalls, "Locked")
	if err := call.Store(&locked); err != nil {
		return named(err)
	}
	if is, ok := locked.Value().(bool); !ok || is {
		return ErrLocked
	}
	return nil
}

// collection returns what the library keeps its items in: the login collection, else the one with
// the alias "default", else noObject. The call starts the service where the bus knows how to.
func collection(ctx context.Context, conn *dbus.Conn) (dbus.ObjectPath, error) {
	service := conn.Object(serviceName, servicePath)
	var all dbus.Variant
	if err := service.CallWithContext(ctx, propertyGet, 0, strings.TrimSuffix(serviceCalls, "."), "Collections").Store(&all); err != nil {
		return "", named(err)
	}
	paths, _ := all.Value().([]dbus.ObjectPath)
	for _, path := range paths {
		if path == loginCollection {
			return path, nil
		}
	}
	var path dbus.ObjectPath
	if err := service.CallWithContext(ctx, serviceCalls+"ReadAlias", 0, "default").Store(&path); err != nil {
		return "", named(err)
	}
	return path, nil
}

// unlockKeychain asks the service to unlock the collection, or to make one where there is none, and
// waits for the person as long as ctx allows.
func unlockKeychain(ctx context.Context) error {
	if err := probeWithin(ctx, patience); !errors.Is(err, ErrLocked) {
		return err // open already, or nobody there to ask
	}
	// The connection outlives ctx, so that the dialog can still be taken away.
	conn, err := connect(context.WithoutCancel(ctx))
	if err != nil {
		return err
	}
	defer conn.Close()
	path, err := collection(ctx, conn)
	if err != nil {
		return waited(ctx, err)
	}
	service := conn.Object(serviceName, servicePath)
	var prompt dbus.ObjectPath
	if path == noObject {
		label := map[string]dbus.Variant{collectionCalls + ".Label": dbus.MakeVariant("Login")}
		var made dbus.ObjectPath
		err = service.CallWithContext(ctx, serviceCalls+"CreateCollection", 0, label, "default").Store(&made, &prompt)
	} else {
		var unlocked []dbus.ObjectPath
		err = service.CallWithContext(ctx, serviceCalls+"Unlock", 0, []dbus.ObjectPath{path}).Store(&unlocked, &prompt)
	}
	if err != nil {
		return waited(ctx, named(err))
	}
	if prompt != noObject {
		if err := ask(ctx, conn, prompt); err != nil {
			return err
		}
	}
	return probeWithin(ctx, patience)
}

func probeWithin(ctx context.Context, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return waited(ctx, probeKeychain(ctx))
}

// ask shows the service's dialog and waits for its end: ErrRefused when the person closes it,
// ErrSlow when ctx ends first, which takes the dialog away.
func ask(ctx context.Context, conn *dbus.Conn, prompt dbus.ObjectPath) error {
	signals := make(chan *dbus.Signal, 8)
	conn.Signal(signals)
	match := []dbus.MatchOption{dbus.WithMatchObjectPath(prompt), dbus.WithMatchInterface(promptCalls), dbus.WithMatchMember("Completed")}
	if err := conn.AddMatchSignalContext(ctx, match...); err != nil {
		return waited(ctx, named(err))
	}
	dialog := conn.Object(serviceName, prompt)
	defer func() {
		if ctx.Err() != nil { // nobody waits for the dialog any more
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
			defer cancel()
			_ = dialog.CallWithContext(last, promptCalls+".Dismiss", 0).Err // without an answer it goes with the connection
		}
	}()
	if err := dialog.CallWithContext(ctx, promptCalls+".Prompt", 0, "").Err; err != nil {
		return waited(ctx, named(err))
	}
	for {
		select {
		case signal, ok := <-signals:
			if !ok {
				return waited(ctx, fmt.Errorf("%w: the session bus went away", ErrAbsent))
			}
			if signal.Path != prompt || signal.Name != promptCalls+".Completed" || len(signal.Body) == 0 {
				continue
			}
			if dismissed, ok := signal.Body[0].(bool); !ok || dismissed {
				return fmt.Errorf("%w: the dialog was closed", ErrRefused)
			}
			return nil
		case <-ctx.Done():
			return slow(ctx)
		}
	}
}

// waited names an error by the end of ctx where that is the reason for it.
func waited(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return slow(ctx)
	}
	return err
}

// namedBySystem maps an error of D-Bus or of the library, which has no types for its own, to one of
// Vault's; nil when it says nothing known.
func namedBySystem(err error) error {
	var fault dbus.Error
	if errors.As(err, &fault) {
		switch {
		case fault.Name == errServiceGone, fault.Name == errNameNoOwner, strings.HasPrefix(fault.Name, errSpawn):
			return ErrAbsent
		case fault.Name == errNoReply, fault.Name == errTimeout, fault.Name == errTimedOut:
			return ErrSlow
		case fault.Name == errSecretLocked:
			return ErrLocked
		case fault.Name == errNoSuchObject, fault.Name == errUnknownObject, fault.Name == errUnknownMethod:
			return ErrMissing
		}
		return nil
	}
	switch text := err.Error(); {
	case strings.Contains(text, "failed to unlock"):
		return ErrLocked
	case errors.Is(err, dbus.ErrClosed), strings.Contains(text, "dbus-launch"):
		return ErrAbsent
	}
	return nil
}
