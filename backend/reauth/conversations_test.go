package reauth_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"relink/backend/integration"
	"relink/backend/monitor"
	"relink/backend/reauth"
	"relink/backend/sandbox"
	"relink/backend/secret"
)

func TestReconnectReplacesTheGrantAndNothingElse(t *testing.T) {
	p := newParts(t)
	id := p.add("sample-analytics")
	before := p.kept(id)
	p.world.Service("sample-analytics").Revoke()
	state, err := p.monitor.Check(t.Context(), id, monitor.Asked)
	check(t, err)
	if state.Status != integration.StatusNeedsReauthorization || state.Incident == nil {
		t.Fatalf("a revoked grant is %s, incident %v: %+v", state.Status, state.Incident, state.Finding)
	}
	end := p.consent(p.start(id), sandbox.Ana, true, nil)
	if end.Outcome.Result != integration.ResultReplaced {
		t.Fatalf("ended with %+v", end.Outcome)
	}
	after := p.kept(id)
	if diff := cmp.Diff(before.Integration, after.Integration); diff != "" {
		t.Errorf("the integration changed:\n%s", diff)
	}
	if after.Grant.Version <= before.Grant.Version || after.Secret == before.Secret {
		t.Errorf("version %d → %d, or the secret is the old one", before.Grant.Version, after.Grant.Version)
	}
	if _, err := p.vault.Get(t.Context(), before.Grant.VaultKey()); !errors.Is(err, secret.ErrMissing) {
		t.Errorf("the old secret is still in the vault: %v", err)
	}
	seen, err := p.monitor.One(id)
	check(t, err)
	if seen.State.Status != integration.StatusConnected || seen.State.Incident != nil {
		t.Errorf("after the repair: %s, incident %v", seen.State.Status, seen.State.Incident)
	}
}

// Each of these ends without a change; the old grant, its secret and the integration's row stay byte-identical.
func TestL16FailedReconnectLeavesEverythingAsItWas(t *testing.T) {
	for _, c := range []struct {
		name string
		act  func(*parts, integration.Step) integration.Step
		want integration.Result
	}{
		{"consent denied", func(p *parts, s integration.Step) integration.Step { return p.consent(s, sandbox.Ana, false, nil) }, integration.ResultDenied},
		{"another account", func(p *parts, s integration.Step) integration.Step {
			return p.choose(p.consent(s, sandbox.Bia, true, nil), integration.ChoiceKeep)
		}, integration.ResultWrongAccount},
		{"a box not ticked", func(p *parts, s integration.Step) integration.Step {
			return p.consent(p.consent(s, sandbox.Ana, true, []string{sandbox.ScopeOrders}), sandbox.Ana, true, []string{sandbox.ScopeOrders})
		}, integration.ResultPartialScopes},
		{"a resource is gone", func(p *parts, s integration.Step) integration.Step {
			p.world.Service("sample-analytics").HideShop("shop_2")
			return p.choose(p.consent(s, sandbox.Ana, true, nil), integration.ChoiceKeep)
		}, integration.ResultLostResources},
		{"cancelled at the question", func(p *parts, s integration.Step) integration.Step {
			end, err := p.reauth.Cancel(p.consent(s, sandbox.Bia, true, nil).Flow)
			check(p.t, err)
			return end
		}, integration.ResultCancelled},
		{"nobody answered the question", func(p *parts, s integration.Step) integration.Step {
			p.reauth.Patience = 10 * time.Millisecond
			step := p.consent(s, sandbox.Bia, true, nil)
			for began := time.Now(); ; runtime.Gosched() {
				acts, err := p.store.Acts(p.t.Context(), "", 1)
				check(p.t, err)
				if len(acts) == 1 && acts[0].What == "not_reconnected" {
					break
				}
				if time.Since(began) > 30*time.Second {
					p.t.Fatalf("the question is still open, or its end was not written down: %+v", step)
				}
			}
			step, err := p.reauth.Await(p.t.Context(), s.Flow)
			check(p.t, err)
			return step
		}, integration.ResultWrongAccount},
		{"cancelled", func(p *parts, s integration.Step) integration.Step {
			end, err := p.reauth.Cancel(s.Flow)
			check(p.t, err)
			return end
		}, integration.ResultCancelled},
		{"the service breaks before the proof", func(p *parts, s integration.Step) integration.Step {
			p.world.Service("sample-analytics").Status(503, sandbox.API)
			return p.consent(s, sandbox.Ana, true, nil)
		}, integration.ResultNotProven},
		{"the token endpoint breaks", func(p *parts, s integration.Step) integration.Step {
			p.world.Service("sample-analytics").Status(500, sandbox.Token)
			return p.consent(s, sandbox.Ana, true, nil)
		}, integration.ResultExchange},
		{"the keychain refuses", func(p *parts, s integration.Step) integration.Step {
			p.vault.refuse = true
			defer func() { p.vault.refuse = false }()
			return p.consent(s, sandbox.Ana, true, nil)
		}, integration.ResultNotStored},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newParts(t)
			id := p.add("sample-analytics")
			before, rows := p.kept(id), p.rows("acts")
			end := c.act(p, p.start(id))
			if end.Outcome == nil || end.Outcome.Result != c.want {
				t.Fatalf("want %s, ended with %+v", c.want, end.Outcome)
			}
			_, err := p.reauth.Await(t.Context(), end.Flow)
			check(t, err)
			acts, err := p.store.Acts(t.Context(), id, 1)
			check(t, err)
			if len(acts) != 1 || acts[0].Args["result"] != string(c.want) {
				t.Errorf("the audit trail says %+v", acts)
			}
			if diff := cmp.Diff(before, p.kept(id)); diff != "" {
				t.Errorf("something changed:\n%s", diff)
			}
			if diff := cmp.Diff(rows, p.rows("acts")); diff != "" {
				t.Errorf("a row changed:\n%s", diff)
			}
			if c.want == integration.ResultWrongAccount && (end.Outcome.Account.Name != sandbox.Bia || end.Outcome.Expected.Name != sandbox.Ana) {
				t.Errorf("the outcome names %+v and %+v", end.Outcome.Account, end.Outcome.Expected)
			}
		})
	}
}

