package catalog

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"relink/backend/integration"
)

func provider(t *testing.T, id string) Provider {
	t.Helper()
	p, ok := loaded(t, "").Provider(id)
	if !ok {
		t.Fatalf("there is no provider %s", id)
	}
	return p
}

func TestForFillsInAnyServiceWithOAuth(t *testing.T) {
	p, err := provider(t, "oauth2-generic").For(map[string]string{
		"authorize_url": "https://login.example/authorize", "token_url": "https://login.example/token",
		"scopes": " read:a  read:b ", "api_url": "https://api.example/me?x=1", "proof": "user.id", "account_id": "user.id",
		"redirect": "paste",
	})
	if err != nil {
		t.Fatal(err)
	}
	o := p.Methods[0].OAuth
	var scopes []string
	for _, s := range o.Scopes {
		scopes = append(scopes, s.ID)
	}
	got := []any{o.AuthorizeURL, o.TokenURL, o.RevokeURL, o.ClientAuth, o.Redirect.Kind, scopes, p.Probe.HTTP.URL, p.Probe.HTTP.Proof, p.Probe.HTTP.Account.ID, p.Probe.HTTP.Account.Name}
	want := []any{"https://login.example/authorize", "https://login.example/token", "", "header", "paste", []string{"read:a", "read:b"},
		"https://api.example/me?x=1", "user.id", "user.id", ""}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := p.Methods[0].Headers["Authorization"]; got != "Bearer {access_token}" {
		t.Errorf("the secret's name became %q", got)
	}
}

func TestForFillsInAnyServiceWithAKey(t *testing.T) {
	for _, tc := range []struct {
		settings map[string]string
		name     string
		want     string
	}{
		{map[string]string{"prefix": "Bearer"}, "Authorization", "Bearer k"},
		{map[string]string{"header": "X-Api-Key"}, "X-Api-Key", "k"},
	} {
		tc.settings["url"] = "https://api.example/me"
		p, err := provider(t, "http-api-key").For(tc.settings)
		if err != nil {
			t.Fatal(err)
		}
		template, ok := p.Methods[0].Headers[tc.name]
		got, err := ExpandFunc(template, func(name string) (string, bool) { return "k", name == "api_key" })
		if !ok || err != nil || got != tc.want {
			t.Errorf("%v: got %v → %q, %v", tc.settings, p.Methods[0].Headers, got, err)
		}
	}
}

func TestForLeavesTheCatalogAsItIs(t *testing.T) {
	c := loaded(t, "")
	before, _ := c.Provider("shopify")
	if _, err := before.For(map[string]string{"shop": "my-shop"}); err != nil {
		t.Fatal(err)
	}
	after, _ := c.Provider("shopify")
	if after.Probe.HTTP.URL != "https://{shop}.myshopify.com/admin/api/2026-10/shop.json" || after.Methods[1].OAuth.TokenURL != "https://{shop}.myshopify.com/admin/oauth/access_token" {
		t.Error("the shared provider was changed")
	}
}

func TestForTwiceIsForOnce(t *testing.T) {
	settings := map[string]string{"shop": "my-shop"}
	once, err := provider(t, "shopify").For(settings)
	if err != nil {
		t.Fatal(err)
	}
	twice, err := once.For(settings)
	if err != nil || twice.Probe.HTTP.URL != once.Probe.HTTP.URL || len(twice.Methods[1].OAuth.Scopes) != 3 {
		t.Errorf("got %v, %v", twice.Probe.HTTP, err)
	}
}

func TestForNamesTheSettingThatIsWrong(t *testing.T) {
	for _, tc := range []struct{ id, field, value, code string }{
		{"shopify", "shop", "evil.com/x", "host_invalid"},
		{"shopify", "shop", "", "host_invalid"},
		{"http-api-key", "url", "http://api.example", "url_not_https"},
		{"http-api-key", "prefix", "{api_key}", "pattern"}, // would print the key twice
		{"http-api-key", "url", "https://evil.example/{api_key}", "pattern"},
	} {
		settings := map[string]string{"url": "https://api.example/me"}
		settings[tc.field] = tc.value
		_, err := provider(t, tc.id).For(settings)
		problems := integration.Problems(err)
		if len(problems) != 1 || problems[0].Field != tc.field || problems[0].Code != tc.code || problems[0].Args["field"] == tc.field {
			t.Errorf("%s %s=%q: got %v, want %s", tc.id, tc.field, tc.value, err, tc.code)
		}
	}
}

func TestForDropsALinkThatLacksASetting(t *testing.T) {
	text := strings.NewReplacer("https://{shop}.example.com/me", "https://api.example.com/me",
		"sources:", "links: {keys: 'https://{shop}.example.com/keys', status: 'https://status.example.com/'}\nsources:").Replace(valid)
	sample, err := Parse("sample.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	p, err := sample.For(nil)
	if err != nil || p.Links.Keys != "" || p.Links.Status != "https://status.example.com/" {
		t.Errorf("got %+v, %v", p.Links, err)
	}
}

func TestValuesFillsInDefaults(t *testing.T) {
	got := provider(t, "postgresql").Values(map[string]string{"host": " db ", "port": "", "database": "shop", "unknown": "x"})
	want := map[string]string{"host": "db", "port": "5432", "database": "shop", "tls": "require", "tls_ca": "", "table": "",
		"ssh_host": "", "ssh_port": "", "ssh_user": "", "ssh_login": "", "ssh_jump": ""}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestForFillsInTheRealmOfOAuth1(t *testing.T) {
	p := Provider{Settings: []integration.Field{{ID: "account"}}, Methods: []Method{{Kind: integration.MethodOAuth1, OAuth1: &OAuth1{Realm: "{account}"}}}}
	filled, err := p.For(map[string]string{"account": "1234567"})
	if err != nil || filled.Methods[0].OAuth1.Realm != "1234567" || p.Methods[0].OAuth1.Realm != "{account}" {
		t.Errorf("%v, %+v", err, filled.Methods[0].OAuth1)
	}
}
