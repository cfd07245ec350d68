package reauth_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"relink/backend/integration"
	"relink/backend/sandbox"
)

// registered is the https address that the sandbox's client may be sent back to.
const registered = "https://app.example/oauth/done"

func newHTTPSOnly(t *testing.T) (p *parts, begin func() integration.Step) {
	p = newParts(t)
	p.provide("https-only", "sample-analytics", "redirect: {kind: loopback}", "redirect: {kind: paste, uri: "+registered+"}")
	id, key := p.world.Client("sample-analytics")
	return p, func() integration.Step {
		return p.addTo("https-only", map[string]string{"client_id": id}, map[string]string{"client_secret": key})
	}
}

func TestHTTPSOnlyProviderIsPastedWhereThereIsNoRelay(t *testing.T) {
	p, begin := newHTTPSOnly(t)
	step := begin()
	if !step.Consent.Paste || step.Consent.Relay || step.Consent.Pin || step.Consent.RedirectURI != registered {
		t.Fatalf("got %+v", step.Consent)
	}
	address, err := p.world.ConsentAddress(t.Context(), step.Consent.URL, sandbox.Ana, true, nil)
	check(t, err)
	if again := p.paste(step, strings.Replace(address, "app.example", "evil.example", 1)); len(again.Problems) != 1 || again.Problems[0].Code != "pasted_not_url" {
		t.Errorf("another site's address: %+v", again)
	}
	if end := p.paste(step, address); end.Outcome == nil || end.Outcome.Result != integration.ResultAdded {
		t.Errorf("ended with %+v", end)
	}
}

func TestRelayBringsTheAnswerBackByItself(t *testing.T) {
	p, begin := newHTTPSOnly(t)
	p.relay = registered
	step := begin()
	if step.Consent.Paste || !step.Consent.Relay || step.Consent.RedirectURI != registered {
		t.Fatalf("got %+v", step.Consent)
	}
	address, err := p.world.ConsentAddress(t.Context(), step.Consent.URL, sandbox.Ana, true, nil)
	check(t, err)
	go p.relays(address)
	end, err := p.reauth.Await(t.Context(), step.Flow)
	check(t, err)
	if end.Outcome.Result != integration.ResultAdded {
		t.Errorf("ended with %+v", end.Outcome)
	}
}

// relays does what the relay page does in the browser: it goes on to the port and path that the state names.
func (p *parts) relays(address string) {
	u, err := url.Parse(address)
	if err != nil {
		p.t.Error(err)
		return
	}
	named := strings.Split(u.Query().Get("state"), ".")
	if len(named) != 4 {
		p.t.Errorf("the state %q names no port", u.Query().Get("state"))
		return
	}
	browser := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := browser.Get("http://127.0.0.1:" + named[1] + "/callback/" + named[2] + "?" + u.RawQuery)
	if err != nil {
		p.t.Error(err)
		return
	}
	_ = resp.Body.Close()
}

func TestRelayedAnswerCanBePastedToo(t *testing.T) {
	p, begin := newHTTPSOnly(t)
	p.relay = registered
	step := begin()
	address, err := p.world.ConsentAddress(t.Context(), step.Consent.URL, sandbox.Ana, true, nil)
	check(t, err)
	if end := p.paste(step, address); end.Outcome == nil || end.Outcome.Result != integration.ResultAdded {
		t.Errorf("ended with %+v", end)
	}
}
