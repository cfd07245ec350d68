package reauth_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"relink/backend/catalog"
	"relink/backend/integration"
	"relink/backend/reauth"
	"relink/backend/secret"
	"relink/build/peers"
)

// stating is a server of metadata at its well-known place; members changes what it says, by default what
// the sandbox's service is.
func stating(t *testing.T, members func(base string) map[string]any) (*parts, *opened) {
	t.Helper()
	p := newParts(t)
	service := p.world.Service("sample-analytics").URL()
	server := httptest.NewUnstartedServer(nil)
	server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if members == nil {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(members("http://" + r.Host))
	})
	server.Start()
	t.Cleanup(server.Close)
	p.provide("stating", "sample-analytics",
		"      authorize_url:", "      metadata_url: "+server.URL+"/.well-known/oauth-authorization-server\n      authorize_url:", "      issuer: "+service+"\n", "")
	seen := &opened{}
	p.reauth.Browser = seen.open
	return p, seen
}

func (p *parts) addStating() (integration.Step, error) {
	draft := reauth.Draft{ProviderID: "stating", Name: "Stating", Values: map[string]string{"client_id": "c"}}
	return p.reauth.Add(p.t.Context(), draft, secret.Fields{"client_secret": secret.New("s")}, reauth.StartOptions{})
}

func TestL4ServerWithoutS256IsRefusedBeforeAnybodyIsSentThere(t *testing.T) {
	for name, c := range map[string]struct {
		members func(string) map[string]any
		code    string
	}{
		"plain alone": {func(base string) map[string]any {
			return map[string]any{"issuer": base, "code_challenge_methods_supported": []string{"plain"}}
		}, "server_without_s256"},
		"L-7: another issuer": {func(string) map[string]any {
			return map[string]any{"issuer": "https://evil.example", "code_challenge_methods_supported": []string{"S256"}}
		}, "server_other_issuer"},
		"L-12: an endpoint that is no web page": {func(base string) map[string]any {
			return map[string]any{"issuer": base, "authorization_endpoint": "file:///etc/passwd"}
		}, "server_address"},
	} {
		t.Run(name, func(t *testing.T) {
			p, seen := stating(t, c.members)
			step, err := p.addStating()
			if problems := integration.Problems(err); len(problems) != 1 || problems[0].Code != c.code {
				t.Errorf("want %s, got %+v, %v", c.code, step, err)
			}
			if len(seen.urls) != 0 {
				t.Errorf("the browser was given %v", seen.urls)
			}
		})
	}
}

func TestServerThatStatesNothingAnyMoreIsUsedAsTheCatalogKnowsIt(t *testing.T) {
	p, seen := stating(t, nil)
	step, err := p.addStating()
	check(t, err)
	if step.Kind != integration.StepConsent || len(seen.urls) != 1 {
		t.Errorf("got %+v", step)
	}
}

// The certified server announces iss: from then on an answer without it, or with another, is refused.
func TestL7IssuerThatTheMetadataAnnouncesMustBeInTheAnswer(t *testing.T) {
	t.Parallel()
	p, peer := newParts(t), peers.Start(t, peers.Options{})
	yaml := strings.Replace(string(peer.ProviderYAML(peers.Provider{})), "      issuer: "+peer.Issuer+"\n", "      metadata_url: "+peer.Issuer+"/.well-known/openid-configuration\n", 1)
	provider, err := catalog.Parse("peer", []byte(yaml))
	check(t, err)
	check(t, p.catalog.Add(provider))
	step := p.addPeer()
	address, err := peer.Authorize(t.Context(), step.Consent.URL, peers.Decision{})
	check(t, err)
	u, err := url.Parse(address)
	check(t, err)
	query := u.Query()
	if query.Get("iss") != peer.Issuer {
		t.Fatalf("the peer's answer is %s", address)
	}
	for _, iss := range []string{"", "https://evil.example", peer.Issuer + "/"} {
		changed := u.Query()
		changed.Del("iss")
		if iss != "" {
			changed.Set("iss", iss)
		}
		other := *u
		other.RawQuery = changed.Encode()
		if again := p.paste(step, other.String()); len(again.Problems) != 1 || again.Problems[0].Code != "pasted_error" {
			t.Errorf("iss %q: %+v", iss, again)
		}
	}
	if log := peer.Log(t); len(log) != 0 {
		t.Errorf("the code was sent somewhere: %+v", log)
	}
	if end := p.paste(step, address); end.Outcome == nil || end.Outcome.Result != integration.ResultAdded {
		t.Errorf("ended with %+v", end)
	}
}
