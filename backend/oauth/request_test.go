package oauth_test

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"relink/backend/oauth"
)

const redirect = "http://127.0.0.1:4711/callback"

func newRequest(t *testing.T, issuer string) *oauth.Request {
	t.Helper()
	r, err := oauth.NewRequest(oauth.Server{AuthorizeURL: "https://provider.example/authorize", Issuer: issuer}, client(), redirect, []string{"a"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func query(t *testing.T, address string) url.Values {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query()
}

func TestL3EachRequestHasAFreshVerifierAndS256(t *testing.T) {
	challenges, states := map[string]bool{}, map[string]bool{}
	for range 1000 {
		r := newRequest(t, "")
		q, verifier := query(t, r.URL()), r.Verifier().Reveal()
		sum := sha256.Sum256([]byte(verifier))
		if q.Get("code_challenge_method") != "S256" || q.Get("code_challenge") != base64.RawURLEncoding.EncodeToString(sum[:]) {
			t.Fatalf("challenge %q", q)
		}
		if len(verifier) < 43 || len(verifier) > 128 || strings.Contains(r.URL(), verifier) || len(r.State()) < 22 || r.State() != q.Get("state") {
			t.Fatal("verifier or state are not as they should be")
		}
		challenges[q.Get("code_challenge")], states[r.State()] = true, true
	}
	if len(challenges) != 1000 || len(states) != 1000 {
		t.Errorf("%d challenges, %d states", len(challenges), len(states))
	}
}

func TestL3ParametersOfACatalogCannotReplaceTheProtocols(t *testing.T) {
	hostile := map[string]string{"state": "x", "code_challenge_method": "plain", "code_challenge": "x", "redirect_uri": "https://evil.example", "client_id": "x", "response_type": "token", "scope": "all"}
	s := oauth.Server{AuthorizeURL: "https://provider.example/authorize?tenant=7", AuthorizeParams: hostile, ScopeSeparator: ","}
	r, err := oauth.NewRequest(s, client(), redirect, []string{"a", "b"}, map[string]string{"login_hint": "ana@shop.example", "state": "y"})
	if err != nil {
		t.Fatal(err)
	}
	got := query(t, r.URL())
	want := url.Values{
		"tenant": {"7"}, "login_hint": {"ana@shop.example"}, "state": {r.State()}, "code_challenge_method": {"S256"}, "code_challenge": got["code_challenge"],
		"redirect_uri": {redirect}, "client_id": {"client:1"}, "response_type": {"code"}, "scope": {"a,b"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestL12ConsentAddressMustBeHTTPSOnAnAllowedHost(t *testing.T) {
	for _, c := range []struct {
		address string
		hosts   []string
		fine    bool
	}{
		{"https://provider.example/a", nil, true},
		{"https://login.provider.example/a", []string{"provider.example", "LOGIN.provider.example"}, true},
		{"http://127.0.0.1:99/a", nil, true},
		{"http://[::1]:99/a", nil, true},
		{"https://evil.example/a", []string{"provider.example"}, false},
		{"https://provider.example.evil.example/a", []string{"provider.example"}, false},
		{"https://provider.example@evil.example/a", nil, false},
		{"http://provider.example/a", nil, false},
		{"http://localhost/a", nil, false},
		{"file:///etc/passwd", nil, false},
		{"javascript:alert(1)", nil, false},
		{"ms-msdt:/id", nil, false},
		{"smb://host/share", nil, false},
		{"-flag", nil, false},
		{"https://provider.example/a\nb", nil, false},
		{"https://provider.example/\"a", nil, false},
		{"https://provider.example/a b", nil, false},
		{"//provider.example/a", nil, false},
		{"", nil, false},
	} {
		_, err := oauth.NewRequest(oauth.Server{AuthorizeURL: c.address, Hosts: c.hosts}, client(), redirect, nil, nil)
		if (err == nil) != c.fine {
			t.Errorf("%q: %v", c.address, err)
		}
	}
}

// answer builds the address that a server would redirect to.
func answer(base string, pairs ...string) string {
	var b strings.Builder
	b.WriteString(base)
	for i := 0; i+1 < len(pairs); i += 2 {
		separator := "&"
		if i == 0 {
			separator = "?"
		}
		b.WriteString(separator + url.QueryEscape(pairs[i]) + "=" + url.QueryEscape(pairs[i+1]))
	}
	return b.String()
}

func TestPastedAddressIsJudgedLikeARedirect(t *testing.T) {
	const issuer = "https://as.example"
	for _, c := range []struct {
		name string
		make func(state string) string
		code string // of the CallbackError
		want string // the OAuth code, or the server's error
	}{
		{"genuine", func(s string) string { return answer(redirect, "code", canaryCode, "state", s, "iss", issuer) }, "", canaryCode},
		{"wrapped", func(s string) string {
			return "\n \u201c" + answer(redirect, "code", canaryCode, "state", s, "iss", issuer) + "\u201d \t"
		}, "", canaryCode},
		{"in angle brackets", func(s string) string {
			return "<" + answer(redirect, "code", canaryCode, "state", s, "iss", issuer) + ">"
		}, "", canaryCode},
		{"with a slash and a fragment", func(s string) string {
			return answer(redirect+"/", "code", canaryCode, "state", s, "iss", issuer) + "#_=_"
		}, "", canaryCode},
		{"denied", func(s string) string { return answer(redirect, "error", "access_denied", "state", s, "iss", issuer) }, "", "access_denied"},
		{"empty", func(string) string { return "" }, oauth.PastedNotURL, ""},
		{"the code alone", func(string) string { return canaryCode }, oauth.PastedNotURL, ""},
		{"another page", func(s string) string { return answer("https://evil.example/callback", "code", canaryCode, "state", s) }, oauth.PastedNotURL, ""},
		{"another port", func(s string) string { return answer("http://127.0.0.1:4712/callback", "code", canaryCode, "state", s) }, oauth.PastedNotURL, ""},
		{"another scheme", func(s string) string { return answer("file://127.0.0.1:4711/callback", "code", canaryCode, "state", s) }, oauth.PastedNotURL, ""},
		{"too long", func(s string) string { return answer(redirect, "code", strings.Repeat("c", 20<<10), "state", s) }, oauth.PastedNotURL, ""},
		{"no answer yet", func(string) string { return redirect }, oauth.PastedNoCode, ""},
		{"no state", func(string) string { return answer(redirect, "code", canaryCode, "iss", issuer) }, oauth.PastedWrongState, ""},
		{"wrong state", func(s string) string { return answer(redirect, "code", canaryCode, "state", s+"x", "iss", issuer) }, oauth.PastedWrongState, ""},
		{"state twice", func(s string) string {
			return answer(redirect, "code", canaryCode, "state", s, "state", "bad", "iss", issuer)
		}, oauth.PastedError, ""},
		{"code twice", func(s string) string {
			return answer(redirect, "code", canaryCode, "code", "x", "state", s, "iss", issuer)
		}, oauth.PastedError, ""},
		{"issuer twice", func(s string) string {
			return answer(redirect, "code", canaryCode, "state", s, "iss", issuer, "iss", "https://b.example")
		}, oauth.PastedError, ""},
		{"code and error", func(s string) string {
			return answer(redirect, "code", canaryCode, "error", "access_denied", "state", s, "iss", issuer)
		}, oauth.PastedError, ""},
		{"no issuer", func(s string) string { return answer(redirect, "code", canaryCode, "state", s) }, oauth.PastedError, ""},
		{"other issuer", func(s string) string {
			return answer(redirect, "code", canaryCode, "state", s, "iss", "https://other.example")
		}, oauth.PastedError, ""},
		{"issuer with a slash", func(s string) string { return answer(redirect, "code", canaryCode, "state", s, "iss", issuer+"/") }, oauth.PastedError, ""},
		{"code with a line break", func(s string) string { return answer(redirect, "code", "a\nb", "state", s, "iss", issuer) }, oauth.PastedError, ""},
		{"broken escape", func(s string) string { return redirect + "?code=%zz&state=" + s }, oauth.PastedError, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRequest(t, issuer)
			got, err := oauth.ParsePasted(r, c.make(r.State()))
			var wrong oauth.CallbackError
			if errors.As(err, &wrong); wrong.Code != c.code {
				t.Fatalf("error code %q, want %q", wrong.Code, c.code)
			}
			if said := got.Code.Reveal() + got.Error; said != c.want {
				t.Errorf("got %q, want %q", said, c.want)
			}
			if c.code == "" {
				return
			}
			if len(leaks(err.Error())) > 0 {
				t.Errorf("error %q", err)
			}
			if _, err := oauth.ParsePasted(r, answer(redirect, "code", canaryCode, "state", r.State(), "iss", issuer)); err != nil {
				t.Errorf("the genuine answer afterwards: %v", err)
			}
		})
	}
}

func TestL5StateIsSingleUse(t *testing.T) {
	r := newRequest(t, "")
	address := answer(redirect, "code", canaryCode, "state", r.State())
	if _, err := oauth.ParsePasted(r, address); err != nil {
		t.Fatal(err)
	}
	if _, err := oauth.ParsePasted(r, address); !errors.Is(err, oauth.CallbackError{Code: oauth.PastedWrongState}) {
		t.Errorf("the second time: %v", err)
	}
}

func FuzzParsePasted(f *testing.F) {
	f.Add("https://app.example/done?code=abc&state=STATE&iss=https%3A%2F%2Fas.example")
	f.Add(" \"http://127.0.0.1:4711/callback?code=a&state=STATE&iss=https%3A%2F%2Fas.example\" ")
	f.Add("http://127.0.0.1:4711/callback?error=access_denied&state=STATE&error_description=%E2%80%AE")
	f.Add("http://127.0.0.1:4711/callback?code=a&code=b&state=STATE")
	f.Add("http://127.0.0.1:4711/callback?code=a;state=STATE")
	f.Add("http://[::1%25eth0]:4711/callback?code=%00")
	f.Add("javascript:alert(1)//?code=a&state=STATE")
	f.Fuzz(func(t *testing.T, pasted string) {
		r := newRequest(t, "https://as.example")
		genuine := strings.Contains(pasted, "STATE") // only then can the true state get in
		c, err := oauth.ParsePasted(r, strings.ReplaceAll(pasted, "STATE", r.State()))
		if err != nil {
			var wrong oauth.CallbackError
			if !errors.As(err, &wrong) || !c.Code.Empty() || c.Error != "" {
				t.Errorf("%v with %+v", err, c)
			}
			return
		}
		if !genuine || c.Code.Empty() == (c.Error == "") || len(c.Error) > 128 || len(c.ErrorDescription) > 2<<10 {
			t.Errorf("accepted %q as %+v", pasted, c)
		}
	})
}
