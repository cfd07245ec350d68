package reauth_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"relink/backend/integration"
	"relink/backend/reauth"
	"relink/backend/sandbox"
	"relink/backend/secret"
)

const (
	kindCode  = "  - kind: oauth2_code\n"
	accountAs = `{"type": "service_account", "project_id": "p", "private_key_id": "k1", "private_key": "CNRY-pem", "client_email": "robot@p.iam.example"}`
)

// newImport is a world with a provider that takes Google's client file.
func newImport(t *testing.T) *parts {
	p := newParts(t)
	p.provide("imported", "sample-analytics", kindCode, kindCode+"    import: google_client\n")
	return p
}

func (p *parts) bring(file string) integration.Step {
	p.t.Helper()
	draft := reauth.Draft{ProviderID: "imported", Name: "Imported", Choice: reauth.ChoiceImport}
	step, err := p.reauth.Add(p.t.Context(), draft, secret.Fields{reauth.ChoiceImport: secret.New(file)}, reauth.StartOptions{NoBrowser: true})
	check(p.t, err)
	return step
}

func TestImportedFileFillsTheFormInAndIsTriedNext(t *testing.T) {
	for _, kind := range []string{"installed", "web"} {
		t.Run(kind, func(t *testing.T) {
			p := newImport(t)
			id, key := p.world.Client("sample-analytics")
			step := p.bring(fmt.Sprintf("\ufeff"+`{%q: {"client_id": %q, "client_secret": %q, "redirect_uris": ["http://localhost"]}}`, kind, id, key))
			if step.Kind != integration.StepForm || step.Values["client_id"] != id || len(step.Problems) > 0 || step.Notice == nil {
				t.Fatalf("want the form, filled in: %+v", step)
			}
			for _, f := range step.Fields {
				if f.ID == "client_secret" && !f.Optional {
					t.Error("the form asks for the secret that the file brought")
				}
			}
			shown, err := json.Marshal(step)
			check(t, err)
			if strings.Contains(string(shown), key) {
				t.Error("the step shows the secret")
			}
			next, err := p.reauth.Answer(t.Context(), step.Flow, integration.Answer{}, nil)
			check(t, err)
			if end := p.consent(next, sandbox.Ana, true, nil); end.Outcome.Result != integration.ResultAdded {
				t.Errorf("ended with %+v", end.Outcome)
			}
		})
	}
}

func TestWrongFileIsNamedAndNothingOfItIsKept(t *testing.T) {
	for _, c := range []struct{ name, file, code string }{
		{"nothing", "", "import_empty"},
		{"a text", "CNRY", "import_not_json"},
		{"a service account", accountAs, "import_is_account"},
		{"a person's login", `{"type": "authorized_user", "client_id": "x", "client_secret": "CNRY", "refresh_token": "CNRY"}`, "import_is_login"},
		{"another file", `{"name": "package.json"}`, "import_other"},
		{"a file without the secret", `{"installed": {"client_id": "x"}}`, "import_incomplete"},
		{"a file without the ID", `{"web": {"client_secret": "CNRY"}}`, "import_incomplete"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newImport(t)
			step := p.bring(c.file)
			if step.Kind != integration.StepForm || len(step.Problems) != 1 || step.Problems[0].Field != "import" || step.Problems[0].Code != c.code {
				t.Fatalf("want %s, got %+v", c.code, step.Problems)
			}
			if step.Values["client_id"] != "" || strings.Contains(fmt.Sprintf("%+v", step), "CNRY") {
				t.Errorf("something of the file was kept: %+v", step)
			}
			next, err := p.reauth.Answer(t.Context(), step.Flow, integration.Answer{}, nil)
			check(t, err)
			if len(next.Problems) != 2 {
				t.Errorf("the form is complete without what was typed: %+v", next)
			}
		})
	}
}

// A rotated client secret is repaired with the file alone, too: no consent, the same refresh token's grant.
func TestReconnectWithAFileAfterARotatedSecretNeedsNoConsent(t *testing.T) {
	p := newImport(t)
	id, key := p.world.Client("sample-analytics")
	file := func(secret string) string {
		return fmt.Sprintf(`{"installed": {"client_id": %q, "client_secret": %q}}`, id, secret)
	}
	next, err := p.reauth.Answer(t.Context(), p.bring(file(key)).Flow, integration.Answer{}, nil)
	check(t, err)
	added := p.consent(next, sandbox.Ana, true, nil).Outcome.IntegrationID
	p.world.Service("sample-analytics").RotateSecret()
	_, key = p.world.Client("sample-analytics")
	step, err := p.reauth.Start(t.Context(), added, reauth.StartOptions{NoBrowser: true, AskClient: true})
	check(t, err)
	step, err = p.reauth.Answer(t.Context(), step.Flow, integration.Answer{Choice: reauth.ChoiceImport}, secret.Fields{reauth.ChoiceImport: secret.New(file(key))})
	check(t, err)
	end, err := p.reauth.Answer(t.Context(), step.Flow, integration.Answer{}, nil)
	check(t, err)
	if end.Outcome == nil || end.Outcome.Result != integration.ResultReplaced {
		t.Errorf("ended with %+v", end)
	}
}
