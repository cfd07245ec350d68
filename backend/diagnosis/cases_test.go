package diagnosis_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"relink/backend/diagnosis"
	in "relink/backend/integration"
)

var now = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

const day = 24 * time.Hour

// want is a finding in short: D definitive, L latched.
type want struct {
	rule, cause, status, next, flags, confidence string
}

type evidenceCase struct {
	name     string
	evidence in.Evidence
	want     want
}

func wantOf(f in.Finding) want {
	var flags string
	if f.Definitive {
		flags += "D"
	}
	if f.Latch {
		flags += "L"
	}
	return want{f.Rule, string(f.Cause), string(f.Status), string(f.Next), flags, string(f.Confidence)}
}

// fellows are integrations of other accounts at the same provider.
func fellows(failing, all int) func(*in.Evidence) {
	return func(e *in.Evidence) { e.Fellows = in.Fellows{Others: all, OthersFailing: failing} }
}

// with changes a copy of the evidence.
func with(e in.Evidence, change func(*in.Evidence)) in.Evidence {
	change(&e)
	return e
}

// api is an answer of an API to an OAuth grant that can be renewed.
func api(status int, change ...func(*in.Evidence)) in.Evidence {
	stage := in.StageRequest
	switch status {
	case 401:
		stage = in.StageSignIn
	case 403:
		stage = in.StagePermission
	}
	e := in.Evidence{ProviderID: "shop", Method: in.MethodOAuth2Code, At: now, Party: in.PartyAPI, Host: "api.example.com",
		Vault: in.VaultOK, Stage: stage, HTTPStatus: status, Facts: in.GrantFacts{Renewable: true}}
	for _, c := range change {
		c(&e)
	}
	return e
}

// token is an answer of a token endpoint.
func token(status int, oauthError string, change ...func(*in.Evidence)) in.Evidence {
	e := in.Evidence{ProviderID: "shop", Method: in.MethodOAuth2Code, At: now, Party: in.PartyTokenEndpoint, Host: "login.example.com",
		Vault: in.VaultOK, Stage: in.StageSignIn, HTTPStatus: status, OAuthError: oauthError, Facts: in.GrantFacts{Renewable: true}}
	for _, c := range change {
		c(&e)
	}
	return e
}

// fault is a connection that did not come about.
func fault(n in.NetworkFault, s in.Stage, change ...func(*in.Evidence)) in.Evidence {
	e := in.Evidence{ProviderID: "shop", Method: in.MethodOAuth2Code, At: now, Party: in.PartyNobody, Host: "api.example.com",
		Vault: in.VaultOK, Stage: s, Network: n, Online: in.OnlineYes}
	for _, c := range change {
		c(&e)
	}
	return e
}

// db is an answer of a database.
func db(code string, m in.Meaning, s in.Stage) in.Evidence {
	return in.Evidence{ProviderID: "postgresql", Method: in.MethodDatabaseLogin, Database: true, OwnHost: true, At: now,
		Party: in.PartyDatabase, Host: "db.example.com:5432", Vault: in.VaultOK, Stage: s, VendorCode: code, Meaning: m}
}

// fine is an answer with the proof in it.
func fine(change ...func(*in.Evidence)) in.Evidence {
	return api(200, append([]func(*in.Evidence){func(e *in.Evidence) {
		e.Stage, e.Account = in.StageDone, in.Account{ID: "1", Name: "ana@shop.example"}
	}}, change...)...)
}

func vaulted(v in.VaultState) in.Evidence {
	return in.Evidence{ProviderID: "shop", Method: in.MethodAPIKey, At: now, Stage: in.StageKeychain, Party: in.PartyNobody, Vault: v}
}

func online(o in.Online) func(*in.Evidence) { return func(e *in.Evidence) { e.Online = o } }
func cut(e *in.Evidence)                    { e.Facts.Interrupted, e.Facts.Renewable = true, false }
func refusedSince(d time.Duration) func(*in.Evidence) {
	return func(e *in.Evidence) { e.Facts.RefusedAt = now.Add(-d) }
}
func means(m in.Meaning) func(*in.Evidence) {
	return func(e *in.Evidence) { e.Meaning, e.VendorCode = m, "vendor_code" }
}
func by(m in.Method) func(*in.Evidence)        { return func(e *in.Evidence) { e.Method = m } }
func clock(d time.Duration) func(*in.Evidence) { return func(e *in.Evidence) { e.ClockOffset = d } }
func page(e *in.Evidence)                      { e.HTML = true }
func own(e *in.Evidence)                       { e.OwnHost = true }
func garbled(e *in.Evidence)                   { e.Malformed = true }
func unconfirmed(e *in.Evidence)               { e.Unconfirmed = true }
func database(e *in.Evidence)                  { e.Database, e.OwnHost, e.Method = true, true, in.MethodDatabaseLogin }
func refusedBefore(n int) func(*in.Evidence) {
	return func(e *in.Evidence) { e.Facts.RefusedInARow = n }
}
func retry(d time.Duration) func(*in.Evidence) { return func(e *in.Evidence) { e.RetryAfter = d } }
func facts(f in.GrantFacts) func(*in.Evidence) { return func(e *in.Evidence) { e.Facts = f } }
func lacks(scopes ...string) func(*in.Evidence) {
	return func(e *in.Evidence) { e.MissingScopes = scopes }
}
func expected(id, name string) func(*in.Evidence) {
	return func(e *in.Evidence) { e.ExpectedAccount = in.Account{ID: id, Name: name} }
}

