package catalog

import (
	"strings"
	"testing"
)

func TestParseTakesTheSample(t *testing.T) {
	p, err := Parse("sample.yaml", []byte(valid))
	if err != nil {
		t.Fatal(err)
	}
	if !p.Own || p.File != "sample.yaml" || p.Methods[0].Lifetime.Grant == 0 {
		t.Errorf("got %+v", p)
	}
}

// TestParseSaysWhatIsWrongAndWhere breaks the sample in one place each.
func TestParseSaysWhatIsWrongAndWhere(t *testing.T) {
	for _, tc := range []struct{ old, new, want string }{
		{"id: sample", "id: Sample", `:1: id: "Sample": want lower-case`},
		{"name: Sample", "name: ' '", ":2: name: is missing"},
		{"category: other", "category: misc", `:3: category: "misc" is none of`},
		{"category: other", "categori: other", `:3: unknown field "categori"`},
		{"summary: {en: A sample., pt-BR: Um exemplo.}", "summary: {en: A sample.}", ":4: summary: has no text in pt-BR"},
		{"summary: {en: A sample., pt-BR: Um exemplo.}", "summary: {en: A, pt-BR: B, de: C}", ":4: summary.de: Relink does not speak de"},
		{"  - id: shop", "  - id: Shop", `:6: settings[0].id: "Shop": want`},
		{"    kind: text", "    kind: txt", `:7: settings[0].kind: "txt" is none of`},
		{"    kind: text", "    kind: secret", `:7: settings[0].kind: a setting is not kept secret`},
		{"    kind: text", "    kind: text\n    pattern: '['", `:8: settings[0].pattern: not a regular expression`},
		{"    kind: text", "    kind: choice", `:6: settings[0]: a field of kind choice has choices`},
		{"    kind: text", "    kind: text\n    needs: way", `:8: settings[0].needs: there is no field "way" before`},
		{"    kind: text", "    kind: text\n    needs: way!=a", `:8: settings[0].needs: there is no field "way" before`},
		{"    kind: text", "    kind: port\n    default: http", `:8: settings[0].default: "http" would be refused: port_range`},
		{"  - kind: api_key", "  - kind: apikey", `:10: methods[0].kind: "apikey" is none of`},
		{"      - id: api_key", "      - id: key", `:12: methods[0].fields: a method of kind api_key needs the field api_key`},
		{"      - id: api_key", "      - id: shop", `:13: methods[0].fields[0].id: "shop" is there twice`},
		{`"Bearer {api_key}"`, `"Bearer {apikey}"`, `:17: methods[0].headers.Authorization: nothing is known as {apikey}`},
		{`"Bearer {api_key}"`, `"Basic {basic:{api_key}}"`, `:17: methods[0].headers.Authorization: {basic:A:B} is not complete`},
		{"      Authorization:", "      'X Key':", `:17: methods[0].headers.X Key: "X Key" is not the name of a header`},
		{"grant: 90d", "grant: 90x", `:18: duration "90x": want 90d, 24h or 30m`},
		{"grant: 90d", "grant: -1d", `:18: duration "-1d"`},
		{"method: GET", "method: PUT", `:21: probe.http.method: "PUT" is none of GET, POST`},
		{"https://{shop}", "http://{shop}", `:22: probe.http.url: "http://1.example.com/me" is not https`},
		{"https://{shop}", "https://ana:x@{shop}", `:22: probe.http.url: a login in an address`},
		{"https://{shop}.example.com/me", "ftp://x.example/", `:22: probe.http.url: "ftp://x.example/" is not https`},
		{"https://{shop}.example.com/me", "https://x.example/#me", `:22: probe.http.url: an address with a # part`},
		{"https://{shop}.example.com/me", "'{shop}/me'", `:22: probe.http.url: {shop} begins an address, so it must be a setting of kind url`},
		{"https://{shop}", "https://{store}", `:22: probe.http.url: nothing is known as {store}`},
		{"https://{shop}", "https://{Shop}", `:22: probe.http.url: template "https://{Shop}.example.com/me": a brace`},
		{"proof: id", "proof: ''", ":23: probe.http.proof: is missing"},
		{"per_day: 0", "per_day: -1", ":24: probe.http.per_day: is negative"},
		{"per_day: 0", "body: '{}'", ":24: probe.http.body: only a POST has a body"},
		{"    per_day: 0", "  sql: {driver: mysql, query: SELECT 1}", ":19: probe: want either http or sql"},
		{"  - at: api", "  - at: somewhere", `:26: answers[0].at: "somewhere" is none of`},
		{"  - at: api", "  - at: token", `:26: answers[0].at: no method has an OAuth server`},
		{"  - at: api", "  - at: driver", `:26: answers[0].at: driver goes with a probe of kind sql`},
		{"status: [401]", "status: [42]", ":27: answers[0].status[0]: 42 is not an HTTP status"},
		{"status: [401]", "matches: '('", ":27: answers[0].matches: not a regular expression"},
		{"    path: error\n", "", ":26: answers[0]: equals needs a path here"},
		{"    status: [401]\n    path: error\n    equals: [dead]\n", "", ":26: answers[0]: has no condition"},
		{"meaning: credential_dead", "meaning: dead", `:30: answers[0].meaning: "dead" is none of`},
		{"sources:", "links: {keys: 'javascript:alert(1)'}\nsources:", ":31: links.keys: \"javascript:alert(1)\" is not an address"},
		{"sources:", "links: {keys: 'https://{store}/x'}\nsources:", ":31: links.keys: nothing is known as {store}"},
	} {
		if strings.Count(valid, tc.old) == 0 {
			t.Fatalf("the sample has no %q", tc.old)
		}
		_, err := Parse("p.yaml", []byte(strings.Replace(valid, tc.old, tc.new, 1)))
		if err == nil || !strings.Contains(err.Error(), "p.yaml"+tc.want) {
			t.Errorf("%q → %q:\n got %v\nwant p.yaml%s", tc.old, tc.new, err, tc.want)
		}
	}
}

