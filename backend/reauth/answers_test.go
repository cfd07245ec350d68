package reauth_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"relink/backend/integration"
	"relink/backend/sandbox"
)

// visit opens an address as a stray page or program on this computer would, and returns the status.
func visit(t *testing.T, address string) int {
	t.Helper()
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

// genuine is the redirect that the provider would send the browser to.
func (p *parts) genuine(step integration.Step, account string) *url.URL {
	p.t.Helper()
	address, err := p.world.ConsentAddress(p.t.Context(), step.Consent.URL, account, true, nil)
	check(p.t, err)
	u, err := url.Parse(address)
	check(p.t, err)
	return u
}

func TestL5AnswerWithAWrongStateSendsNothingAndTheWaitGoesOn(t *testing.T) {
	p := newParts(t)
	id := p.add("sample-analytics")
	earlier := p.genuine(p.start(id), sandbox.Ana).Query().Get("state")
	step := p.start(id)
	address := p.genuine(step, sandbox.Ana)
	asked := p.world.Service("sample-analytics").TokenRequests()
	query := address.Query()
	state := query.Get("state")
	for name, raw := range map[string]string{
		"missing": "code=" + query.Get("code"), "empty": "code=" + query.Get("code") + "&state=", "wrong": "code=x&state=" + state + "x",
		"L-6: twice": address.RawQuery + "&state=bad", "L-6: two codes": address.RawQuery + "&code=other", "L-6: code and error": address.RawQuery + "&error=access_denied",
		"of an earlier flow": "code=" + query.Get("code") + "&state=" + earlier, "nothing": "",
	} {
		stray := *address
		stray.RawQuery = raw
		if status := visit(t, stray.String()); status != http.StatusBadRequest {
			t.Errorf("%s: answered %d", name, status)
		}
	}
	if n := p.world.Service("sample-analytics").TokenRequests() - asked; n != 0 {
		t.Errorf("%d requests reached the token endpoint", n)
	}
	if status := visit(t, address.String()); status != http.StatusSeeOther {
		t.Errorf("the genuine answer: %d", status)
	}
	if end := p.await(step); end.Outcome.Result != integration.ResultReplaced {
		t.Errorf("ended with %+v", end.Outcome)
	}
}

// The redirect of one flow is of no use at another's receiver, and harms neither.
func TestL7AnswerAtAnotherFlowsReceiverHarmsNeither(t *testing.T) {
	p := newParts(t)
	ads, analytics := p.start(p.add("sample-ads")), p.start(p.add("sample-analytics"))
	here, there := p.genuine(ads, sandbox.Ana), p.genuine(analytics, sandbox.Ana)
	asked := p.world.Service("sample-ads").TokenRequests() + p.world.Service("sample-analytics").TokenRequests()
	crossed := *there
	crossed.Path, crossed.RawQuery = here.Path, here.RawQuery // the path of one flow at the port of the other
	if status := visit(t, crossed.String()); status != http.StatusNotFound {
		t.Errorf("another flow's path: %d", status)
	}
	crossed = *there
	crossed.RawQuery = here.RawQuery
	if status := visit(t, crossed.String()); status != http.StatusBadRequest {
		t.Errorf("another flow's answer: %d", status)
	}
	if n := p.world.Service("sample-ads").TokenRequests() + p.world.Service("sample-analytics").TokenRequests() - asked; n != 0 {
		t.Errorf("%d requests reached the token endpoints", n)
	}
	for step, address := range map[*integration.Step]*url.URL{&ads: here, &analytics: there} {
		visit(t, address.String())
		if end := p.await(*step); end.Outcome.Result != integration.ResultReplaced {
			t.Errorf("ended with %+v", end.Outcome)
		}
	}
}

// A code that belongs to somebody else's flow is refused by the server, as it was asked for with another verifier.
func TestL8InjectedCodeIsRefusedAndChangesNothing(t *testing.T) {
	p := newParts(t)
	clientID, key := p.world.Client("sample-analytics")
	attacker := p.addTo("sample-analytics", map[string]string{"client_id": clientID}, map[string]string{"client_secret": key})
	stolen := p.genuine(attacker, sandbox.Bia).Query().Get("code")
	id := p.add("sample-analytics")
	before := p.kept(id)
	step := p.start(id)
	address := p.genuine(step, sandbox.Ana)
	query := address.Query()
	query.Set("code", stolen)
	address.RawQuery = query.Encode()
	visit(t, address.String())
	end := p.await(step)
	if end.Outcome.Result != integration.ResultExchange || end.Outcome.Finding == nil {
		t.Errorf("ended with %+v", end.Outcome)
	}
	if diff := cmp.Diff(before, p.kept(id)); diff != "" {
		t.Errorf("something changed:\n%s", diff)
	}
}