// The facts of a grant that lives for 90 days from consent, obtained and used that long ago.
func ninety(obtained, used time.Duration) func(*in.Evidence) {
	return facts(in.GrantFacts{Lifetime: 90 * day, ObtainedAt: now.Add(-obtained), UsedAt: now.Add(-used), Renewable: true})
}

// The facts of a grant that dies after 180 days without use.
func idle(used time.Duration) func(*in.Evidence) {
	return facts(in.GrantFacts{IdleLifetime: 180 * day, ObtainedAt: now.Add(-400 * day), UsedAt: now.Add(-used), Renewable: true})
}

const (
	computer = "this_computer"
	third    = "third_party"
	change   = "account_change"
	expired  = "expired"
	app      = "oauth_app"
	unknown  = "unknown"
	reauth   = "needs_reauthorization"
	admin    = "waiting_for_admin"
	retrying = "retrying"
)

func cases() []evidenceCase {
	var all []evidenceCase
	for _, group := range [][]evidenceCase{keychainCases(), doneCases(), computerCases(), networkCases(), laterCases(),
		clientCases(), bareCases(), grantCases(), documentedCases(), databaseCases(), bastionCases(), commerceCases(), oddCases()} {
		all = append(all, group...)
	}
	return all
}

func keychainCases() []evidenceCase {
	return []evidenceCase{
		{"keychain locked", vaulted(in.VaultLocked), want{"keychain-locked", computer, unknown, "unlock_keychain", "", "certain"}},
		{"no keychain service", vaulted(in.VaultAbsent), want{"keychain-absent", computer, unknown, "check_computer", "", "certain"}},
		{"keychain silent", vaulted(in.VaultSlow), want{"keychain-slow", computer, unknown, "check_computer", "", "certain"}},
		{"keychain refuses", vaulted(in.VaultRefused), want{"keychain-refused", computer, unknown, "unlock_keychain", "", "certain"}},
		{"entry missing, key", vaulted(in.VaultMissing), want{"keychain-entry-missing", computer, reauth, "update_credentials", "D", "certain"}},
		{"given back, key", with(vaulted(in.VaultMissing), func(e *in.Evidence) { e.Facts.DisconnectedAt = now.Add(-time.Hour) }), want{"disconnected", "account_change", "paused", "update_credentials", "DL", "certain"}},
		{"given back, keychain locked", with(vaulted(in.VaultLocked), func(e *in.Evidence) { e.Facts.DisconnectedAt = now.Add(-time.Hour) }), want{"keychain-locked", computer, "unknown", "unlock_keychain", "", "certain"}},
		{"entry missing, consent", with(vaulted(in.VaultMissing), by(in.MethodOAuth2Code)), want{"keychain-entry-missing", computer, reauth, "reconnect", "D", "certain"}},
		{"entry damaged", vaulted(in.VaultCorrupt), want{"keychain-entry-damaged", computer, reauth, "update_credentials", "D", "certain"}},
	}
}

