package oauth_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"relink/backend/oauth"
	"relink/backend/secret"
)

func TestClientCredentialsAskForTheScopesOfTheClient(t *testing.T) {
	var got sentTo
	s := got.serve(t, `{"access_token":"at","expires_in":60}`)
	s.ScopeSeparator = ","
	token, err := oauth.NewExchange(nil, atNoon).ClientCredentials(t.Context(), s, client(), []string{"a", "b"})
	must(t, err)
	form, _ := url.ParseQuery(got.body)
	if diff := cmp.Diff(url.Values{"grant_type": {"client_credentials"}, "scope": {"a,b"}}, form); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !strings.HasPrefix(got.header.Get("Authorization"), "Basic ") || token.Access.Reveal() != "at" || !token.Refresh.Empty() {
		t.Errorf("%v, %+v", got.header, token)
	}
}

func TestLongLivedTokenIsTradedForTheNext(t *testing.T) {
	var got sentTo
	s := got.serve(t, `{"access_token":"`+canaryAccess+`","expires_in":5184000}`)
	e := oauth.NewExchange(nil, atNoon)
	if _, err := e.LongLived(t.Context(), s, client(), secretRefresh()); err == nil || got.path != "" {
		t.Errorf("a server without the trade was asked at %q: %v", got.path, err)
	}
	s.ClientAuth, s.LongLived, s.RefreshURL = oauth.ClientAuthBody, &oauth.LongLived{GrantType: "fb_exchange_token", Token: "fb_exchange_token"}, s.RevokeURL
	for name, trade := range map[string]func() (oauth.Token, error){
		"the first": func() (oauth.Token, error) { return e.LongLived(t.Context(), s, client(), secretRefresh()) },
		"the next":  func() (oauth.Token, error) { return e.Refresh(t.Context(), s, client(), secretRefresh()) },
	} {
		token, err := trade()
		must(t, err)
		form, _ := url.ParseQuery(got.body)
		want := url.Values{"grant_type": {"fb_exchange_token"}, "fb_exchange_token": {canaryRefresh}, "client_id": {"client:1"}, "client_secret": {canarySecret}}
		if diff := cmp.Diff(want, form); diff != "" || got.path != "/revoke" {
			t.Errorf("%s at %s (-want +got):\n%s", name, got.path, diff)
		}
		if token.Refresh.Reveal() != canaryAccess || !token.ExpiresAt.Equal(noon.Add(60*24*time.Hour)) {
			t.Errorf("%s: %+v", name, token)
		}
	}
}

// rsaPEM is one key in both encodings.
var rsaPEM = sync.OnceValue(func() (k struct {
	*rsa.PrivateKey
	pkcs8, pkcs1 string
}) {
	k.PrivateKey, _ = rsa.GenerateKey(rand.Reader, 2048)
	eight, _ := x509.MarshalPKCS8PrivateKey(k.PrivateKey)
	k.pkcs8 = string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: eight}))
	k.pkcs1 = string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(k.PrivateKey)}))
	return k
})

