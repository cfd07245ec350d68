package oauth_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"relink/backend/oauth"
)

const metadataURL = "https://as.example/.well-known/oauth-authorization-server"

// stated is metadata of https://as.example with some members changed; nil removes one.
func stated(t *testing.T, change map[string]any) string {
	t.Helper()
	members := map[string]any{
		"issuer": "https://as.example", "authorization_endpoint": "https://as.example/authorize", "token_endpoint": "https://token.example/token",
		"revocation_endpoint": "https://as.example/revoke", "device_authorization_endpoint": "https://as.example/device",
		"code_challenge_methods_supported": []string{"plain", "S256"}, "authorization_response_iss_parameter_supported": true,
	}
	for name, value := range change {
		if members[name] = value; value == nil {
			delete(members, name)
		}
	}
	body, err := json.Marshal(members)
	must(t, err)
	return string(body)
}

func discover(t *testing.T, s oauth.Server, address, body string) (oauth.Server, error) {
	t.Helper()
	return oauth.NewExchange(canned{status: 200, kind: "application/json", body: body}, atNoon).Metadata(t.Context(), s, address)
}

func TestMetadataFillsWhatIsEmpty(t *testing.T) {
	got, err := discover(t, oauth.Server{TokenURL: "https://own.example/token", ClientAuth: oauth.ClientAuthNone}, metadataURL, stated(t, nil))
	must(t, err)
	want := oauth.Server{
		AuthorizeURL: "https://as.example/authorize", TokenURL: "https://own.example/token", RevokeURL: "https://as.example/revoke",
		DeviceURL: "https://as.example/device", Issuer: "https://as.example", ClientAuth: oauth.ClientAuthNone,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	got, err = discover(t, oauth.Server{}, metadataURL, stated(t, map[string]any{"authorization_response_iss_parameter_supported": nil, "code_challenge_methods_supported": nil}))
	must(t, err)
	if got.Issuer != "" || got.TokenURL != "https://token.example/token" {
		t.Errorf("a server that announces nothing: %+v", got)
	}
}

func TestL4ServerThatOffersPKCEWithoutS256IsRefused(t *testing.T) {
	for _, methods := range [][]string{{"plain"}, {"s256"}, {"plain", "S512"}} {
		got, err := discover(t, oauth.Server{}, metadataURL, stated(t, map[string]any{"code_challenge_methods_supported": methods}))
		if !errors.Is(err, oauth.ErrPKCE) || got.AuthorizeURL != "" {
			t.Errorf("%v: %v, %+v", methods, err, got)
		}
		if _, err := oauth.NewRequest(got, client(), redirect, nil, nil); err == nil {
			t.Errorf("%v: an authorize request could be made", methods)
		}
	}
}

func TestL7AnnouncedIssuerMustStandInTheRedirect(t *testing.T) {
	s, err := discover(t, oauth.Server{}, metadataURL, stated(t, nil))
	must(t, err)
	r, err := oauth.NewRequest(s, client(), redirect, nil, nil)
	must(t, err)
	for _, iss := range []string{"", "https://other.example", "https://as.example/"} {
		if _, err := oauth.ParsePasted(r, answer(redirect, "code", canaryCode, "state", r.State(), "iss", iss)); err == nil {
			t.Errorf("taken with iss %q", iss)
		}
	}
	if _, err := oauth.ParsePasted(r, answer(redirect, "code", canaryCode, "state", r.State(), "iss", "https://as.example")); err != nil {
		t.Error(err)
	}
}

func TestL7MetadataOfAnotherIssuerIsRefused(t *testing.T) {
	for _, c := range []struct{ address, issuer, own string }{
		{metadataURL, "https://evil.example", ""},
		{metadataURL, "https://as.example/", "https://as.example"},
		{metadataURL, "https://as.example", "https://other.example"},
		{metadataURL, "http://as.example", ""},
		{"https://as.example/tenant/.well-known/openid-configuration", "https://as.example/other", ""},
		{"https://as.example/config.json", "https://as.example", ""},
		{metadataURL + "?x=y", "https://as.example", ""},
	} {
		got, err := discover(t, oauth.Server{Issuer: c.own}, c.address, stated(t, map[string]any{"issuer": c.issuer}))
		if !errors.Is(err, oauth.ErrIssuer) || got.AuthorizeURL != "" {
			t.Errorf("%+v: %v", c, err)
		}
	}
	for address, issuer := range map[string]string{
		metadataURL: "https://as.example", "https://as.example/.well-known/openid-configuration": "https://as.example/",
		"https://as.example/.well-known/oauth-authorization-server/tenant": "https://as.example/tenant",
		"https://as.example/tenant/.well-known/openid-configuration":       "https://as.example/tenant",
	} {
		if _, err := discover(t, oauth.Server{}, address, stated(t, map[string]any{"issuer": issuer})); err != nil {
			t.Errorf("%s of %s: %v", address, issuer, err)
		}
	}
}

func TestL12EndpointsOfMetadataMustBeHTTPS(t *testing.T) {
	for _, member := range []string{"authorization_endpoint", "token_endpoint", "revocation_endpoint", "device_authorization_endpoint"} {
		for _, address := range []string{"file:///etc/passwd", "javascript:alert(1)", "ms-msdt:/id", "smb://host/share", "-flag", "https://as.example/a\nb", "https://as.example/\"", "http://as.example/", "https://a@b.example/"} {
			got, err := discover(t, oauth.Server{}, metadataURL, stated(t, map[string]any{member: address}))
			if err == nil || got.AuthorizeURL+got.TokenURL != "" || strings.Contains(err.Error(), address) {
				t.Errorf("%s %q: %v", member, address, err)
			}
		}
	}
}

func TestMetadataThatIsNoneIsARefusal(t *testing.T) {
	for name, c := range map[string]canned{
		"not found": {404, "application/json", stated(t, nil)}, "a page": {200, "text/html", "<html>"}, "a list": {200, "application/json", "[]"},
		"no issuer": {200, "application/json", stated(t, map[string]any{"issuer": nil})}, "wrong types": {200, "application/json", stated(t, map[string]any{"token_endpoint": 7})},
		"too long": {200, "application/json", stated(t, map[string]any{"x": strings.Repeat("x", 70<<10)})}, "a redirect": {302, "", ""},
	} {
		_, err := oauth.NewExchange(c, atNoon).Metadata(t.Context(), oauth.Server{}, metadataURL)
		if r := refused(t, err); r.HTTPStatus != c.status {
			t.Errorf("%s: %+v", name, r)
		}
	}
	sent := &recorder{}
	if _, err := oauth.NewExchange(sent, atNoon).Metadata(t.Context(), oauth.Server{}, "http://as.example/"); err == nil || sent.requests != 0 {
		t.Errorf("over plain HTTP: %v", err)
	}
}

func TestN3MetadataRedirectIsNotFollowed(t *testing.T) {
	other := startEvil(t, "127.0.0.2")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://"+other.Addr().String()+"/", http.StatusFound)
	}))
	defer server.Close()
	_, err := oauth.NewExchange(nil, atNoon).Metadata(t.Context(), oauth.Server{}, server.URL+"/.well-known/openid-configuration")
	if r := refused(t, err); r.HTTPStatus != http.StatusFound {
		t.Errorf("%+v", r)
	}
}

