package reauth_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"relink/backend/integration"
	"relink/backend/monitor"
	"relink/backend/sandbox"
	"relink/backend/secret"
)

// rotated is an integration whose client secret was replaced at the provider, and which was found broken by it.
func rotated(t *testing.T) (p *parts, id string, form integration.Step) {
	t.Helper()
	p = newParts(t)
	id = p.add("sample-analytics")
	service := p.world.Service("sample-analytics")
	service.RotateSecret()
	service.ExpireAccess()
	state, err := p.monitor.Check(t.Context(), id, monitor.Asked)
	check(t, err)
	if state.Finding.Next != integration.NextFixOAuthApp {
		t.Fatalf("the next step is %s: %+v", state.Finding.Next, state.Finding)
	}
	return p, id, p.start(id)
}

func (p *parts) client(form integration.Step, id, key string) integration.Step {
	p.t.Helper()
	values := map[string]string{}
	if id != "" {
		values["client_id"] = id
	}
	next, err := p.reauth.Answer(p.t.Context(), form.Flow, integration.Answer{Values: values}, secret.Fields{"client_secret": secret.New(key)})
	check(p.t, err)
	return next
}

func TestRotatedClientSecretAsksForTheClientAndNotForConsent(t *testing.T) {
	p, id, form := rotated(t)
	before := p.kept(id)
	if form.Kind != integration.StepForm || form.App == nil || form.Values["client_id"] == "" {
		t.Fatalf("want the client's form, got %+v", form)
	}
	for _, f := range form.Fields {
		if f.ID == "client_secret" && f.Optional {
			t.Error("the secret that was refused may be left out")
		}
	}
	_, key := p.world.Client("sample-analytics")
	end := p.client(form, "", key)
	if end.Outcome == nil || end.Outcome.Result != integration.ResultReplaced || len(end.Outcome.Repaired) != 1 {
		t.Fatalf("ended with %+v", end)
	}
	after := p.kept(id)
	if diff := cmp.Diff(before.Integration, after.Integration); diff != "" {
		t.Errorf("the integration changed:\n%s", diff)
	}
	if after.Grant.ObtainedAt != before.Grant.ObtainedAt || after.Grant.Account != before.Grant.Account || after.Grant.Version != before.Grant.Version+1 {
		t.Errorf("the grant is another one: %+v, was %+v", after.Grant, before.Grant)
	}
	seen, err := p.monitor.One(id)
	check(t, err)
	if seen.State.Status != integration.StatusConnected || seen.State.Incident != nil {
		t.Errorf("after the repair: %s, incident %v", seen.State.Status, seen.State.Incident)
	}
	acts, err := p.store.Acts(t.Context(), id, 1)
	check(t, err)
	if len(acts) != 1 || acts[0].What != "client_replaced" {
		t.Errorf("the audit trail says %+v", acts)
	}
	// The new secret was kept: the next renewal works without anybody.
	p.world.Service("sample-analytics").ExpireAccess()
	if state, err := p.monitor.Check(t.Context(), id, monitor.Asked); err != nil || state.Status != integration.StatusConnected {
		t.Errorf("the next renewal: %s, %v", state.Status, err)
	}
}

func TestClientThatCannotRenewLeadsToConsent(t *testing.T) {
	for _, c := range []struct {
		name  string
		world func(*parts) (id, key string)
		end   integration.Result
	}{
		{"the grant is dead, too", func(p *parts) (string, string) {
			p.world.Service("sample-analytics").Revoke()
			_, key := p.world.Client("sample-analytics")
			return "", key
		}, integration.ResultReplaced},
		{"a secret that is wrong again", func(*parts) (string, string) { return "", "cs_wrong" }, integration.ResultExchange},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, id, form := rotated(t)
			before := p.kept(id)
			clientID, key := c.world(p)
			step := p.client(form, clientID, key)
			if step.Kind != integration.StepConsent {
				t.Fatalf("want a consent, got %+v", step)
			}
			if diff := cmp.Diff(before, p.kept(id)); diff != "" {
				t.Errorf("the refused try changed something:\n%s", diff)
			}
			if end := p.consent(step, sandbox.Ana, true, nil); end.Outcome.Result != c.end {
				t.Errorf("ended with %+v", end.Outcome)
			}
		})
	}
}

func TestAnotherClientIsNeverSentTheOldRefreshToken(t *testing.T) {
	p, _, form := rotated(t)
	service := p.world.Service("sample-analytics")
	asked := service.TokenRequests()
	if step := p.client(form, "another-client", "cs_other"); step.Kind != integration.StepConsent {
		t.Fatalf("want a consent, got %+v", step)
	}
	if n := service.TokenRequests() - asked; n != 0 {
		t.Errorf("%d requests reached the token endpoint", n)
	}
}
