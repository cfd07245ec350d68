package monitor_test

import (
	"bytes"
	"context"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"relink/backend/catalog"
	"relink/backend/grant"
	"relink/backend/integration"
	"relink/backend/monitor"
	"relink/backend/oauth"
	"relink/backend/probe"
	"relink/backend/secret"
	"relink/backend/store"
	"relink/build/peers"
)

// leadsTo is what an answer of the token endpoint must lead to.
type leadsTo int

const (
	retry  leadsTo = iota // nobody is asked, and the next check tries again
	person                // a person must authorize anew; no timer sends the token again
	app                   // the OAuth client must be mended; a new consent cannot
)

// tokenAnswer is one row: what the endpoint does with a refresh request.
type tokenAnswer struct {
	name   string
	answer func(w http.ResponseWriter, r *http.Request)
	want   leadsTo
	later  leadsTo // for the third in a row, a day apart each; the same as want unless set
	rule   string
	slow   bool // takes its whole deadline
}

// says answers with a status, a content type and a body.
func says(status int, kind, body string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func refuses(status int, code string) func(http.ResponseWriter, *http.Request) {
	return says(status, "application/json", `{"error":"`+code+`","error_description":"as the server words it"}`)
}

const (
	jsonKind = "application/json"
	htmlKind = "text/html; charset=utf-8"
	page     = "<!doctype html><html><body><h1>Please come back later</h1></body></html>"
)

// huge sends ten megabytes.
func huge(status int, kind, begin string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, begin)
		part := bytes.Repeat([]byte("a"), 64<<10)
		for range 160 {
			if _, err := w.Write(part); err != nil {
				return
			}
		}
	}
}

// drip sends a token a byte at a time, and never comes to its end.
func drip(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", jsonKind)
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	_, _ = io.WriteString(w, `{"access_token":"`)
	for {
		_, _ = io.WriteString(w, "a")
		_ = http.NewResponseController(w).Flush()
		select {
		case <-tick.C:
		case <-r.Context().Done():
			return
		}
	}
}

// hangs takes the request and says nothing.
func hangs(_ http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	<-r.Context().Done()
}

// cut begins an answer and ends the connection.
func cut(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "1000")
	_, _ = io.WriteString(w, `{"access_token":"abc`)
	panic(http.ErrAbortHandler)
}

