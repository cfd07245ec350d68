package catalog

import (
	"strings"
	"testing"

	"relink/backend/integration"
)

// twoWays is the valid provider with a login beside its key, which answers the two differently.
var twoWays = strings.NewReplacer("    lifetime: {grant: 90d}\n", `    lifetime: {grant: 90d}
  - kind: basic
    label: {en: Login, pt-BR: Login}
    fields:
      - id: username
        kind: text
        label: {en: User, pt-BR: Usuário}
      - id: password
        kind: secret
        label: {en: Password, pt-BR: Senha}
    headers: {Authorization: "{basic:{username}:{password}}"}
`, "answers:\n", "answers:\n  - {at: api, methods: [basic], path: error, equals: [dead], meaning: login_refused}\n").Replace(valid)

func TestAnswerOfOneWayInIsNoneOfAnothers(t *testing.T) {
	p, err := Parse("sample/provider.yaml", []byte(twoWays))
	if err != nil {
		t.Fatal(err)
	}
	if err := compiledSchema(t).Validate(asJSON(t, []byte(twoWays))); err != nil {
		t.Error(err)
	}
	for method, want := range map[integration.Method]integration.Meaning{
		integration.MethodAPIKey: integration.MeaningCredentialDead, integration.MethodBasic: integration.MeaningLoginRefused,
	} {
		if a, ok, code := Match(p.Answers, "api", method, 401, nil, []byte(`{"error": "dead"}`), ""); !ok || a.Meaning != want || code != "dead" {
			t.Errorf("%s: %s, %t, %q", method, a.Meaning, ok, code)
		}
	}
	// A case without a method is one of every way in, and must come out the same.
	wanted := Want{Meaning: integration.MeaningLoginRefused, Code: "dead"}
	answered := Case{Name: "dead", At: "api", Status: 401, Body: `{"error": "dead"}`, Want: wanted}
	if problem := p.problem(answered); !strings.Contains(problem, "(method api_key)") {
		t.Errorf("a case of all ways: %q", problem)
	}
	for method, want := range map[integration.Method]string{"basic": "", "api_key": "got ", "oauth1": "there is no method oauth1"} {
		answered.Method = method
		if problem := p.problem(answered); (want == "") != (problem == "") || !strings.Contains(problem, want) {
			t.Errorf("%s: %q", method, problem)
		}
	}
}

func TestAnswerOfAWayInIsRefusedWhereItCannotBe(t *testing.T) {
	for to, want := range map[string]string{
		"{at: api, methods: [oauth1],":         `:36: answers[0].methods[0]: the provider has no method oauth1`,
		"{at: api, methods: [basic, basic],":   `:36: answers[0].methods[1]: basic is there twice`,
		"{at: api, methods: [basic, api_key],": `:36: answers[0].methods: these are all methods; leave it out`,
		"{at: token, methods: [basic],":        `:36: answers[0].methods[0]: nobody answers the method basic at token`,
		"{at: api, methods: basic,":            `:36: `,
		"{at: api, method: [basic],":           `:36: `,
	} {
		text := strings.Replace(twoWays, "{at: api, methods: [basic],", to, 1)
		if _, err := Parse("sample/provider.yaml", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", to, err, want)
		}
	}
}