func doneCases() []evidenceCase {
	return []evidenceCase{
		{"proof seen", fine(), want{"works", "", "connected", "nothing", "", "certain"}},
		{"proof seen, same account under a new name", fine(expected("1", "old name")), want{"works", "", "connected", "nothing", "", "certain"}},
		{"proof seen, account never known", fine(func(e *in.Evidence) { e.Account = in.Account{} }, expected("1", "ana")), want{"works", "", "connected", "nothing", "", "certain"}},
		{"proof seen by a wrong clock", fine(clock(time.Hour)), want{"works", "", "connected", "nothing", "", "certain"}},
		{"another account", fine(expected("2", "bia@agency.example")), want{"account-differs", change, reauth, "reconnect", "", "certain"}},
		{"scope unticked", fine(lacks("read_orders")), want{"scopes-incomplete", change, reauth, "reconnect", "", "certain"}},
		{"key with fewer scopes", fine(lacks("read_orders"), by(in.MethodAPIKey)), want{"key-scopes-incomplete", change, admin, "ask_owner", "", "certain"}},
		{"an ad account was taken away", fine(func(e *in.Evidence) { e.Lost = []in.Resource{{ID: "act_1", Name: "Shop ads"}} }), want{"resources-lost", change, admin, "ask_owner", "", "likely"}},
		{"ends in 4 of 7 days", fine(facts(in.GrantFacts{ObtainedAt: now.Add(-3 * day), ExpiresAt: now.Add(4 * day)})), want{"works", "", "connected", "nothing", "", "certain"}},
		{"ends in 3 of 7 days", fine(facts(in.GrantFacts{ObtainedAt: now.Add(-4 * day), ExpiresAt: now.Add(3 * day)})), want{"expires-soon", "", "expires_soon", "reconnect", "", "certain"}},
		{"ends in 7 days", fine(facts(in.GrantFacts{ExpiresAt: now.Add(7 * day)})), want{"expires-soon", "", "expires_soon", "reconnect", "", "certain"}},
		{"ends in 8 days", fine(facts(in.GrantFacts{ExpiresAt: now.Add(8 * day)})), want{"works", "", "connected", "nothing", "", "certain"}},
		{"works past its stated end", fine(facts(in.GrantFacts{ExpiresAt: now.Add(-day)})), want{"works", "", "connected", "nothing", "", "certain"}},
		{"works, and nothing will renew it", fine(cut, func(e *in.Evidence) { e.Facts.AccessExpiresAt = now.Add(time.Hour) }), want{"renewal-interrupted", computer, reauth, "reconnect", "DL", "certain"}},
		{"over, and nothing renewed it", api(401, cut, means(in.MeaningAccessExpired)), want{"renewal-interrupted", computer, reauth, "reconnect", "DL", "certain"}},
		{"interrupted, and offline now", fault(in.NetworkTimeout, in.StageTCP, online(in.OnlineNo), cut), want{"renewal-interrupted", computer, reauth, "reconnect", "DL", "certain"}},
		{"interrupted, and the keychain is locked", with(vaulted(in.VaultLocked), cut), want{"keychain-locked", computer, unknown, "unlock_keychain", "", "certain"}},
		{"done, and yet a fault", fine(online(in.OnlineYes), func(e *in.Evidence) { e.Network = in.NetworkReset }), want{"connection-broken", third, retrying, "wait", "", "possible"}},
	}
}

func computerCases() []evidenceCase {
	return []evidenceCase{
		{"offline", fault(in.NetworkDNSFailing, in.StageDNS, online(in.OnlineNo)), want{"offline", computer, unknown, "check_computer", "", "certain"}},
		{"offline at the token endpoint", fault(in.NetworkUnreachable, in.StageTCP, online(in.OnlineNo)), want{"offline", computer, unknown, "check_computer", "", "certain"}},
		{"offline, database on this computer refuses", fault(in.NetworkRefused, in.StageTCP, online(in.OnlineNo), database, func(e *in.Evidence) { e.Host = "127.0.0.1:5432" }), want{"database-not-running", third, retrying, "check_settings", "", "likely"}},
		{"offline, database in the house refuses", fault(in.NetworkRefused, in.StageTCP, online(in.OnlineNo), database), want{"database-not-running", third, retrying, "check_settings", "", "likely"}},
		{"captive portal by certificate", fault(in.NetworkTLSName, in.StageTLS, online(in.OnlineCaptive)), want{"captive-portal", computer, unknown, "check_computer", "", "certain"}},
		{"captive portal by page", api(200, page, online(in.OnlineCaptive)), want{"captive-portal", computer, unknown, "check_computer", "", "certain"}},
		{"address denied", fault(in.NetworkDenied, in.StageTCP), want{"address-denied", computer, unknown, "check_settings", "", "certain"}},
		{"proxy refuses", fault(in.NetworkProxy, in.StageTCP), want{"proxy-in-the-way", computer, unknown, "check_computer", "", "certain"}},
		{"clock an hour ahead, bare 401", api(401, clock(time.Hour)), want{"clock-off", computer, unknown, "check_computer", "", "likely"}},
		{"clock ten minutes behind, access token over", api(401, clock(-10*time.Minute), means(in.MeaningAccessExpired)), want{"clock-off", computer, unknown, "check_computer", "", "likely"}},
		{"clock off, certificate out of its dates", fault(in.NetworkTLSExpired, in.StageTLS, clock(400*day)), want{"clock-off", computer, unknown, "check_computer", "", "likely"}},
		{"clock off, service account refused", token(400, "invalid_grant", clock(time.Hour), by(in.MethodServiceAccount)), want{"clock-off", computer, unknown, "check_computer", "", "likely"}},
		{"clock 5 minutes off is none", api(401, clock(5*time.Minute)), want{"refused-unexplained", unknown, retrying, "wait", "", "possible"}},
	}
}