// tokenAnswers is the table of statuses and bodies.
func tokenAnswers(elsewhere string) []tokenAnswer {
	leads := func(status int) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, elsewhere, status) }
	}
	return []tokenAnswer{
		{name: "400 invalid_grant", answer: refuses(400, "invalid_grant"), want: person, rule: "grant-ended-early"},
		{name: "401 invalid_grant", answer: refuses(401, "invalid_grant"), want: person, rule: "grant-ended-early"},
		{name: "403 invalid_grant", answer: refuses(403, "invalid_grant"), want: person, rule: "grant-ended-early"},
		{name: "200 invalid_grant", answer: refuses(200, "invalid_grant"), want: person, rule: "grant-ended-early"},
		{name: "429 invalid_grant", answer: refuses(429, "invalid_grant"), want: person, rule: "grant-ended-early"},
		{name: "500 invalid_grant", answer: refuses(500, "invalid_grant"), want: person, rule: "grant-ended-early"},
		{name: "400 invalid_grant as text/html", answer: says(400, htmlKind, `{"error":"invalid_grant"}`), want: person, rule: "grant-ended-early"},
		{name: "400 invalid_grant as a form", answer: says(400, "application/x-www-form-urlencoded", "error=invalid_grant&error_description=gone"), want: person, rule: "grant-ended-early"},
		{name: "400 interaction_required", answer: refuses(400, "interaction_required"), want: person, rule: "consent-needed"},

		{name: "401 invalid_client", answer: refuses(401, "invalid_client"), want: app, rule: "oauth-client-refused"},
		{name: "400 invalid_client", answer: refuses(400, "invalid_client"), want: app, rule: "oauth-client-refused"},
		{name: "400 unauthorized_client", answer: refuses(400, "unauthorized_client"), want: app, rule: "oauth-client-refused"},
		{name: "400 redirect_uri_mismatch", answer: refuses(400, "redirect_uri_mismatch"), want: app, rule: "oauth-client-refused"},
		{name: "400 invalid_request", answer: refuses(400, "invalid_request"), want: app, rule: "oauth-client-refused"},
		{name: "400 invalid_scope", answer: refuses(400, "invalid_scope"), want: app, rule: "oauth-scope-refused"},

		{name: "429", answer: says(429, jsonKind, `{}`), rule: "rate-limited"},
		{name: "429 page", answer: says(429, htmlKind, page), rule: "rate-limited"},
		{name: "400 slow_down", answer: refuses(400, "slow_down"), rule: "rate-limited"},
		{name: "400 temporarily_unavailable", answer: refuses(400, "temporarily_unavailable"), rule: "provider-trouble"},
		{name: "400 server_error", answer: refuses(400, "server_error"), rule: "provider-trouble"},
		{name: "500 empty", answer: says(500, "text/plain", ""), rule: "provider-trouble"},
		{name: "502 page", answer: says(502, htmlKind, page), rule: "provider-trouble"},
		{name: "503 invalid_client of a gateway", answer: refuses(503, "invalid_client"), rule: "provider-trouble"},
		{name: "503 page", answer: says(503, htmlKind, page), rule: "provider-trouble"},
		{name: "504 empty", answer: says(504, "", ""), rule: "provider-trouble"},
		{name: "408", answer: says(408, "text/plain", ""), rule: "provider-busy"},
		{name: "409", answer: says(409, "text/plain", ""), rule: "provider-busy"},
		{name: "423", answer: says(423, "text/plain", ""), rule: "provider-busy"},
		{name: "425", answer: says(425, "text/plain", ""), rule: "provider-busy"},
		{name: "200 empty", answer: says(200, jsonKind, ""), rule: "answer-garbled"},
		{name: "200 page", answer: says(200, htmlKind, page), rule: "provider-web-page"},
		{name: "200 without a token", answer: says(200, jsonKind, `{"token_type":"Bearer"}`), rule: "answer-garbled"},
		{name: "200 null token", answer: says(200, jsonKind, `{"access_token":null}`), rule: "answer-garbled"},
		{name: "200 ten megabytes", answer: huge(200, jsonKind, `{"access_token":"`), rule: "answer-garbled"},
		{name: "400 unknown OAuth error", answer: refuses(400, "server_is_tired"), rule: "oauth-error-unknown"},
		{name: "302 to another host", answer: leads(302), rule: "provider-web-page"},
		{name: "303 to another host", answer: leads(303), rule: "provider-web-page"},
		{name: "307 to another host", answer: leads(307), rule: "provider-web-page"},
		{name: "308 to another host", answer: leads(308), rule: "provider-web-page"},
		{name: "a cut answer", answer: cut, rule: "connection-broken"},
		{name: "a server that hangs", answer: hangs, rule: "no-answer-in-time", slow: true},
		{name: "a body that never ends", answer: drip, rule: "no-answer-in-time", slow: true},

		{name: "400 empty", answer: says(400, "text/plain", ""), rule: "refused-unexplained", later: person},
		{name: "401 empty", answer: says(401, "text/plain", ""), rule: "refused-unexplained", later: person},
		{name: "404 text", answer: says(404, "text/plain", "no"), rule: "refused-unexplained", later: person},
		{name: "400 ten megabytes", answer: huge(400, "application/octet-stream", ""), rule: "refused-unexplained", later: person},
		{name: "403 page", answer: says(403, htmlKind, page), rule: "provider-web-page", later: person},
		{name: "400 page of ten megabytes", answer: huge(400, htmlKind, "<html>"), rule: "provider-web-page", later: person},
	}
}

// From the status and body of a token endpoint, over the real client and the evidence, to what the person
// is told and what the next check does.
func TestD5TokenAnswersLeadToRetryPersonOrApp(t *testing.T) {
	var leaked atomic.Int32
	evil := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { leaked.Add(1) }))
	t.Cleanup(func() {
		evil.Close()
		if n := leaked.Load(); n != 0 {
			t.Errorf("N-3: another host got %d requests", n)
		}
	})
	for _, row := range tokenAnswers(evil.URL) {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			l := newTokenLab(t, row.answer)
			l.wants(row.want, row.rule, 1)
			if row.slow {
				return
			}
			requests := int32(1)
			if row.want == retry {
				requests++
			}
			l.pass(20 * time.Minute) // after the longest pause of the keeper
			l.wants(row.want, row.rule, requests)
			if row.later == row.want || row.want != retry {
				return
			}
			// A refusal without a reason counts once a day, so that an outage ends no grant.
			for hour := range int32(20) {
				l.pass(time.Hour)
				l.wants(retry, row.rule, requests+hour+1)
			}
			l.pass(24 * time.Hour)
			l.wants(retry, row.rule, requests+21)
			l.pass(24 * time.Hour)
			l.wants(row.later, "refused-repeatedly", requests+22)
			l.pass(24 * time.Hour)
			l.wants(row.later, "refused-repeatedly", requests+22)
		})
	}
}

