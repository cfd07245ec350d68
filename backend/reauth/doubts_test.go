package reauth_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"relink/backend/integration"
	"relink/backend/reauth"
	"relink/backend/sandbox"
	"relink/backend/secret"
)

// choose answers a question.
func (p *parts) choose(step integration.Step, choice string) integration.Step {
	p.t.Helper()
	if step.Kind != integration.StepConfirm {
		p.t.Fatalf("want a question, got %+v", step)
	}
	next, err := p.reauth.Answer(p.t.Context(), step.Flow, integration.Answer{Choice: choice}, nil)
	check(p.t, err)
	return next
}

func TestPersonSwitchesTheAccountKnowingly(t *testing.T) {
	p := newParts(t)
	id := p.add("sample-analytics")
	before := p.kept(id)
	service := p.world.Service("sample-analytics")
	exchanged := service.TokenRequests()
	step := p.consent(p.start(id), sandbox.Bia, true, nil)
	q := step.Question
	if step.Kind != integration.StepConfirm || q == nil || q.Account.Name != sandbox.Bia || q.Expected.Name != sandbox.Ana {
		t.Fatalf("want a question about both accounts, got %+v %+v", step, q)
	}
	if len(q.Lost) != 2 || len(q.Kept) != 0 {
		t.Errorf("lost %v, kept %v", q.Lost, q.Kept)
	}
	if again := p.choose(step, "nonsense"); again.Kind != integration.StepConfirm {
		t.Errorf("a choice that was not offered led to %+v", again)
	}
	end := p.choose(step, integration.ChoiceSwitch)
	if end.Outcome == nil || end.Outcome.Result != integration.ResultReplaced || end.Outcome.Account.Name != sandbox.Bia {
		t.Fatalf("ended with %+v", end.Outcome)
	}
	if end.Outcome.Text.Key != "outcome.switched" || end.Outcome.Expected.Name != sandbox.Ana {
		t.Errorf("the outcome says %+v", end.Outcome.Text)
	}
	if n := service.TokenRequests() - exchanged; n != 1 {
		t.Errorf("%d requests to the token endpoint, want the one exchange", n)
	}
	after := p.kept(id)
	if after.Grant.Account.Name != sandbox.Bia || after.Grant.Resources[0].ID != "shop_7" || after.Secret == before.Secret {
		t.Errorf("the grant is %+v", after.Grant)
	}
	acts, err := p.store.Acts(t.Context(), id, 1)
	check(t, err)
	if acts[0].What != "switched" || acts[0].Args["account"] != sandbox.Bia || acts[0].Args["expected"] != sandbox.Ana {
		t.Errorf("the audit trail says %+v", acts[0])
	}
	seen, err := p.monitor.One(id)
	check(t, err)
	if seen.State.Status != integration.StatusConnected {
		t.Errorf("afterwards %s: %+v", seen.State.Status, seen.State.Finding)
	}
}

func TestPersonGoesOnWithoutALostResource(t *testing.T) {
	p := newParts(t)
	id := p.add("sample-analytics")
	p.world.Service("sample-analytics").HideShop("shop_2")
	step := p.consent(p.start(id), sandbox.Ana, true, nil)
	if q := step.Question; q == nil || len(q.Lost) != 1 || q.Lost[0].ID != "shop_2" || len(q.Kept) != 1 || q.Kept[0].ID != "shop_1" {
		t.Fatalf("the question is %+v", step.Question)
	}
	if end := p.choose(step, integration.ChoiceSwitch); end.Outcome.Result != integration.ResultReplaced {
		t.Fatalf("ended with %+v", end.Outcome)
	}
	if r := p.kept(id).Grant.Resources; len(r) != 1 {
		t.Errorf("the grant sees %v", r)
	}
	acts, err := p.store.Acts(t.Context(), id, 1)
	check(t, err)
	if acts[0].What != "reconnected_less" || !strings.Contains(acts[0].Args["missing"], "shop_2") {
		t.Errorf("the audit trail says %+v", acts[0])
	}
}

func TestNothingIsMissedOnAListThatGoesOn(t *testing.T) {
	p := newParts(t, strings.NewReplacer("resources: {list: shops,", "resources: {list: shops, more: orders,"))
	id := p.add("sample-analytics")
	p.world.Service("sample-analytics").HideShop("shop_2")
	end := p.consent(p.start(id), sandbox.Ana, true, nil)
	if end.Outcome == nil || end.Outcome.Result != integration.ResultReplaced {
		t.Errorf("ended with %+v", end)
	}
}