func TestL15NobodyCameBackFromTheBrowser(t *testing.T) {
	p := newParts(t)
	id := p.add("sample-analytics")
	before := p.kept(id)
	p.reauth.Patience = 50 * time.Millisecond
	end, err := p.reauth.Await(t.Context(), p.start(id).Flow)
	check(t, err)
	if end.Outcome.Result != integration.ResultTimedOut {
		t.Fatalf("ended with %+v", end.Outcome)
	}
	if diff := cmp.Diff(before, p.kept(id)); diff != "" {
		t.Errorf("something changed:\n%s", diff)
	}
}

func TestL14SecondConversationAboutAGrantSupersedesTheFirst(t *testing.T) {
	p := newParts(t)
	id := p.add("sample-analytics")
	first := p.start(id)
	second := p.start(id)
	end, err := p.reauth.Await(t.Context(), first.Flow)
	check(t, err)
	if end.Outcome.Result != integration.ResultSuperseded {
		t.Errorf("the first ended with %+v", end.Outcome)
	}
	if end := p.consent(second, sandbox.Ana, true, nil); end.Outcome.Result != integration.ResultReplaced {
		t.Errorf("the second ended with %+v", end.Outcome)
	}
}

func TestPastedAddressEndsTheConsent(t *testing.T) {
	p := newParts(t)
	id := p.add("sample-analytics")
	step := p.start(id)
	address, err := p.world.ConsentAddress(t.Context(), step.Consent.URL, sandbox.Ana, true, nil)
	check(t, err)
	for pasted, code := range map[string]string{"hello": "pasted_not_url", step.Consent.RedirectURI: "pasted_no_code", step.Consent.RedirectURI + "?code=x&state=y": "pasted_wrong_state"} {
		again := p.paste(step, pasted)
		if len(again.Problems) != 1 || again.Problems[0].Code != code {
			t.Errorf("pasting %q: want %s, got %+v", pasted, code, again.Problems)
		}
	}
	if end := p.paste(step, address); end.Outcome == nil || end.Outcome.Result != integration.ResultReplaced {
		t.Errorf("ended with %+v", end)
	}
}

func (p *parts) paste(step integration.Step, address string) integration.Step {
	p.t.Helper()
	next, err := p.reauth.Answer(p.t.Context(), step.Flow, integration.Answer{Values: map[string]string{"redirect": address}}, nil)
	check(p.t, err)
	return next
}

func TestWrongKeyComesBackAsTheFormWithItsReason(t *testing.T) {
	p := newParts(t)
	id := p.add("sample-shop")
	before := p.kept(id)
	service := p.world.Service("sample-shop")
	service.Revoke()
	step := p.start(id)
	if step.Kind != integration.StepForm {
		t.Fatalf("want a form, got %+v", step)
	}
	answer := func(key string) integration.Step {
		next, err := p.reauth.Answer(t.Context(), step.Flow, integration.Answer{}, secret.Fields{"api_key": secret.New(key)})
		check(t, err)
		return next
	}
	again := answer("sk_wrong")
	if again.Kind != integration.StepForm || again.Notice == nil || again.Outcome.Finding == nil {
		t.Fatalf("want the form with a reason, got %+v", again)
	}
	if diff := cmp.Diff(before, p.kept(id)); diff != "" {
		t.Errorf("something changed:\n%s", diff)
	}
	key, err := service.NewAPIKey(sandbox.Ana)
	check(t, err)
	if end := answer(key); end.Outcome.Result != integration.ResultReplaced {
		t.Errorf("ended with %+v", end.Outcome)
	}
}

