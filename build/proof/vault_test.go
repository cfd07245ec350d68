//go:build linux

package proof_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
	"github.com/zalando/go-keyring"

	"relink/backend/sandbox"
	"relink/build/desktop"
)

// consentService is the sandbox's consent-guarded service, whose grant is at its end in each of these tests: a
// renewal wants to be sent, and must not be.
const consentService = "sample-ads"

// newSandbox is a world whose integration "Ads" is connected to the sandbox's service, which counts what
// arrives.
func newSandbox(t *testing.T) (*world, *sandbox.Service) {
	t.Helper()
	services, err := sandbox.Start(context.Background(), sandbox.Options{})
	check(t, err)
	t.Cleanup(func() { _ = services.Close() })
	service := services.Service(consentService)
	w := &world{t: t, folder: t.TempDir(), secrets: map[string]string{}}
	person := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		_ = services.Consent(r.Context(), r.FormValue("url"), sandbox.Ana, true, nil) // the program's own words tell
	}))
	t.Cleanup(person.Close)
	w.consent = person.URL
	provider := filepath.Join(w.folder, "data", "providers", service.ProviderID())
	check(t, os.MkdirAll(provider, 0o700))
	check(t, os.Chmod(filepath.Join(w.folder, "data"), 0o700))
	check(t, os.WriteFile(filepath.Join(provider, "provider.yaml"), service.ProviderYAML(), 0o600))
	w.later(0)
	id, key := service.Client()
	if r := w.run(nil, key+"\n", "add", service.ProviderID(), "--name", "Ads", "--set", "client_id="+id, "--secret-stdin"); r.code != 0 {
		t.Fatalf("add: exit code %d\n%s", r.code, r.out)
	}
	return w, service
}

// verdict is what the app must say about a keychain in trouble.
type verdict struct{ rule, status, next string }

// wantOurs wants the trouble to be this computer's, with its own next step, and nothing to be sent.
func (w *world) wantOurs(service *sandbox.Service, want verdict, env ...string) {
	w.t.Helper()
	before := service.TokenRequests() + service.APIRequests()
	w.expire()
	got := w.checked("Ads", env...)
	if got.Cause != "this_computer" || (verdict{got.Rule, got.Status, got.Next}) != want {
		w.t.Errorf("want %+v of this_computer, got %+v", want, got)
	}
	if n := service.TokenRequests() + service.APIRequests() - before; n != 0 {
		w.t.Errorf("%s: %d requests went out", want.rule, n)
	}
}

// entries are the names of Relink's entries in the keyring.
func entries(t *testing.T) map[string]dbus.ObjectPath {
	t.Helper()
	all := map[string]dbus.ObjectPath{}
	for _, path := range desktop.Items(t) {
		v, err := desktop.SessionBus(t).Object(desktop.SecretService, path).GetProperty("org.freedesktop.Secret.Item.Attributes")
		check(t, err)
		if attributes, ok := v.Value().(map[string]string); ok && attributes["service"] == "relink" {
			all[attributes["username"]] = path
		}
	}
	if len(all) == 0 {
		t.Fatal("the keyring holds nothing of Relink's")
	}
	return all
}

func TestS10KeyringLockedOrItsEntryDamagedIsSaidAndNothingIsSent(t *testing.T) {
	t.Parallel()
	if !desktop.Own(t, desktop.Options{Keyring: true}) {
		return
	}
	w, service := newSandbox(t)
	w.wantOurs(service, verdict{"keychain-absent", "unknown", "check_computer"}, "DBUS_SESSION_BUS_ADDRESS=unix:path=/nowhere")
	desktop.Lock(t)
	w.wantOurs(service, verdict{"keychain-locked", "unknown", "unlock_keychain"})
	desktop.Unlock(t)
	w.wantWell()

	for name := range entries(t) {
		check(t, keyring.Set("relink", name, "this is no login"))
	}
	w.wantOurs(service, verdict{"keychain-entry-damaged", "needs_reauthorization", "reconnect"})
	w.repair(service)

	for _, path := range entries(t) {
		var prompt dbus.ObjectPath
		check(t, desktop.SessionBus(t).Object(desktop.SecretService, path).Call("org.freedesktop.Secret.Item.Delete", 0).Store(&prompt))
	}
	w.wantOurs(service, verdict{"keychain-entry-missing", "needs_reauthorization", "reconnect"})
	w.repair(service)
}

// wantWell wants a renewal and a check that pass.
func (w *world) wantWell() {
	w.t.Helper()
	w.expire()
	if got := w.checked("Ads"); got.Status != "connected" {
		w.t.Fatalf("%+v", got)
	}
}

// repair reconnects, which writes the entry anew. The client's secret was in the old one.
func (w *world) repair(service *sandbox.Service) {
	w.t.Helper()
	_, key := service.Client()
	if r := w.run(nil, key+"\n", "reconnect", "Ads", "--secret-stdin"); r.code != 0 {
		w.t.Fatalf("reconnect: exit code %d\n%s", r.code, r.out)
	}
	w.wantWell()
}

func TestS10KeyringThatHangsRefusesOrGoesAwayIsSaidAndNothingIsSent(t *testing.T) {
	t.Parallel()
	if !desktop.Own(t, desktop.Options{Bus: desktop.Bare}) {
		return
	}
	end := desktop.StartKeyring(t)
	w, service := newSandbox(t)
	end()
	w.wantOurs(service, verdict{"keychain-absent", "unknown", "check_computer"})

	release := desktop.Serve(t, desktop.Refusing)
	w.wantOurs(service, verdict{"keychain-refused", "unknown", "unlock_keychain"})
	release()
	release = desktop.Serve(t, desktop.Empty)
	w.wantOurs(service, verdict{"keychain-refused", "unknown", "unlock_keychain"})
	release()
	release = desktop.Serve(t, desktop.Hanging)
	began := time.Now()
	w.wantOurs(service, verdict{"keychain-slow", "unknown", "check_computer"})
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("a check with a keychain that hangs took %s", took)
	}
	release()

	desktop.StartKeyring(t) // the entries are in its file
	w.wantWell()
}