func TestUntickedBoxIsAskedForOnceMore(t *testing.T) {
	p := newParts(t)
	id := p.add("sample-analytics")
	first := p.start(id)
	second := p.consent(first, sandbox.Ana, true, []string{sandbox.ScopeOrders})
	if second.Kind != integration.StepConsent || second.Notice == nil {
		t.Fatalf("want one more consent, got %+v", second)
	}
	if w := second.Wanted; len(w) != 1 || w[0].ID != sandbox.ScopeProfile || w[0].Why.In("pt-BR") == "" {
		t.Errorf("still wanted: %+v", w)
	}
	if strings.Contains(first.Consent.URL, "prompt=consent") || !strings.Contains(second.Consent.URL, "prompt=consent") {
		t.Errorf("the first consent is %s\nthe second %s", first.Consent.URL, second.Consent.URL)
	}
	if end := p.consent(second, sandbox.Ana, true, nil); end.Outcome == nil || end.Outcome.Result != integration.ResultReplaced {
		t.Errorf("ended with %+v", end)
	}
}

func TestSecondConsentCanBePasted(t *testing.T) {
	p := newParts(t)
	step := p.start(p.add("sample-analytics"))
	for _, scopes := range [][]string{{sandbox.ScopeOrders}, nil} {
		address, err := p.world.ConsentAddress(t.Context(), step.Consent.URL, sandbox.Ana, true, scopes)
		check(t, err)
		step = p.paste(step, address)
	}
	if step.Outcome == nil || step.Outcome.Result != integration.ResultReplaced {
		t.Errorf("ended with %+v", step)
	}
}

func TestSupersetOfAScopeCounts(t *testing.T) {
	// What the provider names needed is never granted by that name, but by the wider one.
	p := newParts(t, strings.NewReplacer("        - id: "+sandbox.ScopeProfile+"\n", "        - id: openid\n          aliases: ["+sandbox.ScopeOrders+"]\n"))
	p.add("sample-analytics")
}

func TestAnotherKeyOfAnotherAccountIsAQuestionToo(t *testing.T) {
	p := newParts(t)
	id := p.add("sample-shop")
	before := p.kept(id)
	key, err := p.world.Service("sample-shop").NewAPIKey(sandbox.Bia)
	check(t, err)
	answer := func() integration.Step {
		step, err := p.reauth.Answer(t.Context(), p.start(id).Flow, integration.Answer{}, secret.Fields{"api_key": secret.New(key)})
		check(t, err)
		return step
	}
	if end := p.choose(answer(), integration.ChoiceKeep); end.Outcome.Result != integration.ResultWrongAccount || p.kept(id).Secret != before.Secret {
		t.Errorf("ended with %+v", end.Outcome)
	}
	if end := p.choose(answer(), integration.ChoiceSwitch); end.Outcome.Result != integration.ResultReplaced {
		t.Errorf("ended with %+v", end.Outcome)
	}
}

func TestAccountThatLacksScopesIsNotOfferedForASwitch(t *testing.T) {
	p := newParts(t)
	id := p.add("sample-analytics")
	end := p.consent(p.start(id), sandbox.Bia, true, []string{sandbox.ScopeOrders})
	if end.Outcome == nil || end.Outcome.Result != integration.ResultWrongAccount {
		t.Errorf("ended with %+v", end)
	}
}

func TestOutcomeTellsWhenAPersonIsNeededAgain(t *testing.T) {
	p := newParts(t)
	id := p.add("sample-analytics")
	end := p.consent(p.start(id), sandbox.Ana, true, nil)
	if at := p.kept(id).Grant.ExpiresAt; at.IsZero() || end.Outcome.ExpiresAt.Sub(at).Abs().Milliseconds() > 1 {
		t.Errorf("the outcome says %v, the grant %v", end.Outcome.ExpiresAt, at)
	}
}

func TestWhoAsksLateHearsOfTheSecondConsent(t *testing.T) {
	p := newParts(t)
	id := p.add("sample-analytics")
	opened := make(chan string, 2)
	p.reauth.Browser = func(_ context.Context, url string, _ []string) error {
		opened <- url
		return nil
	}
	first, err := p.reauth.Start(t.Context(), id, reauth.StartOptions{})
	check(t, err)
	check(t, p.world.Consent(t.Context(), <-opened, sandbox.Ana, true, []string{sandbox.ScopeOrders}))
	<-opened // the second consent is there, and nobody has asked
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
	defer stop()
	second, err := p.reauth.Await(ctx, first.Flow)
	check(t, err)
	if second.Kind != integration.StepConsent || len(second.Wanted) != 1 {
		t.Errorf("want the second consent, got %+v", second)
	}
}