func networkCases() []evidenceCase {
	return []evidenceCase{
		{"certificate expired", fault(in.NetworkTLSExpired, in.StageTLS), want{"certificate-expired", third, retrying, "wait", "", "likely"}},
		{"certificate of another name, service", fault(in.NetworkTLSName, in.StageTLS), want{"certificate-name", computer, unknown, "check_computer", "", "likely"}},
		{"certificate of another name, own host", fault(in.NetworkTLSName, in.StageTLS, own), want{"own-certificate-name", third, retrying, "check_settings", "", "possible"}},
		{"unknown authority, service", fault(in.NetworkTLSIssuer, in.StageTLS), want{"certificate-issuer", computer, unknown, "check_computer", "", "likely"}},
		{"self-signed, database", fault(in.NetworkTLSIssuer, in.StageTLS, database), want{"own-certificate-issuer", computer, retrying, "check_settings", "", "likely"}},
		{"TLS 1.1", fault(in.NetworkTLSOther, in.StageTLS), want{"tls-failed", third, retrying, "wait", "", "possible"}},
		{"database without TLS", fault(in.NetworkTLSOther, in.StageTLS, database), want{"tls-unavailable", third, retrying, "check_settings", "", "likely"}},
		{"name gone, service", fault(in.NetworkDNS, in.StageDNS), want{"name-unknown", third, retrying, "wait", "", "likely"}},
		{"name gone, own host", fault(in.NetworkDNS, in.StageDNS, own), want{"own-name-unknown", third, retrying, "check_settings", "", "possible"}},
		{"SERVFAIL", fault(in.NetworkDNSFailing, in.StageDNS), want{"name-lookup-failing", third, retrying, "wait", "", "possible"}},
		{"refused", fault(in.NetworkRefused, in.StageTCP), want{"connection-refused", third, retrying, "wait", "", "likely"}},
		{"refused, database", fault(in.NetworkRefused, in.StageTCP, database), want{"database-not-running", third, retrying, "check_settings", "", "likely"}},
		{"no route", fault(in.NetworkUnreachable, in.StageTCP), want{"host-unreachable", third, retrying, "wait", "", "possible"}},
		{"no answer", fault(in.NetworkTimeout, in.StageRequest), want{"no-answer-in-time", third, retrying, "wait", "", "possible"}},
		{"no connection, database", fault(in.NetworkTimeout, in.StageTCP, database), want{"no-answer-in-time", third, retrying, "wait", "", "possible"}},
		{"database port is silent", fault(in.NetworkTimeout, in.StageSignIn, database), want{"database-silent", third, retrying, "check_settings", "", "possible"}},
		{"database port speaks something else", fault(in.NetworkNone, in.StageSignIn, database, garbled), want{"database-silent", third, retrying, "check_settings", "", "possible"}},
		{"cut off", fault(in.NetworkReset, in.StageRequest), want{"connection-broken", third, retrying, "wait", "", "possible"}},
		{"another fault", fault(in.NetworkOther, in.StageRequest), want{"network-trouble", unknown, retrying, "wait", "", "possible"}},
	}
}

func laterCases() []evidenceCase {
	return []evidenceCase{
		{"429", api(429, retry(2*time.Minute)), want{"rate-limited", third, retrying, "wait", "", "certain"}},
		{"429 of the token endpoint", token(429, ""), want{"rate-limited", third, retrying, "wait", "", "certain"}},
		{"429 that blames the client", token(429, "invalid_client", means(in.MeaningClientInvalid)), want{"rate-limited", third, retrying, "wait", "", "certain"}},
		{"quota as 403", api(403, means(in.MeaningRateLimited)), want{"rate-limited", third, retrying, "wait", "", "certain"}},
		{"slow_down", token(400, "slow_down"), want{"rate-limited", third, retrying, "wait", "", "certain"}},
		{"503", api(503), want{"provider-trouble", third, retrying, "wait", "", "certain"}},
		{"502 with a page", api(502, page), want{"provider-trouble", third, retrying, "wait", "", "certain"}},
		{"500 of the token endpoint, for the tenth time", token(500, "", refusedBefore(9)), want{"provider-trouble", third, retrying, "wait", "", "certain"}},
		{"503 that blames the client", token(503, "invalid_client", means(in.MeaningClientInvalid)), want{"provider-trouble", third, retrying, "wait", "", "certain"}},
		{"temporarily_unavailable with 400", token(400, "temporarily_unavailable"), want{"provider-trouble", third, retrying, "wait", "", "certain"}},
		{"server_error in the redirect", token(0, "server_error"), want{"provider-trouble", third, retrying, "wait", "", "certain"}},
		{"connections used up", db("53300", in.MeaningConnectionLimit, in.StageSignIn), want{"connection-limit", third, retrying, "wait", "", "certain"}},
		{"409", api(409), want{"provider-busy", third, retrying, "wait", "", "likely"}},
		{"408 of the token endpoint, for the tenth time", token(408, "", refusedBefore(9)), want{"provider-busy", third, retrying, "wait", "", "likely"}},
	}
}

