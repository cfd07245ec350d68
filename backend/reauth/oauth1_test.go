package reauth_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"relink/backend/integration"
	"relink/backend/monitor"
	"relink/backend/reauth"
	"relink/backend/sandbox"
	"relink/backend/secret"
)

const signedMethod = `methods:
  - kind: oauth1
    label: {en: Sign in, pt-BR: Entrar}
    fields:
      - {id: consumer_key, kind: text, label: {en: Key, pt-BR: Chave}}
      - {id: consumer_secret, kind: secret, label: {en: Secret, pt-BR: Segredo}}
    oauth1: {signature: HMAC-SHA256, request_token_url: BASE/signed/request, authorize_url: BASE/signed/authorize, access_token_url: BASE/signed/access, redirect: {REDIRECT}}
`

const fourValues = `methods:
  - kind: oauth1
    label: {en: Four values, pt-BR: Quatro valores}
    fields:
      - {id: consumer_key, kind: text, label: {en: Key, pt-BR: Chave}}
      - {id: consumer_secret, kind: secret, label: {en: Secret, pt-BR: Segredo}}
      - {id: access_token, kind: secret, label: {en: Token, pt-BR: Token}}
      - {id: token_secret, kind: secret, label: {en: Token secret, pt-BR: Segredo do token}}
    oauth1: {signature: HMAC-SHA1}
`

// newSigned is a world with a provider of OAuth 1.0a, and how an integration of it is begun.
func newSigned(t *testing.T, redirect string) (p *parts, begin func() integration.Step) {
	p = newWayInAt(t, strings.Replace(signedMethod, "REDIRECT", redirect, 1), "/signed/orders")
	id, key := p.world.Client("sample-analytics")
	return p, func() integration.Step {
		return p.addTo("way-in", map[string]string{"consumer_key": id}, map[string]string{"consumer_secret": key})
	}
}

func TestOAuth1ConsentComesBackByItself(t *testing.T) {
	p, begin := newSigned(t, "kind: loopback")
	step := begin()
	if step.Kind != integration.StepConsent || step.Consent.Paste || step.Consent.Pin {
		t.Fatalf("got %+v", step)
	}
	end := p.consent(step, sandbox.Ana, true, nil)
	if end.Outcome == nil || end.Outcome.Result != integration.ResultAdded || end.Outcome.Account.Name != sandbox.Ana {
		t.Fatalf("ended with %+v", end.Outcome)
	}
	id := end.Outcome.IntegrationID
	if state, err := p.monitor.Check(t.Context(), id, monitor.Asked); err != nil || state.Status != integration.StatusConnected {
		t.Errorf("the signed check: %s, %v", state.Status, err)
	}
	if kept := p.kept(id); !strings.Contains(kept.Secret, "token_secret") || kept.Grant.Public["consumer_key"] == "" {
		t.Errorf("kept %v", kept.Grant.Public)
	}
}

func TestOAuth1NumberIsTypedIn(t *testing.T) {
	p, begin := newSigned(t, "kind: pin")
	step := begin()
	if !step.Consent.Pin || step.Consent.Paste {
		t.Fatalf("got %+v", step.Consent)
	}
	if again := p.paste(step, "  "); len(again.Problems) != 1 || again.Problems[0].Code != "pasted_no_code" {
		t.Errorf("nothing typed: %+v", again)
	}
	number, err := p.world.ConsentNumber(t.Context(), step.Consent.URL, sandbox.Ana)
	check(t, err)
	if end := p.paste(step, " "+number[:4]+" "+number[4:]); end.Outcome == nil || end.Outcome.Result != integration.ResultAdded {
		t.Errorf("ended with %+v", end)
	}
}