func TestAddRefusesWrongInputFieldByField(t *testing.T) {
	p := newParts(t)
	p.add("sample-shop")
	for _, c := range []struct {
		draft reauth.Draft
		field string
		code  string
	}{
		{reauth.Draft{ProviderID: "nonsense", Name: "x"}, "provider", "provider_unknown"},
		{reauth.Draft{ProviderID: "sample-shop", Name: "  "}, "name", "required"},
		{reauth.Draft{ProviderID: "sample-shop", Name: "MY SAMPLE-SHOP"}, "name", "name_taken"},
		{reauth.Draft{ProviderID: "sample-shop", Name: "x", Method: "oauth1"}, "method", "method_unknown"},
		{reauth.Draft{ProviderID: "sample-shop", Name: "x"}, "api_key", "required"},
		{reauth.Draft{ProviderID: "mysql", Name: "x", Settings: map[string]string{"host": "https://db.example.com", "database": "shop"}}, "host", "host_has_scheme"},
	} {
		_, err := p.reauth.Add(t.Context(), c.draft, nil, reauth.StartOptions{NoBrowser: true})
		problems := integration.Problems(err)
		found := false
		for _, problem := range problems {
			found = found || problem.Field == c.field && problem.Code == c.code
		}
		if !found {
			t.Errorf("%+v: want %s %s, got %v", c.draft, c.field, c.code, err)
		}
	}
	if all, err := p.store.Integrations(t.Context()); err != nil || len(all) != 1 {
		t.Errorf("stored %d integrations, %v", len(all), err)
	}
}

func TestL14TwentyConsentsFinishInReverseOrder(t *testing.T) {
	p := newParts(t)
	var steps []integration.Step
	id, key := p.world.Client("sample-analytics")
	for i := range 20 {
		draft := reauth.Draft{ProviderID: "sample-analytics", Name: string(rune('a' + i)), Values: map[string]string{"client_id": id}}
		step, err := p.reauth.Add(t.Context(), draft, secret.Fields{"client_secret": secret.New(key)}, reauth.StartOptions{NoBrowser: true})
		check(t, err)
		steps = append(steps, step)
	}
	for i := len(steps) - 1; i >= 0; i-- {
		account := sandbox.Ana
		if i%2 == 0 {
			account = sandbox.Bia
		}
		if end := p.consent(steps[i], account, true, nil); end.Outcome.Account.Name != account {
			t.Errorf("consent %d belongs to %+v", i, end.Outcome)
		}
	}
}

func TestConsentSurvivesTheCallThatStartedIt(t *testing.T) {
	p := newParts(t)
	id := p.add("sample-analytics")
	ctx, stop := context.WithCancel(t.Context())
	step, err := p.reauth.Start(ctx, id, reauth.StartOptions{NoBrowser: true})
	check(t, err)
	stop()
	if end := p.consent(step, sandbox.Ana, true, nil); end.Outcome.Result != integration.ResultReplaced {
		t.Errorf("ended with %+v", end.Outcome)
	}
}

func TestL15CancelWhileTheNewGrantIsTriedChangesNothing(t *testing.T) {
	p := newParts(t)
	id := p.add("sample-analytics")
	before := p.kept(id)
	service := p.world.Service("sample-analytics")
	service.Slow(300*time.Millisecond, sandbox.API)
	asked := service.APIRequests()
	step := p.start(id)
	consented := make(chan error, 1)
	go func() { consented <- p.world.Consent(t.Context(), step.Consent.URL, sandbox.Ana, true, nil) }()
	for service.TokenRequests() < 2 { // the code is being exchanged; the proof comes next
		runtime.Gosched()
	}
	end, err := p.reauth.Cancel(step.Flow)
	check(t, err)
	if end.Outcome.Result != integration.ResultCancelled {
		t.Fatalf("ended with %+v", end.Outcome)
	}
	check(t, <-consented)
	if end, err = p.reauth.Await(t.Context(), step.Flow); err != nil || end.Outcome.Result != integration.ResultCancelled {
		t.Errorf("afterwards %+v, %v", end.Outcome, err)
	}
	acts, err := p.store.Acts(t.Context(), id, 1)
	check(t, err)
	if len(acts) != 1 || acts[0].Args["result"] != string(integration.ResultCancelled) {
		t.Errorf("the audit trail says %+v", acts)
	}
	if diff := cmp.Diff(before, p.kept(id)); diff != "" {
		t.Errorf("something changed:\n%s (%d requests to the API)", diff, service.APIRequests()-asked)
	}
}

func TestWhatIsBrokenOffWhileItIsProvenIsCancelledAndNoFinding(t *testing.T) {
	p := newParts(t)
	p.world.Service("sample-shop").Slow(20*time.Second, sandbox.API)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(200*time.Millisecond, cancel)
	key := secret.New(p.world.Service("sample-shop").APIKey())
	step, err := p.reauth.Add(ctx, reauth.Draft{ProviderID: "sample-shop", Name: "Shop"}, secret.Fields{"api_key": key}, reauth.StartOptions{})
	check(t, err)
	if step.Outcome == nil || step.Outcome.Result != integration.ResultCancelled || step.Outcome.Finding != nil {
		t.Errorf("ended with %+v", step.Outcome)
	}
}
