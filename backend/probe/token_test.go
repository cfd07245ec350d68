package probe_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"
	"testing"
	"time"

	"relink/backend/catalog"
	"relink/backend/diagnosis"
	"relink/backend/integration"
	"relink/backend/oauth"
	"relink/backend/probe"
)

func TestTokenErrorsBecomeEvidence(t *testing.T) {
	p := catalog.Provider{ID: "orders", Methods: []catalog.Method{{Kind: integration.MethodOAuth2Code, OAuth: &catalog.OAuth{TokenURL: "https://login.example.com/token"}}},
		Answers: []catalog.Answer{
			{At: "token", Path: "error_subtype", Equals: []string{"policy"}, Meaning: integration.MeaningCredentialRevoked},
			{At: "token", Path: "error", Equals: []string{"invalid_grant"}, Meaning: integration.MeaningCredentialDead},
		}}
	for _, c := range []struct {
		name  string
		err   error
		party integration.Party
		stage integration.Stage
		rule  string
	}{
		{"invalid_grant", oauth.Refusal{HTTPStatus: 400, Code: "invalid_grant"}, integration.PartyTokenEndpoint, integration.StageSignIn, "grant-refused"},
		{"invalid_grant, by pointer and wrapped", fmt.Errorf("renew: %w", &oauth.Refusal{HTTPStatus: 403, Code: "invalid_grant"}), integration.PartyTokenEndpoint, integration.StageSignIn, "grant-refused"},
		{"vendor's subtype", oauth.Refusal{HTTPStatus: 400, Code: "invalid_grant", Detail: `{"error":"invalid_grant","error_subtype":"policy"}`}, integration.PartyTokenEndpoint, integration.StageSignIn, "credential-revoked"},
		{"503", oauth.Refusal{HTTPStatus: 503, RetryAfter: time.Minute}, integration.PartyTokenEndpoint, integration.StageSignIn, "provider-trouble"},
		{"page", oauth.Refusal{HTTPStatus: 200, HTML: true}, integration.PartyTokenEndpoint, integration.StageSignIn, "network-web-page"},
		{"refused", oauth.Fault{Err: &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}}, integration.PartyNobody, integration.StageTCP, "connection-refused"},
		{"timeout, by pointer", &oauth.Fault{Err: context.DeadlineExceeded}, integration.PartyNobody, integration.StageSignIn, "no-answer-in-time"},
		{"no such name", oauth.Fault{Err: &net.DNSError{IsNotFound: true}}, integration.PartyNobody, integration.StageDNS, "name-unknown"},
		{"neither", errors.New("disk full"), integration.PartyNobody, integration.StageSignIn, "unknown"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := probe.FromTokenError(c.err, p, integration.MethodOAuth2Code)
			e.Method = integration.MethodOAuth2Code
			if f := diagnosis.Of(e); e.Party != c.party || e.Stage != c.stage || f.Rule != c.rule || e.Host != "login.example.com" {
				t.Errorf("%s at %s (%s): %s", e.Party, e.Stage, e.Host, f.Rule)
			}
		})
	}
}

// A shop's own login stands at an address from the settings, so a name that does not exist is a setting to be mended.
func TestFaultOfAShopsOwnLoginIsOneOfTheSettings(t *testing.T) {
	shop := catalog.Provider{ID: "shop", OwnHost: true, Methods: []catalog.Method{
		{Kind: integration.MethodOAuth2Code, OAuth: &catalog.OAuth{TokenURL: "https://login.example.com/token"}},
		{Kind: integration.MethodLoginToken, Trade: &catalog.Trade{URL: "https://shop.example.com/token"}},
	}}
	for method, want := range map[integration.Method][2]string{
		integration.MethodLoginToken: {"shop.example.com", "own-name-unknown"}, integration.MethodOAuth2Code: {"login.example.com", "name-unknown"},
	} {
		e := probe.FromTokenError(oauth.Fault{Err: &net.DNSError{IsNotFound: true}}, shop, method)
		e.Method = method
		if f := diagnosis.Of(e); f.Rule != want[1] || e.Host != want[0] {
			t.Errorf("%s: %s of %s", method, f.Rule, e.Host)
		}
	}
}
