package peers_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"relink/build/peers"
)

const (
	verifier = "a-verifier-of-at-least-forty-three-characters-0123456789"
	redirect = "http://127.0.0.1:9/callback"
)

// ask is the address of a request for consent.
func ask(p *peers.Peer) string {
	sum := sha256.Sum256([]byte(verifier))
	return p.AuthorizeURL() + "?" + url.Values{
		"response_type": {"code"}, "client_id": {peers.PublicClient}, "redirect_uri": {redirect}, "state": {"s"}, "prompt": {"consent"},
		"scope": {"openid offline_access " + peers.ScopeRead}, "code_challenge_method": {"S256"},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])},
	}.Encode()
}

// post sends a form as the public client and reads the JSON that comes back.
func post(t *testing.T, address string, form url.Values) (int, map[string]any) {
	t.Helper()
	form.Set("client_id", peers.PublicClient)
	client := http.Client{Timeout: 20 * time.Second}
	resp, err := client.PostForm(address, form)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var body map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&body); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, body
}

func TestPagesLeadToACodeAndAToken(t *testing.T) {
	p := peers.Start(t, peers.Options{})
	back, err := p.Authorize(t.Context(), ask(p), peers.Decision{})
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(back)
	if err != nil || !strings.HasPrefix(back, redirect) || u.Query().Get("code") == "" || u.Query().Get("iss") != p.Issuer {
		t.Fatalf("the consent ended on %s", back)
	}
	status, token := post(t, p.TokenURL(), url.Values{
		"grant_type": {"authorization_code"}, "code": {u.Query().Get("code")}, "redirect_uri": {redirect}, "code_verifier": {verifier},
	})
	if status != http.StatusOK || token["refresh_token"] == nil {
		t.Errorf("%d %v", status, token)
	}
	if log := p.Log(t); len(log) != 1 || log[0] != (peers.Entry{Path: "/token", GrantType: "authorization_code", Status: 200}) {
		t.Errorf("the log holds %v", log)
	}
}

func TestPageWithoutAWayOnIsAnError(t *testing.T) {
	p := peers.Start(t, peers.Options{})
	_, err := p.Authorize(t.Context(), strings.Replace(ask(p), "callback", "elsewhere", 1), peers.Decision{})
	var page *peers.PageError
	if !errors.As(err, &page) || page.Status != http.StatusBadRequest {
		t.Errorf("want the server's page, got %v", err)
	}
}

func TestDeviceGrantIsApprovedAndRefused(t *testing.T) {
	p := peers.Start(t, peers.Options{})
	for _, deny := range []bool{false, true} {
		status, begun := post(t, p.DeviceURL(), url.Values{"scope": {"openid offline_access"}, "prompt": {"consent"}})
		if status != http.StatusOK {
			t.Fatalf("%d %v", status, begun)
		}
		poll := url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:device_code"}, "device_code": {begun["device_code"].(string)}}
		if _, early := post(t, p.TokenURL(), poll); early["error"] != "authorization_pending" {
			t.Errorf("before the person decided: %v", early)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		err := p.Approve(ctx, begun["verification_uri"].(string), begun["user_code"].(string), peers.Decision{Deny: deny})
		cancel()
		if err != nil {
			t.Fatal(err)
		}
		_, got := post(t, p.TokenURL(), poll)
		if deny && got["error"] != "access_denied" || !deny && got["refresh_token"] == nil {
			t.Errorf("deny %v: %v", deny, got)
		}
	}
}
