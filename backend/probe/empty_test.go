package probe_test

import (
	"net"
	"net/http"
	"sync/atomic"
	"testing"

	"relink/backend/catalog"
	"relink/backend/integration"
	"relink/backend/secret"
)

// A vault's entry that can be read and holds nothing where the credential belongs is damage on this
// computer, whatever a provider would say to an empty one.
func TestS10EmptyCredentialIsAFindingAndSendsNothing(t *testing.T) {
	var requests atomic.Int32
	server := answering(t, func(w http.ResponseWriter, _ *http.Request) {
		requests.Add(1)
		w.WriteHeader(http.StatusUnauthorized)
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			requests.Add(1)
			_ = conn.Close()
		}
	}()
	host, port, _ := net.SplitHostPort(listener.Addr().String())
	method := func(kind integration.Method, field string, headers map[string]string) func(*catalog.Provider) {
		return func(p *catalog.Provider) {
			p.Methods = []catalog.Method{{Kind: kind, Headers: headers}}
			if field != "" {
				p.Methods[0].Fields = []integration.Field{{ID: field, Kind: integration.FieldSecret}}
			}
		}
	}
	signed := func(p *catalog.Provider) {
		method(integration.MethodOAuth1, "consumer_secret", nil)(p)
		p.Methods[0].OAuth1 = &catalog.OAuth1{Signature: "HMAC-SHA256"}
	}
	database := func(p *catalog.Provider) {
		method(integration.MethodDatabaseLogin, "password", nil)(p)
		p.Probe = catalog.Probe{SQL: &catalog.SQLProbe{Driver: "mysql", Query: "SELECT 1"}}
	}
	for name, c := range map[string]struct {
		kind   integration.Method
		field  string
		change func(*catalog.Provider)
	}{
		"access token": {integration.MethodOAuth2Code, "access_token", method(integration.MethodOAuth2Code, "", map[string]string{"Authorization": "Bearer {access_token}"})},
		"key":          {integration.MethodAPIKey, "api_key", method(integration.MethodAPIKey, "api_key", map[string]string{"X-Api-Key": "{api_key}"})},
		"password":     {integration.MethodBasic, "password", method(integration.MethodBasic, "password", map[string]string{"Authorization": "Basic {basic:{username}:{password}}"})},
		"signature":    {integration.MethodOAuth1, "token_secret", signed},
		"database":     {integration.MethodDatabaseLogin, "password", database},
	} {
		for state, secrets := range map[string]secret.Fields{"absent": {}, "empty": {c.field: secret.New("")}} {
			on := target(server.URL+"/me", c.change)
			on.Grant.Method, on.Secrets = c.kind, secrets
			on.Grant.Public = map[string]string{"username": "u"}
			on.Integration.Settings = map[string]string{"host": host, "port": port, "database": "d"}
			e, f := run(t, newProber(t), on)
			if f.Rule != "keychain-entry-damaged" || f.Cause != integration.CauseThisComputer || e.Stage != integration.StageKeychain || e.Party != integration.PartyNobody {
				t.Errorf("%s, %s: rule %s, cause %s, stage %s", name, state, f.Rule, f.Cause, e.Stage)
			}
		}
	}
	if n := requests.Load(); n != 0 {
		t.Errorf("%d requests went out", n)
	}
}