func TestAssertionIsASignedJWTOfAnHour(t *testing.T) {
	var got sentTo
	s := got.serve(t, `{"access_token":"at","expires_in":3599}`)
	for name, key := range map[string]string{
		"PKCS #8": rsaPEM().pkcs8, "PKCS #1": rsaPEM().pkcs1, "with the escapes of JSON": strings.ReplaceAll(rsaPEM().pkcs8, "\n", `\n`),
	} {
		a := oauth.Assertion{Issuer: "robot@project.example", Subject: "ana@shop.example", Audience: "https://as.example/token", KeyID: "k1", Key: secret.New(key), Scopes: []string{"a", "b"}}
		_, err := oauth.NewExchange(nil, atNoon).Assert(t.Context(), s, a)
		must(t, err)
		form, _ := url.ParseQuery(got.body)
		signed := form.Get("assertion")
		form.Del("assertion")
		if diff := cmp.Diff(url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}}, form); diff != "" || got.header.Get("Authorization") != "" {
			t.Errorf("%s: (-want +got):\n%s", name, diff)
		}
		header, claims := openJWT(t, signed)
		if diff := cmp.Diff(map[string]any{"alg": "RS256", "typ": "JWT", "kid": "k1"}, header); diff != "" {
			t.Errorf("%s: header %s", name, diff)
		}
		if id, _ := claims["jti"].(string); len(id) < 22 {
			t.Errorf("%s: jti %q", name, id)
		}
		delete(claims, "jti")
		issued := float64(noon.Unix() - 10)
		want := map[string]any{"iss": a.Issuer, "sub": a.Subject, "aud": a.Audience, "scope": "a b", "iat": issued, "exp": issued + 3600}
		if diff := cmp.Diff(want, claims); diff != "" {
			t.Errorf("%s: claims (-want +got):\n%s", name, diff)
		}
	}
	_, err := oauth.NewExchange(nil, atNoon).Assert(t.Context(), s, oauth.Assertion{Issuer: "robot", Key: secret.New(rsaPEM().pkcs8)})
	must(t, err)
	form, _ := url.ParseQuery(got.body)
	header, claims := openJWT(t, form.Get("assertion"))
	if _, named := header["kid"]; named || claims["aud"] != s.TokenURL || claims["sub"] != nil || claims["scope"] != nil {
		t.Errorf("without the optional parts: %v %v", header, claims)
	}
}

// echoing refuses with the assertion in its words.
type echoing struct{ assertion string }

func (e *echoing) RoundTrip(r *http.Request) (*http.Response, error) {
	_ = r.ParseForm()
	e.assertion = r.PostForm.Get("assertion")
	return canned{status: 400, kind: "application/json", body: `{"error":"invalid_grant","error_description":"bad ` + e.assertion + `"}`}.RoundTrip(r)
}

// openJWT checks the signature and returns the two parts.
func openJWT(t *testing.T, signed string) (header, claims map[string]any) {
	t.Helper()
	parts := strings.Split(signed, ".")
	if len(parts) != 3 {
		t.Fatalf("not a JWT: %q", signed)
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	must(t, err)
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	must(t, rsa.VerifyPKCS1v15(&rsaPEM().PublicKey, crypto.SHA256, sum[:], signature))
	for i, into := range []*map[string]any{&header, &claims} {
		decoded, err := base64.RawURLEncoding.DecodeString(parts[i])
		must(t, err)
		must(t, json.Unmarshal(decoded, into))
	}
	return header, claims
}

func TestKeyThatIsNoRSAKeyIsRefusedBeforeAnythingIsSent(t *testing.T) {
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	must(t, err)
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	curved, err := x509.MarshalPKCS8PrivateKey(curve)
	must(t, err)
	var got sentTo
	s := got.serve(t, plainToken)
	for name, key := range map[string]string{
		"empty": "", "words": canarySecret, "cut": rsaPEM().pkcs8[:200],
		"a curve": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: curved})),
		"small":   string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(small)})),
		"damaged": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte(canarySecret)})),
	} {
		a := oauth.Assertion{Issuer: "robot", Key: secret.New(key)}
		_, err := oauth.NewExchange(nil, atNoon).Assert(t.Context(), s, a)
		if !errors.Is(err, oauth.ErrKey) || len(leaks(err.Error()+fmt.Sprintf("%+v", a))) > 0 || got.path != "" {
			t.Errorf("%s: %v, sent to %q", name, err, got.path)
		}
	}
}

func TestS2RefusedAssertionIsNotQuoted(t *testing.T) {
	echo := &echoing{}
	_, err := oauth.NewExchange(echo, atNoon).Assert(t.Context(), oauth.Server{TokenURL: "https://as.example/token"}, oauth.Assertion{Issuer: "robot", Key: secret.New(rsaPEM().pkcs8)})
	r := refused(t, err)
	if echo.assertion == "" || strings.Contains(r.Description+r.Detail+r.Error(), echo.assertion) {
		t.Errorf("%+v", r)
	}
}