func TestOAuth1AddressIsPasted(t *testing.T) {
	p, begin := newSigned(t, "kind: paste, uri: https://app.example/oauth/done")
	p.relay = "https://agency.example/relay" // this protocol cannot use it
	step := begin()
	if !step.Consent.Paste || step.Consent.Relay || step.Consent.RedirectURI != registered {
		t.Fatalf("got %+v", step.Consent)
	}
	address, err := p.world.ConsentAddress(t.Context(), step.Consent.URL, sandbox.Ana, true, nil)
	check(t, err)
	if end := p.paste(step, address); end.Outcome == nil || end.Outcome.Result != integration.ResultAdded {
		t.Errorf("ended with %+v", end)
	}
}

func TestL16OAuth1ReconnectThatFailsLeavesEverythingAsItWas(t *testing.T) {
	p, begin := newSigned(t, "kind: loopback")
	id := p.consent(begin(), sandbox.Ana, true, nil).Outcome.IntegrationID
	service := p.world.Service("sample-analytics")
	before := p.kept(id)
	for _, c := range []struct {
		name string
		act  func() integration.Step
		want integration.Result
	}{
		{"refused", func() integration.Step { return p.consent(p.start(id), sandbox.Ana, false, nil) }, integration.ResultDenied},
		{"the verifier is no longer taken", func() integration.Step {
			step := p.start(id)
			service.Status(401, sandbox.Token)
			return p.consent(step, sandbox.Ana, true, nil)
		}, integration.ResultExchange},
		{"no temporary token", func() integration.Step { return p.start(id) }, integration.ResultExchange},
		{"the API is down", func() integration.Step {
			check(t, service.Heal())
			step := p.start(id)
			service.Status(503, sandbox.API)
			return p.consent(step, sandbox.Ana, true, nil)
		}, integration.ResultNotProven},
	} {
		t.Run(c.name, func(t *testing.T) {
			end := c.act()
			if end.Outcome == nil || end.Outcome.Result != c.want {
				t.Errorf("want %s, ended with %+v", c.want, end.Outcome)
			}
			if diff := cmp.Diff(before, p.kept(id)); diff != "" {
				t.Errorf("something changed:\n%s", diff)
			}
		})
	}
	check(t, service.Heal())
	service.Revoke()
	if state, err := p.monitor.Check(t.Context(), id, monitor.Asked); err != nil || state.Finding.OK() {
		t.Errorf("a revoked token: %+v, %v", state.Finding, err)
	}
	if end := p.consent(p.start(id), sandbox.Ana, true, nil); end.Outcome.Result != integration.ResultReplaced {
		t.Errorf("the repair ended with %+v", end.Outcome)
	}
}

// Where the shop gives out all four values, they are typed, tried and kept.
func TestOAuth1FourValuesAreAForm(t *testing.T) {
	p, begin := newSigned(t, "kind: loopback")
	first := p.consent(begin(), sandbox.Ana, true, nil).Outcome.IntegrationID
	held, err := secret.Open(secret.New(p.kept(first).Secret))
	check(t, err)
	p.wayInAt("typed", fourValues, "/signed/orders")
	id, key := p.world.Client("sample-analytics")
	values := map[string]string{"consumer_secret": key, "access_token": held["access_token"].Reveal(), "token_secret": "wrong"}
	step := p.addTo("typed", map[string]string{"consumer_key": id}, values)
	if step.Kind != integration.StepForm || step.Outcome == nil || step.Outcome.Result != integration.ResultNotProven {
		t.Fatalf("a wrong value: %+v", step)
	}
	end, err := p.reauth.Answer(t.Context(), step.Flow, integration.Answer{}, secret.Fields{"token_secret": held["token_secret"]})
	check(t, err)
	if end.Outcome == nil || end.Outcome.Result != integration.ResultAdded {
		t.Fatalf("ended with %+v", end)
	}
	if form := p.start(end.Outcome.IntegrationID); form.Kind != integration.StepForm || len(form.Fields) != 4 {
		t.Errorf("reconnecting asks with %+v", form)
	}
	if _, err := p.reauth.Add(t.Context(), reauth.Draft{ProviderID: "typed", Name: "Half", Values: map[string]string{"consumer_key": id}}, nil, reauth.StartOptions{}); len(integration.Problems(err)) != 3 {
		t.Errorf("three missing values: %v", err)
	}
}
