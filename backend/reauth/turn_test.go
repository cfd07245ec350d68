package reauth_test

import (
	"context"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"relink/backend/integration"
	"relink/backend/reauth"
	"relink/backend/sandbox"
)

// elsewhere is another process over the same data folder: it shares files and nothing else.
func (p *parts) elsewhere() *reauth.Conversations { return reauth.New(p.reauth.Options) }

// removeElsewhere removes an integration as another process does, and lets this one read it.
func (p *parts) removeElsewhere(id string) {
	p.t.Helper()
	_, err := p.store.Remove(p.t.Context(), id, integration.Act{At: time.Now()})
	check(p.t, err)
	check(p.t, p.monitor.Load(p.t.Context()))
}

// endedByRemoval fails unless a conversation ended because its integration was removed.
func endedByRemoval(t *testing.T, end integration.Step) {
	t.Helper()
	if end.Outcome == nil || end.Outcome.Result != integration.ResultCancelled || end.Outcome.Text.Key != "outcome.removed" {
		t.Errorf("ended with %+v", end)
	}
}

func TestL14RepairBegunInAnotherProcessSupersedesThisOne(t *testing.T) {
	p := newParts(t)
	id := p.add("sample-analytics")
	before := p.kept(id)
	first := p.start(id)
	other := p.elsewhere()
	second, err := other.Start(t.Context(), id, reauth.StartOptions{NoBrowser: true})
	check(t, err)
	end, err := p.reauth.Await(t.Context(), first.Flow)
	check(t, err)
	if end.Outcome == nil || end.Outcome.Result != integration.ResultSuperseded {
		t.Fatalf("the first ended with %+v", end.Outcome)
	}
	if diff := cmp.Diff(before, p.kept(id)); diff != "" {
		t.Errorf("something changed:\n%s", diff)
	}
	check(t, p.world.Consent(t.Context(), second.Consent.URL, sandbox.Ana, true, nil))
	if end, err = other.Await(t.Context(), second.Flow); err != nil || end.Outcome.Result != integration.ResultReplaced {
		t.Errorf("the second ended with %+v, %v", end.Outcome, err)
	}
	check(t, p.monitor.Load(t.Context()))
	if end := p.consent(p.start(id), sandbox.Ana, true, nil); end.Outcome.Result != integration.ResultReplaced {
		t.Errorf("a third, later, ended with %+v", end.Outcome)
	}
}

func TestRepairOfAnIntegrationThatWasRemovedElsewhereEnds(t *testing.T) {
	p := newParts(t)
	id := p.add("sample-analytics")
	step := p.start(id)
	p.removeElsewhere(id)
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
	defer stop()
	end, err := p.reauth.Await(ctx, step.Flow)
	check(t, err)
	endedByRemoval(t, end)
}

func TestFormOfAnIntegrationThatWasRemovedElsewhereCannotBeSent(t *testing.T) {
	p := newParts(t)
	id := p.add("sample-shop")
	form := p.start(id)
	p.removeElsewhere(id)
	end, err := p.reauth.Answer(t.Context(), form.Flow, integration.Answer{}, nil)
	check(t, err)
	endedByRemoval(t, end)
}

func TestL14FormOfASupersededRepairCannotBeSent(t *testing.T) {
	p := newParts(t)
	id := p.add("sample-shop")
	form := p.start(id)
	newest, err := p.elsewhere().Start(t.Context(), id, reauth.StartOptions{})
	check(t, err)
	before := p.kept(id)
	end, err := p.reauth.Answer(t.Context(), form.Flow, integration.Answer{}, nil)
	check(t, err)
	if end.Outcome == nil || end.Outcome.Result != integration.ResultSuperseded {
		t.Errorf("ended with %+v", end)
	}
	if diff := cmp.Diff(before, p.kept(id)); diff != "" {
		t.Errorf("something changed:\n%s", diff)
	}
	if newest.Kind != integration.StepForm {
		t.Errorf("the newest got %+v", newest)
	}
}

// A killed process leaves its note behind; it stands in nobody's way.
func TestL14NoteOfAKilledProcessDoesNotBlockARepair(t *testing.T) {
	p := newParts(t)
	id := p.add("sample-analytics")
	_, err := p.elsewhere().Start(t.Context(), id, reauth.StartOptions{NoBrowser: true}) // and is never heard of again
	check(t, err)
	if end := p.consent(p.start(id), sandbox.Ana, true, nil); end.Outcome.Result != integration.ResultReplaced {
		t.Errorf("ended with %+v", end.Outcome)
	}
}

// The redirect of a superseded consent that comes late meets a page, and changes nothing.
func TestL14LateRedirectOfASupersededRepairMeetsAPage(t *testing.T) {
	p := newParts(t)
	id := p.add("sample-analytics")
	first := p.start(id)
	late, err := p.world.ConsentAddress(t.Context(), first.Consent.URL, sandbox.Ana, true, nil)
	check(t, err)
	second := p.start(id)
	before := p.kept(id)
	asked := p.world.Service("sample-analytics").TokenRequests()
	browser := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := browser.Get(late)
	if err != nil {
		t.Fatalf("the browser shows an error of its own: %v", err)
	}
	body, _ := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusGone || len(body) == 0 {
		t.Errorf("got %d: %s", resp.StatusCode, body)
	}
	if n := p.world.Service("sample-analytics").TokenRequests() - asked; n != 0 {
		t.Errorf("the late code was redeemed (%d requests)", n)
	}
	if diff := cmp.Diff(before, p.kept(id)); diff != "" {
		t.Errorf("something changed:\n%s", diff)
	}
	if end := p.consent(second, sandbox.Ana, true, nil); end.Outcome.Result != integration.ResultReplaced {
		t.Errorf("the second ended with %+v", end.Outcome)
	}
	freed := time.Now().Add(2 * time.Second)
	for { // with the newer one's end the port is free again
		if resp, err := browser.Get(first.Consent.RedirectURI); err != nil {
			return
		} else {
			_ = resp.Body.Close()
		}
		if time.Now().After(freed) {
			t.Fatal("the port of the superseded consent is still open")
		}
	}
}
