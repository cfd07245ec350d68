package reauth_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"relink/backend/catalog"
	"relink/backend/integration"
	"relink/backend/monitor"
	"relink/backend/reauth"
	"relink/backend/secret"
)

const clientMethod = `methods:
  - kind: oauth2_client_credentials
    label: {en: App, pt-BR: App}
    fields:
      - {id: client_id, kind: text, label: {en: Client ID, pt-BR: ID do cliente}}
      - {id: client_secret, kind: secret, label: {en: Client secret, pt-BR: Chave secreta}}
    headers: {Authorization: "Bearer {access_token}"}
    lifetime: {access: 1h}
    oauth: {token_url: BASE/token, client_auth: header, scopes: [{id: read_orders, why: {en: Orders., pt-BR: Pedidos.}}, {id: read_profile, why: {en: Profile., pt-BR: Perfil.}}]}
`

const accountMethod = `methods:
  - kind: service_account
    label: {en: Service account, pt-BR: Conta de serviço}
    import: google_service_account
    fields:
      - {id: client_email, kind: text, label: {en: E-mail, pt-BR: E-mail}}
      - {id: private_key, kind: secret, label: {en: Private key, pt-BR: Chave privada}}
      - {id: private_key_id, kind: text, label: {en: Key ID, pt-BR: ID da chave}, optional: true}
    headers: {Authorization: "Bearer {access_token}"}
    lifetime: {access: 1h}
    assertion: {audience: BASE/token}
    oauth: {token_url: BASE/token, client_auth: none, scopes: [{id: read_orders, why: {en: Orders., pt-BR: Pedidos.}}, {id: read_profile, why: {en: Profile., pt-BR: Perfil.}}]}
`

// newWayIn is a world with a provider that has this one way into Sample Analytics.
func newWayIn(t *testing.T, method string) *parts { return newWayInAt(t, method, "/api/orders") }

// newWayInAt does the same, proven by a read of this path.
func newWayInAt(t *testing.T, method, path string) *parts {
	t.Helper()
	p := newParts(t)
	p.wayInAt("way-in", method, path)
	return p
}

func (p *parts) wayInAt(id, method, path string) {
	p.t.Helper()
	service := p.world.Service("sample-analytics")
	before, rest, _ := strings.Cut(string(service.ProviderYAML()), "methods:\n")
	_, after, _ := strings.Cut(rest, "probe:\n")
	yaml := strings.Replace(before, "id: sample-analytics", "id: "+id, 1) + strings.ReplaceAll(method, "BASE", service.URL()) +
		"probe:\n" + strings.Replace(after, service.URL()+"/api/orders", service.URL()+path, 1)
	provider, err := catalog.Parse(id, []byte(yaml))
	check(p.t, err)
	check(p.t, p.catalog.Add(provider))
}

func TestClientCredentialsAreTriedKeptAndRenewedWithoutAnybody(t *testing.T) {
	p := newWayIn(t, clientMethod)
	service := p.world.Service("sample-analytics")
	id, key := service.Client()
	refused := p.addTo("way-in", map[string]string{"client_id": id}, map[string]string{"client_secret": "cs_wrong"})
	if refused.Kind != integration.StepForm || refused.Outcome == nil || refused.Outcome.Finding == nil || refused.Outcome.Finding.Cause != integration.CauseOAuthApp {
		t.Fatalf("want the form with the reason, got %+v", refused.Outcome)
	}
	end, err := p.reauth.Answer(t.Context(), refused.Flow, integration.Answer{}, secret.Fields{"client_secret": secret.New(key)})
	check(t, err)
	if end.Outcome == nil || end.Outcome.Result != integration.ResultAdded {
		t.Fatalf("ended with %+v", end)
	}
	added := end.Outcome.IntegrationID
	service.ExpireAccess()
	if state, err := p.monitor.Check(t.Context(), added, monitor.Asked); err != nil || state.Status != integration.StatusConnected {
		t.Errorf("after the access token's end: %s, %v", state.Status, err)
	}
	// The secret is rotated: the form asks for the new one, and a wrong one changes nothing.
	service.RotateSecret()
	service.ExpireAccess()
	before := p.kept(added)
	form := p.start(added)
	if form.Kind != integration.StepForm || form.Values["client_id"] != id {
		t.Fatalf("want the form, got %+v", form)
	}
	again, err := p.reauth.Answer(t.Context(), form.Flow, integration.Answer{}, secret.Fields{"client_secret": secret.New(key)})
	check(t, err)
	if again.Kind != integration.StepForm || again.Outcome.Result != integration.ResultExchange {
		t.Errorf("the old secret: %+v", again)
	}
	if diff := cmp.Diff(before, p.kept(added)); diff != "" {
		t.Errorf("something changed:\n%s", diff)
	}
	_, key = service.Client()
	if end, err = p.reauth.Answer(t.Context(), form.Flow, integration.Answer{}, secret.Fields{"client_secret": secret.New(key)}); err != nil || end.Outcome.Result != integration.ResultReplaced {
		t.Errorf("the new secret: %+v, %v", end.Outcome, err)
	}
}

