package reauth_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"relink/backend/catalog"
	"relink/backend/integration"
	"relink/backend/reauth"
	"relink/build/peers"
)

func TestAppNamesTheExactRedirectURIsToRegister(t *testing.T) {
	const relay = "https://agency.example/relink"
	oauth := func(r catalog.Redirect) catalog.Method {
		return catalog.Method{Kind: integration.MethodOAuth2Code, OAuth: &catalog.OAuth{Redirect: r}}
	}
	google := oauth(catalog.Redirect{Kind: "loopback", Host: "127.0.0.1"})
	google.Import = "google_client"
	for _, c := range []struct {
		name   string
		method catalog.Method
		relay  string
		want   []string
	}{
		{"Google's desktop client needs none", google, "", nil},
		{"any port", oauth(catalog.Redirect{Kind: "loopback"}), "", []string{"http://127.0.0.1"}},
		{"any port of localhost", oauth(catalog.Redirect{Kind: "loopback", Host: "localhost", Path: "/back"}), "", []string{"http://localhost/back"}},
		{"each registered port", oauth(catalog.Redirect{Kind: "ports", Ports: []int{47811, 47812}}), relay,
			[]string{"http://127.0.0.1:47811/callback", "http://127.0.0.1:47812/callback"}},
		{"each registered port of localhost", oauth(catalog.Redirect{Kind: "ports", Host: "localhost", Ports: []int{47811}, Path: "/x"}), "", []string{"http://localhost:47811/x"}},
		{"the https address", oauth(catalog.Redirect{Kind: "paste", URI: "https://localhost/callback"}), "", []string{"https://localhost/callback"}},
		{"the relay in its place", oauth(catalog.Redirect{Kind: "paste", URI: "https://localhost/callback"}), relay, []string{relay}},
		{"no redirect by a code on another page", catalog.Method{Kind: integration.MethodOAuth2Device, OAuth: &catalog.OAuth{}}, relay, nil},
		{"a number that the page shows", catalog.Method{Kind: integration.MethodOAuth1, OAuth1: &catalog.OAuth1{AuthorizeURL: "x", Redirect: catalog.Redirect{Kind: "pin"}}}, "", nil},
	} {
		app := reauth.App(catalog.Provider{Links: catalog.Links{Keys: "https://keys.example"}}, c.method, c.relay)
		if app == nil || app.KeysURL != "https://keys.example" {
			t.Errorf("%s: got %+v", c.name, app)
		} else if diff := cmp.Diff(c.want, app.RedirectURIs); diff != "" {
			t.Errorf("%s:\n%s", c.name, diff)
		}
	}
	for _, kind := range []integration.Method{integration.MethodAPIKey, integration.MethodServiceAccount} {
		if app := reauth.App(catalog.Provider{}, catalog.Method{Kind: kind}, ""); app != nil {
			t.Errorf("%s needs no client: %+v", kind, app)
		}
	}
}

// freePorts are ports of this computer that nobody listens at.
func freePorts(t *testing.T, n int) []string {
	t.Helper()
	ports := make([]string, n)
	for i := range ports {
		var err error
		ports[i], err = peers.FreePort()
		check(t, err)
	}
	return ports
}

// What the form names is what the consent uses.
func TestConsentUsesTheAddressThatTheFormNames(t *testing.T) {
	p := newParts(t)
	ports := strings.Join(freePorts(t, 3), ", ")
	p.provide("ported", "sample-analytics", "redirect: {kind: loopback}", "redirect: {kind: ports, ports: ["+ports+"], path: /callback}")
	id, key := p.world.Client("sample-analytics")
	step := p.addTo("ported", map[string]string{"client_id": id}, map[string]string{"client_secret": key})
	provider, _ := p.catalog.Provider("ported")
	method, _ := provider.Method(integration.MethodOAuth2Code)
	uris := reauth.App(provider, method, "").RedirectURIs
	if len(uris) != 3 || !slices.Contains(uris, step.Consent.RedirectURI) {
		t.Errorf("%s is not among %v", step.Consent.RedirectURI, uris)
	}
	second := p.addTo("ported", map[string]string{"client_id": id}, map[string]string{"client_secret": key})
	if !slices.Contains(uris, second.Consent.RedirectURI) || second.Consent.RedirectURI == step.Consent.RedirectURI {
		t.Errorf("a second consent at the same time uses %s", second.Consent.RedirectURI)
	}
}

func TestRelayAddressMustBeHTTPS(t *testing.T) {
	for address, code := range map[string]string{
		"": "", "https://agency.example/relink": "", "http://127.0.0.1:8080/relay": "", "http://agency.example/relink": "url_not_https", "agency.example": "url_invalid",
		"https://u:p@agency.example/": "url_invalid", "https://agency.example/?a=b": "url_invalid", "https://agency.example/#x": "url_invalid", "javascript:alert(1)": "url_invalid",
	} {
		got := ""
		if problems := reauth.ValidateRelay(address); len(problems) > 0 {
			got = problems[0].Code
		}
		if got != code {
			t.Errorf("%q: got %q, want %q", address, got, code)
		}
	}
}
