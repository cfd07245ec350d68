package oauth_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"relink/backend/oauth"
	"relink/backend/secret"
)

// sentTo serves an answer and returns what the last request carried.
type sentTo struct {
	path   string
	header http.Header
	body   string
}

func (s *sentTo) serve(t *testing.T, body string) oauth.Server {
	t.Helper()
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		read, _ := io.ReadAll(r.Body)
		s.path, s.header, s.body = r.URL.Path, r.Header, string(read)
		answering(200, "application/json", body)(w, r)
	})
}

const plainToken = `{"access_token":"at"}`

func TestTokenRequestTakesTheServersShape(t *testing.T) {
	var got sentTo
	s := got.serve(t, plainToken)
	s.ClientAuth, s.TokenParams = oauth.ClientAuthBody, map[string]string{"grant_type": "password", "app_id": "x", "audience": "y"}
	s.Request = oauth.TokenRequest{
		Encoding: oauth.EncodingJSON, ClientID: "app_id", ClientSecret: "secret", Code: "auth_code", RefreshToken: "renewal",
		Headers: map[string]string{"X-Version": "7", "Authorization": "Bearer x", "Accept": "text/plain", "Content-Type": "text/plain"},
	}
	e := oauth.NewExchange(nil, atNoon)
	_, err := e.Code(t.Context(), s, client(), secret.New(canaryCode), secret.New(canaryVerifier), redirect)
	must(t, err)
	var body map[string]string
	must(t, json.Unmarshal([]byte(got.body), &body))
	want := map[string]string{
		"grant_type": "authorization_code", "app_id": "client:1", "secret": canarySecret, "auth_code": canaryCode,
		"code_verifier": canaryVerifier, "redirect_uri": redirect, "audience": "y",
	}
	if diff := cmp.Diff(want, body); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	h := got.header
	if h.Get("Content-Type") != "application/json" || h.Get("X-Version") != "7" || h.Get("Accept") != "text/plain" || h.Get("Authorization") != "" {
		t.Errorf("headers %v", h)
	}
	s.Request.Encoding, s.OmitRedirect, s.RefreshURL = "", true, strings.TrimSuffix(s.TokenURL, "token")+"renew"
	_, err = e.Code(t.Context(), s, client(), secret.New(canaryCode), secret.New(canaryVerifier), redirect)
	must(t, err)
	form, _ := url.ParseQuery(got.body)
	if got.path != "/token" || form.Has("redirect_uri") || form.Get("auth_code") != canaryCode || form.Has("code") {
		t.Errorf("%s got %v", got.path, form)
	}
	_, err = refresh(t, s)
	must(t, err)
	if form, _ = url.ParseQuery(got.body); got.path != "/renew" || form.Get("renewal") != canaryRefresh || form.Has("refresh_token") {
		t.Errorf("%s got %v", got.path, form)
	}
}

func TestTokenRequestThatCannotBeMadeIsNotSent(t *testing.T) {
	sent := &recorder{}
	e := oauth.NewExchange(sent, atNoon)
	for _, r := range []oauth.TokenRequest{{Encoding: "xml"}, {Headers: map[string]string{"a b": "c"}}, {Headers: map[string]string{"a": "b\r\nc: d"}}} {
		_, err := e.Refresh(t.Context(), oauth.Server{TokenURL: "https://provider.example/token", ClientAuth: oauth.ClientAuthBody, Request: r}, client(), secretRefresh())
		if err == nil || sent.requests != 0 {
			t.Errorf("%+v: %v after %d requests", r, err, sent.requests)
		}
	}
}

func TestTokenIsReadFromTheServersOwnPlaces(t *testing.T) {
	shape := oauth.TokenAnswer{
		AccessToken: "data.access", RefreshToken: "data.renewal", ExpiresIn: "data.life", RefreshExpiresIn: "data.grant_life",
		Scope: "data.allowed", Error: "code", Message: "message", Good: "0",
	}
	s := serve(t, answering(200, "application/json", `{"code":0,"message":"OK","data":{"access":"at","renewal":"rt","life":60,"grant_life":"120","allowed":["a","b"],"shop":17,"at":"at"}}`))
	s.Answer = shape
	s.Captured = map[string]string{"shop": "token:data.shop", "said": "token:message", "leak": "token:data.at", "gone": "token:data.none", "all": "token:data", "param": "callback:x"}
	got, err := refresh(t, s)
	must(t, err)
	if got.Access.Reveal() != "at" || got.Refresh.Reveal() != "rt" || !got.ExpiresAt.Equal(noon.Add(time.Minute)) || !got.GrantExpiresAt.Equal(noon.Add(2*time.Minute)) {
		t.Errorf("%+v", got)
	}
	if diff := cmp.Diff([]string{"a", "b"}, got.Scopes); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]string{"shop": "17", "said": "OK"}, got.Told); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
}

func TestRefusalIsReadFromTheServersOwnPlaces(t *testing.T) {
	for _, c := range []struct {
		name, body    string
		shape         oauth.TokenAnswer
		code, message string
	}{
		{"a number instead of 0", `{"code":40105,"message":"Access token is incorrect","data":{"access":"at"}}`,
			oauth.TokenAnswer{AccessToken: "data.access", Error: "code", Message: "message", Good: "0"}, "40105", "Access token is incorrect"},
		{"an object", `{"error":{"code":190,"message":"expired"}}`, oauth.TokenAnswer{Error: "error.code", Message: "error.message"}, "190", "expired"},
		{"false beside a code", `{"ok":false,"error":"invalid_code"}`, oauth.TokenAnswer{AccessToken: "authed_user.access_token"}, "invalid_code", ""},
		{"the standard error at a server with places of its own", `{"error":"invalid_grant","error_description":"no"}`,
			oauth.TokenAnswer{Error: "code", Message: "message", Good: "0"}, "invalid_grant", "no"},
		{"the token quoted", `{"code":7,"message":"bad ` + canaryAccess + `","data":{"access":"` + canaryAccess + `"}}`,
			oauth.TokenAnswer{AccessToken: "data.access", Error: "code", Message: "message", Good: "0"}, "7", "bad " + secret.Mask},
	} {
		s := serve(t, answering(200, "application/json", c.body))
		s.Answer = c.shape
		_, err := refresh(t, s)
		r := refused(t, err)
		if r.Code != c.code || r.Description != c.message || r.Malformed || len(leaks(r.Detail)) > 0 {
			t.Errorf("%s: %+v", c.name, r)
		}
	}
}

func TestRedirectTellsWhatIsCaptured(t *testing.T) {
	s := oauth.Server{
		AuthorizeURL: "https://provider.example/authorize", CodeParam: "auth_code", OmitRedirect: true,
		Captured: map[string]string{"realm": "callback:realmId", "leak": "callback:auth_code", "state": "callback:state", "later": "token:x"},
	}
	r, err := oauth.NewRequest(s, client(), redirect, nil, nil)
	must(t, err)
	if query(t, r.URL()).Has("redirect_uri") || r.RedirectURI() != redirect {
		t.Errorf("%s", r.URL())
	}
	if _, err := oauth.ParsePasted(r, answer(redirect, "code", canaryCode, "state", r.State())); err == nil {
		t.Error("the standard parameter was taken for the server's own")
	}
	got, err := oauth.ParsePasted(r, answer(redirect, "auth_code", canaryCode, "state", r.State(), "realmId", "12\u202e34"))
	must(t, err)
	if diff := cmp.Diff(map[string]string{"realm": "1234"}, got.Told); diff != "" || got.Code.Reveal() != canaryCode {
		t.Errorf("%s", diff)
	}
}