func (p *parts) bringAccount(file []byte) integration.Step {
	p.t.Helper()
	p.added++
	draft := reauth.Draft{ProviderID: "way-in", Name: "Robot", Choice: reauth.ChoiceImport}
	form, err := p.reauth.Add(p.t.Context(), draft, secret.Fields{reauth.ChoiceImport: secret.New(string(file))}, reauth.StartOptions{})
	check(p.t, err)
	if len(form.Problems) > 0 {
		return form
	}
	next, err := p.reauth.Answer(p.t.Context(), form.Flow, integration.Answer{}, nil)
	check(p.t, err)
	return next
}

func TestServiceAccountIsItsFileAndNothingElse(t *testing.T) {
	p := newWayIn(t, accountMethod)
	service := p.world.Service("sample-analytics")
	file, err := service.ServiceAccountFile()
	check(t, err)
	end := p.bringAccount(file)
	if end.Outcome == nil || end.Outcome.Result != integration.ResultAdded {
		t.Fatalf("ended with %+v", end)
	}
	added := end.Outcome.IntegrationID
	service.ExpireAccess()
	if state, err := p.monitor.Check(t.Context(), added, monitor.Asked); err != nil || state.Status != integration.StatusConnected {
		t.Errorf("after the access token's end: %s, %v", state.Status, err)
	}
	if kept := p.kept(added); kept.Grant.Public["private_key_id"] == "" || kept.Grant.Public["private_key"] != "" {
		t.Errorf("the public parts are %v", kept.Grant.Public)
	}
	// An administrator deletes the key: a person must bring a new file.
	service.DeleteServiceKeys()
	service.ExpireAccess()
	state, err := p.monitor.Check(t.Context(), added, monitor.Asked)
	check(t, err)
	if state.Status != integration.StatusNeedsReauthorization {
		t.Errorf("after the key's end: %s, %+v", state.Status, state.Finding)
	}
	file, err = service.ServiceAccountFile()
	check(t, err)
	form := p.start(added)
	form, err = p.reauth.Answer(t.Context(), form.Flow, integration.Answer{Choice: reauth.ChoiceImport}, secret.Fields{reauth.ChoiceImport: secret.New(string(file))})
	check(t, err)
	if end, err = p.reauth.Answer(t.Context(), form.Flow, integration.Answer{}, nil); err != nil || end.Outcome == nil || end.Outcome.Result != integration.ResultReplaced {
		t.Errorf("the new file: %+v, %v", end, err)
	}
}

func TestServiceAccountKeyThatIsNoneNamesTheField(t *testing.T) {
	p := newWayIn(t, accountMethod)
	asked := p.world.Service("sample-analytics").TokenRequests()
	step := p.bringAccount([]byte(accountAs))
	if step.Kind != integration.StepForm || len(step.Problems) != 1 || step.Problems[0].Field != "private_key" || step.Problems[0].Code != "key_unreadable" {
		t.Errorf("got %+v", step)
	}
	if n := p.world.Service("sample-analytics").TokenRequests() - asked; n != 0 {
		t.Errorf("%d requests were sent", n)
	}
	var file map[string]string
	good, err := p.world.Service("sample-analytics").ServiceAccountFile()
	check(t, err)
	check(t, json.Unmarshal(good, &file))
	file["client_email"] = "somebody@else.example"
	wrong, err := json.Marshal(file)
	check(t, err)
	if step := p.bringAccount(wrong); step.Outcome == nil || step.Outcome.Result != integration.ResultExchange || step.Outcome.Finding == nil {
		t.Errorf("a key of somebody else: %+v", step)
	}
}
