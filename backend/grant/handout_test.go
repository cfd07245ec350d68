package grant_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"relink/backend/catalog"
	"relink/backend/grant"
	"relink/backend/integration"
	"relink/backend/secret"
)

func names(parts []grant.Part) (all []string) {
	for _, p := range parts {
		name := p.Name
		if p.Secret {
			name += "!"
		}
		all = append(all, name)
	}
	return all
}

func TestHandOutRenewsFirstAndGivesNoRefreshTokenAway(t *testing.T) {
	l := newLab(t)
	was := l.secretsOf()["access_token"].Fingerprint()
	l.setClock(time.Now().Add(52 * time.Minute))
	var held grant.Held
	if n := l.sent(func() { var err error; held, err = l.keeper().HandOut(t.Context(), l.use, l.row); check(t, err) }); n != 1 {
		t.Errorf("%d renewals", n)
	}
	parts := grant.Parts(l.use, held)
	if !slices.Equal(names(parts), []string{"access_token!", "client_id"}) {
		t.Errorf("handed out: %v", names(parts))
	}
	if parts[0].Value.Fingerprint() == was {
		t.Error("the old token was handed out")
	}
}

func TestADatabaseLoginIsHandedOutWithItsHost(t *testing.T) {
	provider := catalog.Provider{Settings: []integration.Field{{ID: "host"}, {ID: "port", Default: "3306"}, {ID: "table", Optional: true}}}
	use := grant.Use{Provider: provider, Settings: map[string]string{"host": "db.example"}}
	held := grant.Held{
		Grant:   integration.Grant{Method: integration.MethodDatabaseLogin, Public: map[string]string{"username": "reader"}},
		Secrets: secret.Fields{"password": secret.New("x"), "ssh_key": secret.Text{}},
	}
	if got := names(grant.Parts(use, held)); !slices.Equal(got, []string{"password!", "username", "host", "port"}) {
		t.Errorf("handed out: %v", got)
	}
}

func TestH4WhatOpensTheBastionIsNotHandedOut(t *testing.T) {
	all, err := catalog.Load("")
	check(t, err)
	provider, _ := all.Provider("mysql")
	use := grant.Use{Provider: provider, Settings: map[string]string{"host": "db.example", "ssh_host": "bastion.example"}}
	held := grant.Held{
		Grant:   integration.Grant{Method: integration.MethodDatabaseLogin, Public: map[string]string{"username": "reader"}},
		Secrets: secret.Fields{"password": secret.New("x"), "ssh_key": secret.New("y"), "ssh_passphrase": secret.New("z"), "ssh_password": secret.New("w")},
	}
	parts := grant.Parts(use, held)
	if got := names(parts); !slices.Equal(got[:2], []string{"password!", "username"}) {
		t.Errorf("handed out: %v", got)
	}
	if _, alone := grant.Sole(held, parts); !alone {
		t.Error("the password does not stand for the login any more")
	}
}

func TestADeadGrantIsNotHandedOut(t *testing.T) {
	l := newLab(t)
	lost := l.row
	lost.Renewal = &integration.Renewal{Version: 1, StartedAt: time.Now(), Lost: true}
	check(t, l.store.Journal(t.Context(), l.row.ID, lost.Renewal))
	if _, err := l.keeper().HandOut(t.Context(), l.use, lost); !errors.Is(err, grant.ErrLost) {
		t.Errorf("an interrupted one: %v", err)
	}
	check(t, l.store.Journal(t.Context(), l.row.ID, nil))
	// One that nothing renews, past its end.
	check(t, l.vault.Set(t.Context(), l.row.VaultKey(), secret.Seal(secret.Fields{"access_token": secret.New("x"), "client_secret": secret.New("y")})))
	l.setClock(l.row.AccessExpiresAt.Add(time.Second))
	if _, err := l.keeper().HandOut(t.Context(), l.use, l.row); !errors.Is(err, grant.ErrEnded) {
		t.Errorf("past its end: %v", err)
	}
}

func TestADeveloperTokenIsHandedOutBesideTheAccessTokenAndTheClientIsNot(t *testing.T) {
	method := catalog.Method{
		Kind: integration.MethodOAuth2Code, Headers: map[string]string{"Authorization": "Bearer {access_token}", "developer-token": "{developer_token}"},
		Fields: []integration.Field{{ID: "client_secret", Kind: integration.FieldSecret}, {ID: "developer_token", Kind: integration.FieldSecret}},
	}
	use := grant.Use{Provider: catalog.Provider{Methods: []catalog.Method{method}}}
	held := grant.Held{Grant: integration.Grant{Method: method.Kind}, Secrets: secret.Fields{
		"access_token": secret.New("a"), "refresh_token": secret.New("r"), "client_secret": secret.New("c"), "developer_token": secret.New("d"),
	}}
	parts := grant.Parts(use, held)
	if got := names(parts); !slices.Equal(got, []string{"access_token!", "developer_token!"}) {
		t.Errorf("handed out: %v", got)
	}
	if sole, ok := grant.Sole(held, parts); !ok || sole.Fingerprint() != secret.New("a").Fingerprint() {
		t.Error("the access token does not stand for the grant")
	}
	four := grant.Held{Grant: integration.Grant{Method: integration.MethodOAuth1}, Secrets: secret.Fields{"access_token": secret.New("a"), "token_secret": secret.New("t")}}
	if _, ok := grant.Sole(four, grant.Parts(grant.Use{}, four)); ok {
		t.Error("one of two secrets stands for both")
	}
}
