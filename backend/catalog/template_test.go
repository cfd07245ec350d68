package catalog

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"relink/backend/integration"
)

func TestExpandEscapesByPosition(t *testing.T) {
	for _, tc := range []struct{ template, value, want string }{
		{"https://api.example/v1", "unused", "https://api.example/v1"},
		{"https://{x}.example/v1", "My-Shop", "https://my-shop.example/v1"},
		{"https://{x}.example", "a.b", "https://a.b.example"},
		{"https://api.example/{x}/me", "a/b?c#d e", "https://api.example/a%2Fb%3Fc%23d%20e/me"},
		{"https://api.example/me?a=1&b={x}", "a&b=c#d e", "https://api.example/me?a=1&b=a%26b%3Dc%23d+e"},
		{"{x}", "https://api.example/me?a=1", "https://api.example/me?a=1"},
		{"{x}", "http://127.0.0.1:8080/me", "http://127.0.0.1:8080/me"},
		{"{x}", "", ""},
		{"{x}/v1/me", "https://api.example/base/", "https://api.example/base/v1/me"},
	} {
		got, err := Expand(tc.template, map[string]string{"x": tc.value})
		if err != nil || got != tc.want {
			t.Errorf("%s with %q: got %q, %v; want %q", tc.template, tc.value, got, err, tc.want)
		}
	}
}

func TestExpandRefusesWhatWouldLeaveItsPlace(t *testing.T) {
	for _, tc := range []struct{ template, value, code string }{
		{"https://{x}.example/v1", "evil.com/", "host_invalid"},
		{"https://{x}.example/v1", "user@evil.com", "host_invalid"},
		{"https://{x}.example/v1", "evil.com#", "host_invalid"},
		{"https://{x}.example/v1", "evil.com?", "host_invalid"},
		{"https://{x}.example/v1", "evil.com:443", "host_invalid"},
		{"https://{x}.example/v1", `evil.com\`, "host_invalid"},
		{"https://{x}.example/v1", "", "host_invalid"},
		{"https://{x}.example/v1", ".", "host_invalid"},
		{"https://{x}.example/v1", "a..b", "host_invalid"},
		{"https://{x}.example/v1", "a\nb", "host_invalid"},
		{"https://{x}.example/v1", "ｅvil", "host_invalid"},
		{"https://api.example/{x}/me", "..", "pattern"},
		{"{x}", "http://api.example", "url_not_https"},
		{"{x}", "http://localhost:1", "url_not_https"},
		{"{x}", "javascript:alert(1)", "url_invalid"},
		{"{x}", "https://user:pw@api.example", "url_invalid"},
		{"{x}", "https://", "url_invalid"},
		{"{x}/v1", "https://api.example/?q=", "url_invalid"},
		{"{x}/v1", "", "url_invalid"},
	} {
		got, err := Expand(tc.template, map[string]string{"x": tc.value})
		problems := integration.Problems(err)
		if len(problems) != 1 || problems[0].Code != tc.code || problems[0].Field != "x" {
			t.Errorf("%s with %q: got %q, %v; want %s", tc.template, tc.value, got, err, tc.code)
		}
	}
}

func TestExpandWantsEveryName(t *testing.T) {
	for _, template := range []string{"https://{y}.example", "{y}", "https://x.example/{Y}", "https://x.example/{", "https://x.example/{x y}"} {
		if got, err := Expand(template, map[string]string{"x": "1"}); err == nil {
			t.Errorf("%s: got %q", template, got)
		}
	}
}

func TestExpandPutsAValueIntoJSON(t *testing.T) {
	value := "a\"b\\c\n{y}</script>"
	got, err := Expand(`{"query": "{ shop { id } }", "x": "{x}"}`, map[string]string{"x": value}, EscapeJSON)
	if err != nil {
		t.Fatal(err)
	}
	var back map[string]string
	if err := json.Unmarshal([]byte(got), &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"query": "{ shop { id } }", "x": value}, back); diff != "" {
		t.Error(diff)
	}
}

func TestExpandFuncFillsHeaders(t *testing.T) {
	secrets := map[string]string{"username": "ana@shop.example", "password": " pass:{word} ", "api_key": "k", "prefix": ""}
	lookup := func(name string) (string, bool) { v, ok := secrets[name]; return v, ok }
	for _, tc := range []struct{ template, want string }{
		{"Bearer {api_key}", "Bearer k"},
		{"{prefix} {api_key}", "k"}, // no space before a value without a prefix
		{"Basic {basic:{username}/token:{password}}", "Basic YW5hQHNob3AuZXhhbXBsZS90b2tlbjogcGFzczp7d29yZH0g"},
		{"Basic {basic:{api_key}:}", "Basic azo="},
		{"plain", "plain"},
	} {
		got, err := ExpandFunc(tc.template, lookup)
		if err != nil || got != tc.want {
			t.Errorf("%s: got %q, %v; want %q", tc.template, got, err, tc.want)
		}
	}
	for _, template := range []string{"Bearer {token}", "Basic {basic:{user}:{password}}"} {
		_, err := ExpandFunc(template, lookup)
		if err == nil || strings.Contains(err.Error(), "pass") && !strings.Contains(template, "pass") {
			t.Errorf("%s: got %v", template, err)
		}
	}
}

// FuzzSettingCannotMoveARequest tries values in every position of an address: the host stays under
// the template's own domain, and path and query keep their shape.
func FuzzSettingCannotMoveARequest(f *testing.F) {
	for _, seed := range []string{"shop", "evil.com/", "@", "#", ":", "..", "%2e%2e", "a/../..", "\\", "a\x00", "{shop}", "é"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		got, err := Expand("https://{x}.example.com/v1/{y}/me?q={z}", map[string]string{"x": value, "y": "shop", "z": value})
		if err != nil {
			return
		}
		u, err := url.Parse(got)
		if err != nil {
			t.Fatalf("%q makes %q: %v", value, got, err)
		}
		if !strings.HasSuffix(u.Host, ".example.com") || u.User != nil || u.Path != "/v1/shop/me" || u.Query().Get("q") != value || u.Fragment != "" {
			t.Errorf("%q makes %q", value, got)
		}
		got, err = Expand("https://api.example.com/v1/{x}/me", map[string]string{"x": value})
		if err != nil {
			return
		}
		if u, err = url.Parse(got); err != nil || u.Host != "api.example.com" || u.Path != "/v1/"+value+"/me" || strings.Count(u.EscapedPath(), "/") != 3 {
			t.Errorf("%q makes %q", value, got)
		}
	})
}

func BenchmarkExpandAddress(b *testing.B) {
	values := map[string]string{"shop": "my-shop"}
	for b.Loop() {
		_, _ = Expand("https://{shop}.myshopify.com/admin/api/2026-10/shop.json", values)
	}
}
