package catalog

import (
	"net/http"
	"testing"

	"relink/backend/integration"
)

func TestMatchTakesTheFirstAnswerThatFits(t *testing.T) {
	answers := []Answer{
		{At: "api", Status: []int{401}, Path: "error.details.#.reason", Equals: []string{"EXPIRED"}, Meaning: "access_expired"},
		{At: "api", Status: []int{401}, Path: "error.details.#.errors.#.code", Matches: "^DEAD_", Meaning: "credential_dead"},
		{At: "api", Status: []int{429}, Header: "Retry-After", Meaning: "rate_limited"},
		{At: "api", Status: []int{403}, Matches: "no.such", Code: "named", Meaning: "permission_denied"},
		{At: "api", Path: "code", Equals: []string{"7"}, Meaning: "resource_gone"},
		{At: "api", Status: []int{200}, Path: "code", Equals: []string{"9"}, Meaning: "scope_missing"},
		{At: "token", Path: "error", Equals: []string{"invalid_grant"}, Matches: "deleted", Meaning: "account_disabled"},
		{At: "token", Path: "error_description", Matches: "locked", Code: "locked", Meaning: "account_disabled"},
		{At: "token", Path: "error", Equals: []string{"invalid_grant"}, Meaning: "credential_dead"},
		{At: "driver", Equals: []string{"28000"}, Matches: "SSL off", Meaning: "tls_required"},
		{At: "driver", Equals: []string{"28000"}, Meaning: "login_refused"},
	}
	for _, tc := range []struct {
		name, at string
		status   int
		header   http.Header
		body     string
		code     string
		want     integration.Meaning
		wantCode string
	}{
		{"any element of an array", "api", 401, nil, `{"error":{"details":[{"reason":"A"},{"reason":"EXPIRED"}]}}`, "", "access_expired", "EXPIRED"},
		{"arrays within arrays", "api", 401, nil, `{"error":{"details":[{"errors":[{"code":"A"}]},{"errors":[{"code":"DEAD_1"}]}]}}`, "", "credential_dead", "DEAD_1"},
		{"another status", "api", 402, nil, `{"error":{"details":[{"reason":"EXPIRED"}]}}`, "", "", ""},
		{"header there", "api", 429, http.Header{"Retry-After": {"1"}}, "", "", "rate_limited", "429"},
		{"header missing", "api", 429, nil, "", "", "", ""},
		{"text of a page", "api", 403, nil, "<p>no such</p>", "", "permission_denied", "named"},
		{"number in the body", "api", 400, nil, `{"code":7}`, "", "resource_gone", "7"},
		{"a good answer fits no rule without status", "api", 200, nil, `{"code":7}`, "", "", ""},
		{"a good answer fits a rule that lists it", "api", 200, nil, `{"code":9}`, "", "scope_missing", "9"},
		{"null is no value", "api", 400, nil, `{"code":null}`, "", "", ""},
		{"broken JSON", "api", 400, nil, `{"code":`, "", "", ""},
		{"value and text together", "token", 400, nil, `{"error":"invalid_grant","error_description":"deleted"}`, "", "account_disabled", "invalid_grant"},
		{"the OAuth error as code", "token", 400, nil, "", "invalid_grant", "credential_dead", "invalid_grant"},
		{"the description without JSON", "token", 400, nil, "user locked", "invalid_grant", "account_disabled", "locked"},
		{"a database's code and text", "driver", 0, nil, "SSL off", "28000", "tls_required", "28000"},
		{"a database's code", "driver", 0, nil, "role is gone", "28000", "login_refused", "28000"},
		{"another place", "authorize", 0, nil, "", "invalid_grant", "", ""},
	} {
		got, ok, code := Match(answers, tc.at, "", tc.status, tc.header, []byte(tc.body), tc.code)
		if got.Meaning != tc.want || code != tc.wantCode || ok != (tc.want != "") {
			t.Errorf("%s: got %q %q %t, want %q %q", tc.name, got.Meaning, code, ok, tc.want, tc.wantCode)
		}
	}
}

func TestBrokenExpressionFitsNothing(t *testing.T) {
	if _, ok, _ := Match([]Answer{{At: "api", Matches: "(", Meaning: "credential_dead"}}, "api", "", 400, nil, []byte("("), ""); ok {
		t.Error("it fits")
	}
}

func BenchmarkMatchOfAGoodAnswer(b *testing.B) {
	c, err := Load("")
	if err != nil {
		b.Fatal(err)
	}
	p, _ := c.Provider("google-ads")
	body := []byte(`{"resourceNames":["customers/1"]}`)
	b.ReportAllocs()
	for b.Loop() {
		Match(p.Answers, "api", "", 200, nil, body, "")
	}
}

func TestMatchReadsAHeadersValue(t *testing.T) {
	answers := []Answer{
		{At: "api", Status: []int{401}, Header: "Www-Authenticate", Holds: []string{`error="invalid_token"`, "expired"}, Code: "invalid_token", Meaning: integration.MeaningAccessExpired},
		{At: "api", Status: []int{401}, Header: "Www-Authenticate", Code: "challenge", Meaning: integration.MeaningCredentialDead},
	}
	for challenge, want := range map[string]string{
		`Bearer realm="x", error="invalid_token"`: "invalid_token", `Bearer ERROR="INVALID_TOKEN"`: "invalid_token", "Basic": "challenge", "": "",
	} {
		header := http.Header{"Www-Authenticate": {"Negotiate", challenge}}
		if challenge == "" {
			header = http.Header{}
		}
		if _, _, code := Match(answers, "api", "", 401, header, []byte("{}"), ""); code != want {
			t.Errorf("%q: %q, want %q", challenge, code, want)
		}
	}
}
