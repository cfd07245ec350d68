package secret

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"relink/build/desktop"
)

// The states of a desktop's keychain are made real: every test below runs again on a desktop of its own.

func TestS10RealKeyring(t *testing.T) {
	onDesktop(t, desktop.Options{Keyring: true}, insideKeyring)
}

func TestS10ActivatedService(t *testing.T) { onDesktop(t, desktop.Options{}, insideActivated) }

func TestS10BusWithoutService(t *testing.T) {
	onDesktop(t, desktop.Options{Bus: desktop.Bare}, insideNoService)
}

func TestS10NoBusStartsNothing(t *testing.T) {
	onDesktop(t, desktop.Options{Bus: desktop.None}, insideNoBus)
}

func TestS10HangingService(t *testing.T) {
	onDesktop(t, desktop.Options{Bus: desktop.Bare}, insideHanging)
}

func TestS10ServiceWithoutItsOwnCollectionIsNoMissingEntry(t *testing.T) {
	onDesktop(t, desktop.Options{Bus: desktop.Bare}, func(t *testing.T) {
		desktop.Serve(t, desktop.Empty)
		everyCall(t, ErrRefused)
	})
}

func TestS10UnlockDialog(t *testing.T) {
	onDesktop(t, desktop.Options{Bus: desktop.Bare}, insideDialog)
}

func onDesktop(t *testing.T, o desktop.Options, inside func(*testing.T)) {
	t.Helper()
	if desktop.Own(t, o) {
		inside(t)
	}
}

// everyCall wants the same error from every call that touches the keychain.
func everyCall(t *testing.T, want error) {
	t.Helper()
	v := NewKeychain("relink-test")
	calls := map[string]func() error{
		"ready":  func() error { return v.Ready(t.Context()) },
		"get":    func() error { _, err := v.Get(t.Context(), "grt_a/1"); return err },
		"set":    func() error { return v.Set(t.Context(), "grt_a/1", New("x")) },
		"delete": func() error { return v.Delete(t.Context(), "grt_a/1") },
	}
	results := make(chan string, len(calls))
	begin := time.Now()
	for name, call := range calls {
		go func() {
			if err := call(); !errors.Is(err, want) {
				results <- fmt.Sprintf("%s: got %v, want %v", name, err, want)
				return
			}
			results <- ""
		}()
	}
	for range calls {
		if problem := <-results; problem != "" {
			t.Error(problem)
		}
	}
	if took := time.Since(begin); took > patience+time.Second {
		t.Errorf("took %v", took)
	}
}

func insideKeyring(t *testing.T) {
	v := NewKeychain("relink-test")
	t.Run("conforms", func(t *testing.T) { conform(t, v) })
	t.Run("an entry deleted by hand is missing, a chunk deleted by hand is corrupt", func(t *testing.T) {
		if err := v.Set(t.Context(), "grt_hand/1", New(strings.Repeat("x", 3000))); err != nil {
			t.Fatal(err)
		}
		system := systemItems{"relink-test"}
		if err := system.delete(t.Context(), "grt_hand/1#a1"); err != nil {
			t.Fatal(err)
		}
		if _, err := v.Get(t.Context(), "grt_hand/1"); !errors.Is(err, ErrCorrupt) {
			t.Errorf("got %v, want corrupt", err)
		}
		if err := system.delete(t.Context(), "grt_hand/1"); err != nil {
			t.Fatal(err)
		}
		if _, err := v.Get(t.Context(), "grt_hand/1"); !errors.Is(err, ErrMissing) {
			t.Errorf("got %v, want missing", err)
		}
	})
	t.Run("deleting leaves no item behind", func(t *testing.T) {
		before := len(desktop.Items(t))
		err := errors.Join(v.Set(t.Context(), "grt_gone/1", New(strings.Repeat("y", 4000))), v.Delete(t.Context(), "grt_gone/1"))
		if after := len(desktop.Items(t)); err != nil || after != before {
			t.Errorf("%d items before, %d after, %v", before, after, err)
		}
	})
	t.Run("locked", func(t *testing.T) {
		desktop.Lock(t)
		everyCall(t, ErrLocked)
		if err := v.Unlock(t.Context()); !errors.Is(err, ErrRefused) && !errors.Is(err, ErrLocked) {
			t.Errorf("unlock without a display: %v", err)
		}
		everyCall(t, ErrLocked)
	})
}

// insideActivated has a bus that starts the service when it is called; nothing is in it yet.
func insideActivated(t *testing.T) {
	everyCall(t, ErrLocked)
	desktop.AwaitOwner(t, serviceName)
	var pid uint32
	if err := desktop.SessionBus(t).BusObject().Call("org.freedesktop.DBus.GetConnectionUnixProcessID", 0, serviceName).Store(&pid); err != nil {
		t.Fatal(err)
	}
	daemon, err := os.FindProcess(int(pid)) // started by our bus, for us
	if err == nil {
		err = daemon.Kill()
	}
	if err != nil {
		t.Error(err)
	}
}

func insideNoService(t *testing.T) {
	everyCall(t, ErrAbsent)
	if err := NewKeychain("relink-test").Unlock(t.Context()); !errors.Is(err, ErrAbsent) {
		t.Errorf("unlock: %v", err)
	}
}

// insideNoBus puts a program in the place of the one that would start a daemon, and wants it unused.
func insideNoBus(t *testing.T) {
	dir := t.TempDir()
	trace := filepath.Join(dir, "started")
	script := "#!/bin/sh\ntouch " + trace + "\nexit 1\n"
	for _, name := range []string{"dbus-launch", "dbus-daemon", "gnome-keyring-daemon"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	everyCall(t, ErrAbsent)
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+filepath.Join(dir, "nobody"))
	everyCall(t, ErrAbsent)
	if _, err := os.Stat(trace); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("something was started: %v", err)
	}
}

// insideHanging has a service that never answers.
func insideHanging(t *testing.T) {
	desktop.Serve(t, desktop.Hanging)
	begin := time.Now()
	everyCall(t, ErrSlow)
	if took := time.Since(begin); took < patience {
		t.Errorf("gave up after %v", took)
	}
}

// Another process deletes an entry, as a renewal does with the old one, while this one reads it: that is
// a missing entry, whichever of the service's steps it falls between.
func TestS10EntryThatIsDeletedWhileItIsReadIsMissing(t *testing.T) {
	onDesktop(t, desktop.Options{Keyring: true}, func(t *testing.T) {
		const readers, rounds = 4, 60
		v := NewKeychain("relink-test")
		stop := make(chan struct{})
		problems := make(chan error, readers)
		for range readers {
			go func() {
				for {
					select {
					case <-stop:
						problems <- nil
						return
					default:
					}
					_, err := v.Get(t.Context(), "grt_race/1")
					if err != nil && !errors.Is(err, ErrMissing) {
						problems <- err
						return
					}
				}
			}()
		}
		for round := range rounds {
			value := New(strings.Repeat("x", 1+round%2*2000)) // in one item, and in several
			if err := errors.Join(v.Set(t.Context(), "grt_race/1", value), v.Delete(t.Context(), "grt_race/1")); err != nil {
				t.Fatal(err)
			}
		}
		close(stop)
		for range readers {
			if err := <-problems; err != nil {
				t.Error(err)
			}
		}
	})
}