func clientCases() []evidenceCase {
	return []evidenceCase{
		{"invalid_client", token(401, "invalid_client"), want{"oauth-client-refused", app, reauth, "fix_oauth_app", "DL", "certain"}},
		{"unauthorized_client", token(400, "unauthorized_client"), want{"oauth-client-refused", app, reauth, "fix_oauth_app", "DL", "certain"}},
		{"redirect_uri_mismatch", token(400, "redirect_uri_mismatch"), want{"oauth-client-refused", app, reauth, "fix_oauth_app", "DL", "certain"}},
		{"the catalog says client", token(400, "invalid_request", means(in.MeaningClientInvalid)), want{"oauth-client-refused", app, reauth, "fix_oauth_app", "DL", "certain"}},
		{"invalid_scope", token(400, "invalid_scope", means(in.MeaningClientInvalid)), want{"oauth-scope-refused", app, reauth, "fix_oauth_app", "DL", "certain"}},
		{"API switched off", api(403, means(in.MeaningAppBlocked)), want{"app-blocked", app, reauth, "fix_oauth_app", "", "certain"}},
		{"denied in the browser", token(0, "access_denied"), want{"consent-denied", unknown, unknown, "reconnect", "", "certain"}},
	}
}

func bareCases() []evidenceCase {
	return []evidenceCase{
		{"bare 401", api(401), want{"refused-unexplained", unknown, retrying, "wait", "", "possible"}},
		{"bare 401, second", api(401, refusedBefore(1)), want{"refused-unexplained", unknown, retrying, "wait", "", "possible"}},
		{"bare 401, third", api(401, refusedBefore(2)), want{"refused-repeatedly", unknown, reauth, "reconnect", "DL", "likely"}},
		{"bare 401 of a key, third", api(401, refusedBefore(2), by(in.MethodAPIKey)), want{"refused-repeatedly", unknown, reauth, "update_credentials", "DL", "likely"}},
		{"401 as a page, third, nobody asked", api(401, page, refusedBefore(2)), want{"refused-unexplained", unknown, retrying, "wait", "", "possible"}},
		{"401 as a page, third, online", api(401, page, refusedBefore(2), online(in.OnlineYes)), want{"refused-repeatedly", unknown, reauth, "reconnect", "DL", "likely"}},
		{"bare 401 for the fifth time, and other accounts too", api(401, refusedBefore(4), fellows(3, 4)), want{"refused-to-many", third, retrying, "wait", "", "likely"}},
		{"bare 401 for the third time, half of the others are well", api(401, refusedBefore(2), fellows(2, 4)), want{"refused-repeatedly", unknown, reauth, "reconnect", "DL", "likely"}},
		{"a documented refusal while others fail", api(401, means(in.MeaningCredentialRevoked), fellows(3, 3)), want{"credential-revoked", change, reauth, "reconnect", "DL", "certain"}},
		{"bare 403", api(403), want{"forbidden", change, retrying, "wait", "", "possible"}},
		{"bare 403, third", api(403, refusedBefore(2)), want{"forbidden-repeatedly", change, admin, "ask_owner", "", "likely"}},
		{"401 after the stated end, not renewable", api(401, facts(in.GrantFacts{AccessExpiresAt: now.Add(-time.Minute)})), want{"stated-end-passed", expired, reauth, "reconnect", "DL", "certain"}},
		{"401 of a key after its stated end", api(401, by(in.MethodAPIKey), facts(in.GrantFacts{ExpiresAt: now.Add(-day)})), want{"stated-end-passed", expired, reauth, "update_credentials", "DL", "certain"}},
		{"access token over, renewable", api(401, means(in.MeaningAccessExpired)), want{"access-token-refused", expired, retrying, "wait", "", "possible"}},
		{"access token over, renewable, third", api(401, means(in.MeaningAccessExpired), refusedBefore(2)), want{"refused-repeatedly", unknown, reauth, "reconnect", "DL", "likely"}},
		{"token endpoint 400 without an OAuth error", token(400, ""), want{"refused-unexplained", unknown, retrying, "wait", "", "possible"}},
		{"token endpoint 404, second", token(404, "", refusedBefore(1)), want{"refused-unexplained", unknown, retrying, "wait", "", "possible"}},
		{"token endpoint 400 unreadable, third", token(400, "", garbled, refusedBefore(2)), want{"refused-repeatedly", unknown, reauth, "reconnect", "DL", "likely"}},
		{"token endpoint 400 unreadable, third of the same day", token(400, "", garbled, refusedBefore(2), refusedSince(23*time.Hour)), want{"refused-unexplained", unknown, retrying, "wait", "", "possible"}},
		{"token endpoint 400 unreadable, on the third day", token(400, "", garbled, refusedBefore(2), refusedSince(24*time.Hour)), want{"refused-repeatedly", unknown, reauth, "reconnect", "DL", "likely"}},
		{"bare 401, third of the same day", api(401, refusedBefore(2), refusedSince(time.Minute)), want{"refused-repeatedly", unknown, reauth, "reconnect", "DL", "likely"}},
		{"token endpoint 403 page, third, nobody asked", token(403, "", page, refusedBefore(2)), want{"network-web-page", computer, unknown, "check_computer", "", "possible"}},
		{"token endpoint 403 page, third, offline", token(403, "", page, refusedBefore(2), online(in.OnlineNo)), want{"network-web-page", computer, unknown, "check_computer", "", "possible"}},
		{"token endpoint 403 page, third, online", token(403, "", page, refusedBefore(2), online(in.OnlineYes)), want{"refused-repeatedly", unknown, reauth, "reconnect", "DL", "likely"}},
		{"unconfirmed dead code", api(401, means(in.MeaningCredentialDead), unconfirmed, by(in.MethodAPIKey)), want{"refused-unexplained", unknown, retrying, "wait", "", "possible"}},
		{"unconfirmed dead code, third", api(401, means(in.MeaningCredentialDead), unconfirmed, refusedBefore(2), by(in.MethodAPIKey)), want{"grant-refused", unknown, reauth, "update_credentials", "DL", "likely"}},
		{"page with 200, nobody asked", api(200, page), want{"network-web-page", computer, unknown, "check_computer", "", "possible"}},
		{"page with 200, online", api(200, page, online(in.OnlineYes)), want{"provider-web-page", third, retrying, "wait", "", "likely"}},
		{"page of an own host", api(200, page, own), want{"own-web-page", unknown, retrying, "check_settings", "", "possible"}},
		{"redirect to elsewhere", api(302), want{"network-web-page", computer, unknown, "check_computer", "", "possible"}},
		{"firewall's 403 page", api(403, page, refusedBefore(5), online(in.OnlineYes)), want{"provider-web-page", third, retrying, "wait", "", "likely"}},
	}
}