// tokenLab is one integration whose access token is at its end, over a token endpoint with one answer.
type tokenLab struct {
	*lab
	arrived  atomic.Int32 // refresh requests
	observed *monitor.Monitor
}

func newTokenLab(t *testing.T, answer http.HandlerFunc) *tokenLab {
	t.Helper()
	l := &tokenLab{lab: &lab{t: t, vault: &moodyVault{Vault: secret.NewMemory()}, dir: t.TempDir(), now: time.Now()}}
	endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l.arrived.Add(1)
		answer(w, r)
	}))
	t.Cleanup(endpoint.Close)
	provider, err := catalog.Parse("peer", (&peers.Peer{Issuer: endpoint.URL}).ProviderYAML(peers.Provider{TokenURL: endpoint.URL + "/token", Lifetime: "access: 1h, idle: 90d"}))
	check(t, err)
	s, err := store.Open(t.Context(), l.dir, store.Options{Now: l.clock})
	check(t, err)
	t.Cleanup(func() { _ = s.Close() })
	g := integration.Grant{ID: "grt_0", ProviderID: "peer", Method: integration.MethodOAuth2Code, Version: 1, ObtainedAt: l.now.Add(-48 * time.Hour), UsedAt: l.now.Add(-time.Hour),
		AccessExpiresAt: l.now.Add(-time.Minute), Public: map[string]string{"client_id": peers.Client}}
	fields := secret.Fields{"client_secret": secret.New(peers.Secret), "access_token": secret.New("CNRY-access-0123456789"), "refresh_token": secret.New("CNRY-refresh-0123456789")}
	check(t, l.vault.Set(t.Context(), g.VaultKey(), secret.Seal(fields)))
	i := integration.Integration{ID: "int_0", ProviderID: "peer", Name: "Peer", Interval: 5 * time.Minute, GrantID: g.ID}
	check(t, s.Add(t.Context(), i, g, integration.State{IntegrationID: i.ID, Status: integration.StatusUnknown}, integration.Act{What: "added"}))
	landmark := httptest.NewUnstartedServer(http.NotFoundHandler())
	landmark.Config.ErrorLog = log.New(io.Discard, "", 0) // its certificate is its own
	landmark.StartTLS()
	t.Cleanup(landmark.Close)
	online := func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, strings.TrimPrefix(landmark.URL, "https://"))
	}
	l.observed = monitor.New(monitor.Options{
		Store: s, Grants: grant.New(s, l.vault, oauth.NewExchange(nil, l.clock), filepath.Join(l.dir, "locks"), l.clock),
		Providers: func(id string) (catalog.Provider, bool) { return provider, id == provider.ID },
		Prober:    probe.New(probe.Options{Now: l.clock, Reach: online}), Landmarks: []string{"example.com"}, Log: slog.New(slog.DiscardHandler), Now: l.clock,
	})
	check(t, l.observed.Load(t.Context()))
	return l
}

// wants lets a timer check, and compares what that led to and how many requests arrived since the beginning.
func (l *tokenLab) wants(want leadsTo, rule string, requests int32) {
	l.t.Helper()
	s, err := l.observed.Check(l.t.Context(), "int_0", monitor.Scheduled)
	check(l.t, err)
	got := retry
	switch {
	case s.Finding.Next == integration.NextFixOAuthApp && s.Finding.Cause == integration.CauseOAuthApp:
		got = app
	case s.Status == integration.StatusNeedsReauthorization && s.Finding.Next == integration.NextReconnect:
		got = person
	}
	if got != want || s.Finding.Rule != rule {
		l.t.Errorf("want %d by %s, got %d by %s: %s, cause %s, next %s", want, rule, got, s.Finding.Rule, s.Status, s.Finding.Cause, s.Finding.Next)
	}
	if want == retry && (s.Latched || s.DueAt.IsZero() || s.Status == integration.StatusNeedsReauthorization) {
		l.t.Errorf("an answer that time may mend: %s, latched %v, due %s", s.Status, s.Latched, s.DueAt)
	}
	if want != retry && (!s.Latched || s.Incident == nil || !s.DueAt.IsZero()) {
		l.t.Errorf("an answer that a person must act on: latched %v, due %s, incident %v", s.Latched, s.DueAt, s.Incident)
	}
	if n := l.arrived.Load(); n != requests {
		l.t.Errorf("%d requests reached the server, want %d", n, requests)
	}
}
