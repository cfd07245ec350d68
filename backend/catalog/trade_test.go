package catalog

import (
	"strings"
	"testing"
)

// traded is the valid provider, entered by a name and a password.
var traded = strings.Replace(valid, `  - kind: api_key
    label: {en: Key, pt-BR: Chave}
    fields:
      - id: api_key
        kind: secret
        label: {en: Key, pt-BR: Chave}
    headers:
      Authorization: "Bearer {api_key}"
    lifetime: {grant: 90d}
`, `  - kind: login_token
    label: {en: Login, pt-BR: Login}
    fields:
      - {id: username, kind: text, label: {en: User, pt-BR: Usuário}}
      - {id: password, kind: secret, label: {en: Password, pt-BR: Senha}}
    trade:
      url: https://{shop}.example.com/token
      body: {username: "{username}", password: "{password}", kind: admin}
      code:
        path: providers
        equals: [google]
        field: {id: otp, kind: secret, label: {en: Code, pt-BR: Código}}
        url: https://{shop}.example.com/code
        body: {username: "{username}", password: "{password}", otp: "{otp}"}
    headers: {Authorization: "Bearer {access_token}"}
    lifetime: {access: 4h}
`, 1)

func TestTradeOfALoginIsData(t *testing.T) {
	p, err := Parse("sample/provider.yaml", []byte(traded))
	if err != nil {
		t.Fatal(err)
	}
	if err := compiledSchema(t).Validate(asJSON(t, []byte(traded))); err != nil {
		t.Error(err)
	}
	filled, err := p.For(map[string]string{"shop": "acme"})
	if err != nil || filled.Methods[0].Trade.URL != "https://acme.example.com/token" || filled.Methods[0].Trade.Code.URL != "https://acme.example.com/code" {
		t.Errorf("%+v, %v", filled.Methods[0].Trade, err)
	}
	if p.Methods[0].Trade.URL != "https://{shop}.example.com/token" || p.Methods[0].Trade.Code.URL != "https://{shop}.example.com/code" {
		t.Error("the catalog's own addresses changed")
	}
	code := *filled.Methods[0].Trade.Code
	for body, want := range map[string]bool{
		`{"providers": ["duo", "google"]}`: true, `{"providers": "google"}`: true, `{"providers": ["duo"]}`: false, `{"providers": []}`: false, `{}`: false, ``: false,
	} {
		if code.Wanted(body) != want {
			t.Errorf("%s asks for the code: %t", body, !want)
		}
	}
}

func TestTradeIsRefusedWithALine(t *testing.T) {
	for _, tc := range []struct{ from, to, want string }{
		{"url: https://{shop}.example.com/token", "url: http://{shop}.example.com/token", "methods[0].trade.url: "},
		{"url: https://{shop}.example.com/token", "url: https://{password}.example.com/token", "methods[0].trade.url: nothing is known as {password}"},
		{`password: "{password}", kind`, `kind`, "methods[0].trade.body: the password is not in it"},
		{`kind: admin`, `kind: "{other}"`, "methods[0].trade.body.kind: nothing is known as {other}"},
		{`kind: admin`, `kind: "x-{username}"`, "methods[0].trade.body.kind: want one {field}, or a plain text"},
		{`kind: admin`, `otp: "{otp}"`, "methods[0].trade.body.otp: nothing is known as {otp}"},
		{"    lifetime: {access: 4h}\n", "", "methods[0].lifetime.access: is missing"},
		{"        equals: [google]\n", "", "methods[0].trade.code: want equals or matches"},
		{"equals: [google]", "matches: \"(\"", "methods[0].trade.code.matches: not a regular expression"},
		{"id: otp, kind: secret", "id: otp, kind: text", "methods[0].trade.code.field: want one of kind secret"},
		{"id: otp, kind: secret", "id: shop, kind: secret", `methods[0].trade.code.field.id: "shop": want a name of its own`},
		{`, otp: "{otp}"`, "", "methods[0].trade.code.body: the code is not in it"},
		{"kind: login_token", "kind: basic", "login_token has a trade part, and no other method has"},
	} {
		text := strings.Replace(traded, tc.from, tc.to, 1)
		if _, err := Parse("sample/provider.yaml", []byte(text)); err == nil || !strings.Contains(err.Error(), tc.want) || !strings.HasPrefix(err.Error(), "sample/provider.yaml:") {
			t.Errorf("%s: %v, want %q", tc.to, err, tc.want)
		}
	}
}