func grantCases() []evidenceCase {
	refused := func(c ...func(*in.Evidence)) in.Evidence {
		return token(400, "invalid_grant", append(c, means(in.MeaningCredentialDead))...)
	}
	return []evidenceCase{
		{"invalid_grant, nothing known", token(400, "invalid_grant"), want{"grant-refused", unknown, reauth, "reconnect", "DL", "certain"}},
		{"invalid_grant with 403", token(403, "invalid_grant"), want{"grant-refused", unknown, reauth, "reconnect", "DL", "certain"}},
		{"invalid_grant with 200", token(200, "invalid_grant"), want{"grant-refused", unknown, reauth, "reconnect", "DL", "certain"}},
		{"invalid_grant with 500", token(500, "invalid_grant"), want{"grant-refused", unknown, reauth, "reconnect", "DL", "certain"}},
		{"past its lifetime", refused(ninety(90*day, day)), want{"grant-past-its-life", expired, reauth, "reconnect", "DL", "likely"}},
		{"past its stated end", refused(facts(in.GrantFacts{ExpiresAt: now.Add(-time.Hour), ObtainedAt: now.Add(-30 * day)})), want{"grant-past-its-life", expired, reauth, "reconnect", "DL", "likely"}},
		{"idle too long", refused(idle(181 * day)), want{"grant-past-its-life", expired, reauth, "reconnect", "DL", "likely"}},
		{"well before its end, in use", refused(ninety(30*day, time.Hour)), want{"grant-ended-early", change, reauth, "reconnect", "DL", "likely"}},
		{"never idle, in use", refused(idle(2 * time.Hour)), want{"grant-ended-early", change, reauth, "reconnect", "DL", "likely"}},
		{"well before its end, unused for 8 days", refused(ninety(30*day, 8*day)), want{"grant-refused", unknown, reauth, "reconnect", "DL", "certain"}},
		{"near its end", refused(ninety(85*day, time.Hour)), want{"grant-refused", unknown, reauth, "reconnect", "DL", "certain"}},
		{"past its lifetime by a wrong clock", refused(ninety(90*day, day), clock(time.Hour)), want{"grant-refused", unknown, reauth, "reconnect", "DL", "certain"}},
		{"dead key", api(401, means(in.MeaningCredentialDead), by(in.MethodAPIKey)), want{"grant-refused", unknown, reauth, "update_credentials", "DL", "certain"}},
		{"a seller without a grant, told by unauthorized_client", token(400, "unauthorized_client", means(in.MeaningCredentialRevoked)), want{"credential-revoked", "account_change", reauth, "reconnect", "DL", "certain"}},
		{"locked user, told beside invalid_grant", token(400, "invalid_grant", means(in.MeaningAccountDisabled)), want{"account-disabled", "account_change", "waiting_for_admin", "ask_owner", "DL", "certain"}},
		{"address not allowed, told beside invalid_grant", token(400, "invalid_grant", means(in.MeaningAddressNotAllowed)), want{"address-not-allowed", "this_computer", "waiting_for_admin", "ask_owner", "", "certain"}},
		{"the same from nowhere confirmed", token(400, "invalid_grant", means(in.MeaningAccountDisabled), unconfirmed), want{"grant-refused", unknown, reauth, "reconnect", "DL", "certain"}},
		{"unconfirmed meaning beside invalid_grant", refused(unconfirmed), want{"grant-refused", unknown, reauth, "reconnect", "DL", "certain"}},
		{"interaction_required", token(400, "interaction_required"), want{"consent-needed", change, reauth, "reconnect", "DL", "likely"}},
	}
}