// withOAuth turns the sample into a provider with an OAuth server.
const withOAuth = `id: sample
name: Sample
category: other
summary: {en: A sample., pt-BR: Um exemplo.}
methods:
  - kind: oauth2_code
    label: {en: Sign in, pt-BR: Entrar}
    fields:
      - {id: client_id, kind: text, label: {en: ID, pt-BR: ID}}
    oauth:
      authorize_url: https://x.example/authorize
      token_url: https://x.example/token
      client_auth: body
      pkce: s256
      scopes:
        - id: read
          why: {en: To read., pt-BR: Para ler.}
      redirect:
        kind: loopback
    headers: {Authorization: "Bearer {access_token}"}
probe:
  http: {method: GET, url: https://x.example/me, proof: id}
sources: [made up]
`

func TestParseChecksTheOAuthServer(t *testing.T) {
	if _, err := Parse("p.yaml", []byte(withOAuth)); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ old, new, want string }{
		{"https://x.example/authorize", "http://x.example/authorize", `:11: methods[0].oauth.authorize_url: "http://x.example/authorize" is not https`},
		{"https://x.example/authorize", "file:///etc/passwd", `:11: methods[0].oauth.authorize_url: "file:///etc/passwd" is not an address`},
		{"      token_url: https://x.example/token\n", "", `:10: methods[0].oauth.token_url: is missing`},
		{"client_auth: body", "client_auth: query", `:13: methods[0].oauth.client_auth: "query" is none of header, body, none`},
		{"pkce: s256", "pkce: plain", `:14: methods[0].oauth.pkce: "plain" is none of s256, ignored`},
		{"why: {en: To read., pt-BR: Para ler.}", "why: {pt-BR: Para ler.}", `:17: methods[0].oauth.scopes[0].why: has no text in en`},
		{"kind: loopback", "kind: ports", `:18: methods[0].oauth.redirect: kind ports needs ports`},
		{"kind: loopback", "kind: paste", `:18: methods[0].oauth.redirect: kind paste needs the uri`},
		{"kind: loopback", "kind: loopback\n        host: 0.0.0.0", `:20: methods[0].oauth.redirect.host: "0.0.0.0" is none of 127.0.0.1, localhost`},
		{"kind: loopback", "kind: ports\n        ports: [80]", `:20: methods[0].oauth.redirect.ports[0]: 80 is not between`},
		{"pkce: s256", "pkce: s256\n      authorize_params: {state: x}", `:15: methods[0].oauth.authorize_params.state: Relink sets this parameter itself`},
		{"client_auth: body", "client_auth: '{client_id}'", `:13: methods[0].oauth.client_auth: {client_id} must be a setting of kind choice`},
		{"id: client_id", "id: client", `:8: methods[0].fields: a method of kind oauth2_code needs the field client_id`},
	} {
		_, err := Parse("p.yaml", []byte(strings.Replace(withOAuth, tc.old, tc.new, 1)))
		if err == nil || !strings.Contains(err.Error(), "p.yaml"+tc.want) {
			t.Errorf("%q → %q:\n got %v\nwant p.yaml%s", tc.old, tc.new, err, tc.want)
		}
	}
}

func TestPlainHTTPIsForOwnProvidersOnThisComputerAlone(t *testing.T) {
	for _, tc := range []struct {
		url string
		own bool
		ok  bool
	}{
		{"http://127.0.0.1:8080/me", true, true},
		{"http://[::1]:8080/me", true, true},
		{"http://127.0.0.1:8080/me", false, false},
		{"http://localhost:8080/me", true, false}, // a name can be made to mean anything
		{"http://192.168.0.1/me", true, false},
		{"http://127.0.0.1.evil.example/me", true, false},
	} {
		_, err := parse("p.yaml", []byte(strings.Replace(withOAuth, "https://x.example/me", "'"+tc.url+"'", 1)), tc.own)
		if (err == nil) != tc.ok {
			t.Errorf("%s, own %t: got %v", tc.url, tc.own, err)
		}
	}
}

func TestAllProblemsOfAFileAreTold(t *testing.T) {
	broken := strings.NewReplacer("name: Sample", "name: ''", "category: other", "category: x", "meaning: credential_dead", "meaning: y").Replace(valid)
	_, err := Parse("p.yaml", []byte(broken))
	if got := len(split(err)); got != 3 {
		t.Errorf("%d problems, want 3: %v", got, err)
	}
}
