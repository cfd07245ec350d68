package secret

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
	"github.com/godbus/dbus/v5/prop"

	"relink/build/desktop"
)

const (
	ourPrompt   = dbus.ObjectPath("/org/freedesktop/secrets/prompt/ours")
	otherPrompt = dbus.ObjectPath("/org/freedesktop/secrets/prompt/other")
)

// dialogService is a Secret Service on the real bus whose dialog the test answers.
type dialogService struct {
	conn       *dbus.Conn
	properties *prop.Properties

	shown     chan struct{}
	dismissed chan struct{}
}

func (d *dialogService) ReadAlias(string) (dbus.ObjectPath, *dbus.Error) { return loginCollection, nil }

func (d *dialogService) Unlock([]dbus.ObjectPath) ([]dbus.ObjectPath, dbus.ObjectPath, *dbus.Error) {
	return nil, ourPrompt, nil
}

// Prompt shows the dialog.
func (d *dialogService) Prompt(string) *dbus.Error {
	d.shown <- struct{}{}
	return nil
}

// Dismiss takes it away.
func (d *dialogService) Dismiss() *dbus.Error {
	d.dismissed <- struct{}{}
	return nil
}

// complete ends a dialog.
func (d *dialogService) complete(t *testing.T, prompt dbus.ObjectPath, dismissed bool) {
	t.Helper()
	if !dismissed {
		d.properties.SetMust(collectionCalls, "Locked", prompt != ourPrompt)
	}
	if err := d.conn.Emit(prompt, promptCalls+".Completed", dismissed, dbus.MakeVariant([]dbus.ObjectPath{loginCollection})); err != nil {
		t.Error(err)
	}
}

func startDialogService(t *testing.T) *dialogService {
	t.Helper()
	d := &dialogService{conn: desktop.SessionBus(t), shown: make(chan struct{}, 1), dismissed: make(chan struct{}, 1)}
	var err error
	d.properties, err = prop.Export(d.conn, loginCollection, prop.Map{collectionCalls: {"Locked": {Value: true, Writable: true}}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = prop.Export(d.conn, servicePath, prop.Map{"org.freedesktop.Secret.Service": {"Collections": {Value: []dbus.ObjectPath{loginCollection}}}})
	err = errors.Join(err, d.conn.Export(d, servicePath, "org.freedesktop.Secret.Service"), d.conn.Export(d, ourPrompt, promptCalls))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.conn.RequestName(serviceName, dbus.NameFlagDoNotQueue); err != nil {
		t.Fatal(err)
	}
	return d
}

func insideDialog(t *testing.T) {
	d := startDialogService(t)
	v := NewKeychain("relink-test")
	everyCall(t, ErrLocked)
	unlock := func(ctx context.Context) <-chan error {
		result := make(chan error, 1)
		go func() { result <- v.Unlock(ctx) }()
		return result
	}
	t.Run("the person closes the dialog", func(t *testing.T) {
		result := unlock(t.Context())
		<-d.shown
		d.complete(t, ourPrompt, true)
		if err := <-result; !errors.Is(err, ErrRefused) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("the person ignores the dialog", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		result := unlock(ctx)
		<-d.shown
		<-d.dismissed
		if err := <-result; !errors.Is(err, ErrSlow) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("the person presses Cancel in Relink", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		result := unlock(ctx)
		<-d.shown
		cancel()
		<-d.dismissed
		if err := <-result; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("another program's dialog is not ours", func(t *testing.T) {
		result := unlock(t.Context())
		<-d.shown
		d.complete(t, otherPrompt, true)
		d.complete(t, otherPrompt, false)
		d.complete(t, ourPrompt, false)
		if err := <-result; err != nil {
			t.Errorf("got %v", err)
		}
		if err := errors.Join(v.Ready(t.Context()), v.Unlock(t.Context())); err != nil {
			t.Errorf("unlocked: %v", err)
		}
	})
}