func documentedCases() []evidenceCase {
	return []evidenceCase{
		{"documented expiry", api(401, means(in.MeaningCredentialExpired), by(in.MethodAPIKey)), want{"credential-expired", expired, reauth, "update_credentials", "DL", "certain"}},
		{"documented withdrawal", api(401, means(in.MeaningCredentialRevoked)), want{"credential-revoked", change, reauth, "reconnect", "DL", "certain"}},
		{"documented withdrawal at the token endpoint", token(400, "invalid_grant", means(in.MeaningCredentialRevoked)), want{"credential-revoked", change, reauth, "reconnect", "DL", "certain"}},
		{"account disabled", api(403, means(in.MeaningAccountDisabled)), want{"account-disabled", change, admin, "ask_owner", "DL", "certain"}},
		{"insufficient_scope header", api(403, func(e *in.Evidence) { e.OAuthError = "insufficient_scope" }), want{"scope-missing", change, reauth, "reconnect", "", "certain"}},
		{"scope code", api(403, means(in.MeaningScopeMissing)), want{"scope-missing", change, reauth, "reconnect", "", "certain"}},
		{"scope of a key", api(403, means(in.MeaningScopeMissing), by(in.MethodAPIKey)), want{"key-scope-missing", change, admin, "ask_owner", "", "certain"}},
		{"role lost", api(403, means(in.MeaningPermissionDenied)), want{"permission-denied", change, admin, "ask_owner", "", "certain"}},
		{"unconfirmed role code", api(403, means(in.MeaningPermissionDenied), unconfirmed), want{"permission-denied", change, admin, "ask_owner", "", "likely"}},
		{"shop gone", api(404, means(in.MeaningResourceGone)), want{"resource-gone", change, admin, "check_settings", "", "likely"}},
		{"address not on the list", api(403, means(in.MeaningAddressNotAllowed)), want{"address-not-allowed", computer, admin, "ask_owner", "", "certain"}},
		{"access token over, nothing renews it", api(401, means(in.MeaningAccessExpired), facts(in.GrantFacts{})), want{"access-ended", expired, reauth, "reconnect", "DL", "certain"}},
		{"no credential arrived", api(401, means(in.MeaningNoCredentialSent)), want{"no-credential-sent", computer, unknown, "contact_support", "", "likely"}},
		{"version retired", api(410, means(in.MeaningRequestOutdated)), want{"request-outdated", unknown, unknown, "contact_support", "", "certain"}},
	}
}

func databaseCases() []evidenceCase {
	return []evidenceCase{
		{"28P01", db("28P01", in.MeaningLoginRefused, in.StageSignIn), want{"login-refused", change, reauth, "update_credentials", "DL", "likely"}},
		{"1820", db("1820", in.MeaningPasswordExpired, in.StageRequest), want{"password-expired", expired, reauth, "update_credentials", "DL", "certain"}},
		{"4151", db("4151", in.MeaningAccountDisabled, in.StageSignIn), want{"account-disabled", change, admin, "ask_owner", "DL", "certain"}},
		{"42501", db("42501", in.MeaningPermissionDenied, in.StagePermission), want{"privilege-missing", change, admin, "ask_owner", "", "certain"}},
		{"3D000", db("3D000", in.MeaningResourceGone, in.StageSignIn), want{"database-missing", change, admin, "check_settings", "", "certain"}},
		{"42P01", db("42P01", in.MeaningResourceGone, in.StagePermission), want{"table-missing", change, admin, "check_settings", "", "certain"}},
		{"no pg_hba.conf entry", db("28000", in.MeaningAddressNotAllowed, in.StageSignIn), want{"address-not-allowed", computer, admin, "ask_owner", "", "certain"}},
		{"no encryption", db("28000", in.MeaningTLSRequired, in.StageSignIn), want{"tls-required", change, retrying, "check_settings", "", "likely"}},
		{"starting up", db("57P03", in.MeaningServiceDown, in.StageSignIn), want{"provider-trouble", third, retrying, "wait", "", "certain"}},
		{"a code that the catalog lacks", db("XX999", in.MeaningNone, in.StageRequest), want{"unknown", unknown, unknown, "contact_support", "", "possible"}},
	}
}