func FuzzMetadata(f *testing.F) {
	f.Add("https://as.example", `{"issuer":"https://as.example","authorization_endpoint":"https://as.example/a","token_endpoint":"https://as.example/t","code_challenge_methods_supported":["S256"]}`)
	f.Add("", `{"issuer":"https://as.example","authorization_endpoint":"javascript:alert(1)"}`)
	f.Add("", `{"issuer":"https://evil.example"}`)
	f.Add("", `{"issuer":{},"token_endpoint":[]}`)
	f.Fuzz(func(t *testing.T, issuer, body string) {
		got, err := discover(t, oauth.Server{Issuer: issuer}, metadataURL, body)
		if err != nil {
			if diff := cmp.Diff(oauth.Server{Issuer: issuer}, got); diff != "" {
				t.Errorf("a refusal changed the server: %s", diff)
			}
			return
		}
		if got.Issuer != issuer && (issuer != "" || got.Issuer != "https://as.example") {
			t.Errorf("the issuer became %q", got.Issuer)
		}
		for _, address := range []string{got.AuthorizeURL, got.TokenURL, got.RevokeURL, got.DeviceURL} {
			if address != "" && !strings.HasPrefix(strings.ToLower(address), "http") {
				t.Errorf("an endpoint is %q", address)
			}
		}
	})
}
