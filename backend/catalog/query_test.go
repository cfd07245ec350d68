package catalog

import (
	"strings"
	"testing"
)

// inQuery is the valid provider with its key in the address.
var inQuery = strings.Replace(valid, "    headers:\n      Authorization: \"Bearer {api_key}\"\n", "    query: {key: \"{api_key}\"}\n", 1)

func TestSecretInAnAddressHasADeclaredPlace(t *testing.T) {
	p, err := Parse("sample/provider.yaml", []byte(inQuery))
	if err != nil || p.Methods[0].Query["key"] != "{api_key}" {
		t.Fatalf("%+v, %v", p.Methods, err)
	}
	if err := compiledSchema(t).Validate(asJSON(t, []byte(inQuery))); err != nil {
		t.Error(err)
	}
	filled, err := p.For(map[string]string{"shop": "acme"})
	if err != nil || filled.Methods[0].Query["key"] != "{api_key}" || strings.Contains(filled.Probe.HTTP.URL, "key") {
		t.Errorf("filled in: %+v, %v", filled.Methods, err)
	}
}

func TestSecretInAnAddressIsRefusedWhereItWouldBeSeen(t *testing.T) {
	for _, tc := range []struct{ from, to, want string }{
		{"url: https://{shop}.example.com/me", "url: https://{shop}.example.com/me?key={api_key}", `:21: probe.http.url: nothing is known as {api_key}`},
		{"url: https://{shop}.example.com/me", "url: https://{shop}.example.com/me?a=1&key=2", `:16: methods[0].query.key: stands in the probe's address already`},
		{"url: https://{shop}.example.com/me", "url: http://127.0.0.1:1/me", `:16: methods[0].query.key: a secret in an address goes over https alone`},
		{`query: {key: "{api_key}"}`, `query: {key: "{shop}"}`, `:16: methods[0].query.key: holds no secret`},
		{`query: {key: "{api_key}"}`, `query: {key: "{other}"}`, `:16: methods[0].query.key: nothing is known as {other}`},
		{`query: {key: "{api_key}"}`, `query: {"a b": "{api_key}"}`, `:16: methods[0].query.a b: "a b" is not the name of a parameter`},
		{"    query: {key: \"{api_key}\"}\n", "", `headers are missing`},
	} {
		text := strings.Replace(inQuery, tc.from, tc.to, 1)
		if _, err := Parse("sample/provider.yaml", []byte(text)); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", tc.to, err, tc.want)
		}
	}
	for _, to := range []string{`query: {}`, `query: {key: plain}`, `query: {"1": "{api_key}"}`} {
		if compiledSchema(t).Validate(asJSON(t, []byte(strings.Replace(inQuery, `query: {key: "{api_key}"}`, to, 1)))) == nil {
			t.Errorf("the schema lets %s pass", to)
		}
	}
}