func oddCases() []evidenceCase {
	return []evidenceCase{
		{"an OAuth error that nobody knows", token(400, "moon_phase"), want{"oauth-error-unknown", unknown, retrying, "contact_support", "", "possible"}},
		{"access_denied by the token endpoint", token(403, "access_denied"), want{"oauth-error-unknown", unknown, retrying, "contact_support", "", "possible"}},
		{"200 that cannot be read", api(200, garbled), want{"answer-garbled", third, retrying, "wait", "", "possible"}},
		{"token endpoint 200 that cannot be read", token(200, "", garbled), want{"answer-garbled", third, retrying, "wait", "", "possible"}},
		{"404", api(404), want{"not-found", unknown, retrying, "check_settings", "", "possible"}},
		{"422", api(422), want{"request-rejected", unknown, retrying, "contact_support", "", "possible"}},
		{"200 with an error inside", api(200), want{"proof-missing", unknown, retrying, "contact_support", "", "possible"}},
		{"nothing at all", in.Evidence{}, want{"unknown", unknown, unknown, "contact_support", "", "possible"}},
	}
}

func TestOfReadsEvidenceByTheTable(t *testing.T) {
	for _, c := range cases() {
		t.Run(c.name, func(t *testing.T) {
			f := diagnosis.Of(c.evidence)
			if diff := cmp.Diff(c.want, wantOf(f), cmp.AllowUnexported(want{})); diff != "" {
				t.Error(diff)
			}
			if (f.Cause == in.CauseNone) != (f.Verdict == in.VerdictOK) {
				t.Errorf("cause %q with verdict %q", f.Cause, f.Verdict)
			}
			if f.Latch && !f.Definitive {
				t.Error("a latch without an incident would never be told")
			}
		})
	}
}

func TestEveryRuleIsReachedAndDocumented(t *testing.T) {
	reached := map[string]bool{}
	for _, c := range cases() {
		reached[diagnosis.Of(c.evidence).Rule] = true
	}
	names := map[string]bool{}
	rules := diagnosis.Rules()
	for _, r := range rules {
		if !reached[r.Name] {
			t.Errorf("no case reaches the rule %s", r.Name)
		}
		if len(r.Doc) < 20 {
			t.Errorf("the rule %s is not documented", r.Name)
		}
		if names[r.Name] || r.Name != strings.ToLower(r.Name) || strings.ContainsAny(r.Name, " _") {
			t.Errorf("the name %q is taken or not in kebab-case", r.Name)
		}
		names[r.Name] = true
	}
	if last := rules[len(rules)-1]; last.Name != "unknown" {
		t.Errorf("the last rule is %s, want unknown", last.Name)
	}
}

func TestNetworkTroubleNeverAsksForALogin(t *testing.T) {
	faults := []in.NetworkFault{in.NetworkDNS, in.NetworkDNSFailing, in.NetworkRefused, in.NetworkUnreachable, in.NetworkTimeout, in.NetworkReset,
		in.NetworkTLSExpired, in.NetworkTLSName, in.NetworkTLSIssuer, in.NetworkTLSOther, in.NetworkProxy, in.NetworkDenied, in.NetworkOther}
	stages := []in.Stage{in.StageDNS, in.StageTCP, in.StageTLS, in.StageSignIn, in.StageRequest}
	for _, n := range faults {
		for _, s := range stages {
			for _, o := range []in.Online{in.OnlineUnasked, in.OnlineYes, in.OnlineNo, in.OnlineCaptive} {
				for _, m := range []in.Method{in.MethodOAuth2Code, in.MethodAPIKey, in.MethodDatabaseLogin} {
					e := fault(n, s, online(o), by(m), refusedBefore(9), ninety(100*day, 100*day))
					e.Database = m == in.MethodDatabaseLogin
					if f := diagnosis.Of(e); f.Status == in.StatusNeedsReauthorization || f.Latch || f.Definitive || f.OK() {
						t.Errorf("%s at %s, online %q: %s → %s", n, s, o, f.Rule, f.Status)
					}
				}
			}
		}
	}
}

func TestFindingKeepsTheProvidersWait(t *testing.T) {
	if f := diagnosis.Of(api(429, retry(2*time.Minute))); f.RetryAfter != 2*time.Minute {
		t.Errorf("got %s", f.RetryAfter)
	}
}

func TestCountsAsRefusalCountsTheUnexplainedOnly(t *testing.T) {
	for _, c := range []struct {
		name     string
		evidence in.Evidence
		want     bool
	}{
		{"bare 401", api(401), true},
		{"bare 403", api(403), true},
		{"token endpoint 400 without an error", token(400, ""), true},
		{"token endpoint 403 page", token(403, "", page), true},
		{"unconfirmed dead code", api(401, means(in.MeaningCredentialDead), unconfirmed), true},
		{"renewable access token refused", api(401, means(in.MeaningAccessExpired)), true},
		{"documented dead code", api(401, means(in.MeaningCredentialDead)), false},
		{"invalid_grant", token(400, "invalid_grant"), false},
		{"429", token(429, ""), false},
		{"404", api(404), false},
		{"503", api(503), false},
		{"network", fault(in.NetworkTimeout, in.StageTCP), false},
		{"works", fine(), false},
	} {
		if got := diagnosis.CountsAsRefusal(c.evidence); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
