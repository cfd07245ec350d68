package reauth_test

import (
	"cmp"
	"net/url"
	"testing"

	"relink/backend/catalog"
	"relink/backend/integration"
	"relink/backend/reauth"
)

// Every sign-in of the built-in catalog tells where its client is made, and addresses that a server takes
// to the letter.
func TestEverySignInOfTheCatalogSaysHowItsClientIsRegistered(t *testing.T) {
	all, err := catalog.Load("")
	check(t, err)
	seen := 0
	for _, p := range all.All() {
		settings := map[string]string{}
		for _, f := range p.Settings {
			settings[f.ID] = cmp.Or(f.Default, f.Example)
		}
		filled, err := p.For(settings)
		check(t, err)
		for _, m := range filled.Methods {
			app := reauth.App(filled, m, "")
			if m.OAuth == nil || m.Kind == integration.MethodServiceAccount {
				continue
			}
			seen++
			if app == nil || app.KeysURL == "" && !p.Generic {
				t.Errorf("%s %s: nothing tells where the client is made: %+v", p.ID, m.Kind, app)
				continue
			}
			if m.Kind == integration.MethodOAuth2Code && m.Import != "google_client" && len(app.RedirectURIs) == 0 {
				t.Errorf("%s: no redirect address to register", p.ID)
			}
			for _, address := range app.RedirectURIs {
				if u, err := url.Parse(address); err != nil || u.Host == "" || u.RawQuery != "" || u.Scheme != "https" && u.Hostname() != "127.0.0.1" && u.Hostname() != "localhost" {
					t.Errorf("%s: %q is no address to register", p.ID, address)
				}
			}
		}
	}
	if seen < 20 {
		t.Errorf("%d sign-ins were looked at", seen)
	}
}
