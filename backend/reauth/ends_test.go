package reauth_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"relink/backend/integration"
	"relink/backend/reauth"
	"relink/backend/sandbox"
	"relink/backend/secret"
)

// However a consent ends, its port is free again within a second.
func TestL15PortIsClosedHoweverAConsentEnds(t *testing.T) {
	for name, end := range map[string]func(*parts, integration.Step){
		"allowed": func(p *parts, s integration.Step) { p.consent(s, sandbox.Ana, true, nil) },
		"denied":  func(p *parts, s integration.Step) { p.consent(s, sandbox.Ana, false, nil) },
		"cancelled": func(p *parts, s integration.Step) {
			_, err := p.reauth.Cancel(s.Flow)
			check(p.t, err)
		},
		"another account": func(p *parts, s integration.Step) {
			p.consent(s, sandbox.Bia, true, nil)
			_, err := p.reauth.Answer(p.t.Context(), s.Flow, integration.Answer{Choice: integration.ChoiceKeep}, nil)
			check(p.t, err)
		},
		"nobody came": func(p *parts, s integration.Step) { p.await(s) },
	} {
		t.Run(name, func(t *testing.T) {
			p := newParts(t)
			id := p.add("sample-analytics")
			if name == "nobody came" {
				p.reauth.Patience = 50 * time.Millisecond
			}
			step := p.start(id)
			end(p, step)
			u, err := url.Parse(step.Consent.RedirectURI)
			check(t, err)
			for until := time.Now().Add(time.Second); ; {
				conn, err := net.Dial("tcp", u.Host)
				if err != nil {
					return
				}
				_ = conn.Close()
				if time.Now().After(until) {
					t.Fatalf("%s is still open", u.Host)
				}
			}
		})
	}
}

// A form that is sent twice at once, by a double click, leads to one consent.
func TestFormThatIsSentTwiceLeadsToOneConsent(t *testing.T) {
	p := newParts(t)
	id := p.add("sample-analytics")
	p.world.Service("sample-analytics").Revoke()
	form, err := p.reauth.Start(t.Context(), id, reauth.StartOptions{NoBrowser: true, AskClient: true})
	check(t, err)
	_, key := p.world.Client("sample-analytics")
	var steps [2]integration.Step
	var clicks sync.WaitGroup
	for i := range steps {
		clicks.Go(func() {
			step, err := p.reauth.Answer(t.Context(), form.Flow, integration.Answer{}, secret.Fields{"client_secret": secret.New(key)})
			if err != nil {
				t.Error(err)
			}
			steps[i] = step
		})
	}
	clicks.Wait()
	if steps[0].Consent == nil || steps[1].Consent == nil || steps[0].Consent.URL != steps[1].Consent.URL {
		t.Fatalf("got %+v and %+v", steps[0], steps[1])
	}
	if end := p.consent(steps[1], sandbox.Ana, true, nil); end.Outcome.Result != integration.ResultReplaced {
		t.Errorf("ended with %+v", end.Outcome)
	}
}

func TestWhatTheServerTellsBesideTheTokenIsKeptWithTheGrant(t *testing.T) {
	p := newParts(t)
	p.provide("telling", "sample-analytics", "      client_auth:", "      captured: {realm: \"callback:iss\", allowed: \"token:scope\"}\n      client_auth:")
	id, key := p.world.Client("sample-analytics")
	step := p.addTo("telling", map[string]string{"client_id": id}, map[string]string{"client_secret": key})
	end := p.consent(step, sandbox.Ana, true, nil)
	if end.Outcome.Result != integration.ResultAdded {
		t.Fatalf("ended with %+v", end.Outcome)
	}
	if public := p.kept(end.Outcome.IntegrationID).Grant.Public; public["realm"] != p.world.Service("sample-analytics").URL() || public["allowed"] == "" {
		t.Errorf("kept %v", public)
	}
}

// The first token is traded for one that lives long, before anything is proven or kept.
func TestLongLivedTokenIsTradedForBeforeTheGrantIsKept(t *testing.T) {
	p := newParts(t)
	traded := 0
	trade := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		traded++
		if r.PostFormValue("grant_type") != "exchange_token" || r.PostFormValue("old") == "" || r.PostFormValue("client_secret") == "" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"access_token":"`+r.PostFormValue("old")+`","expires_in":5184000}`)
	}))
	defer trade.Close()
	p.provide("long", "sample-ads", "      client_auth:", "      refresh_url: "+trade.URL+"/trade\n      long_lived: {grant_type: exchange_token, token: old}\n      client_auth:")
	id, key := p.world.Client("sample-ads")
	end := p.consent(p.addTo("long", map[string]string{"client_id": id}, map[string]string{"client_secret": key}), sandbox.Ana, true, nil)
	if end.Outcome.Result != integration.ResultAdded || traded != 1 {
		t.Fatalf("ended with %+v after %d trades", end.Outcome, traded)
	}
	kept := p.kept(end.Outcome.IntegrationID)
	if left := time.Until(kept.Grant.AccessExpiresAt); left < 59*24*time.Hour {
		t.Errorf("the token lives for %s", left)
	}
	fields, err := secret.Open(secret.New(kept.Secret))
	check(t, err)
	if fields["access_token"].Reveal() != fields["refresh_token"].Reveal() {
		t.Error("the next trade has no token to trade")
	}
}

func TestClientFormAsksForTheClientAlone(t *testing.T) {
	p := newParts(t)
	p.provide("with-token", "sample-analytics", "    headers:\n", "      - {id: developer_token, kind: secret, label: {en: Token, pt-BR: Token}}\n      - {id: note, kind: text, label: {en: Note, pt-BR: Nota}, optional: true}\n    headers:\n")
	id, key := p.world.Client("sample-analytics")
	end := p.consent(p.addTo("with-token", map[string]string{"client_id": id}, map[string]string{"client_secret": key, "developer_token": "dt"}), sandbox.Ana, true, nil)
	added := end.Outcome.IntegrationID
	if step := p.start(added); step.Kind != integration.StepConsent {
		t.Errorf("a plain reconnect asks for the developer token again: %+v", step.Fields)
	}
	form, err := p.reauth.Start(t.Context(), added, reauth.StartOptions{NoBrowser: true, AskClient: true})
	check(t, err)
	var asked []string
	for _, f := range form.Fields {
		asked = append(asked, f.ID)
	}
	if !slices.Equal(asked, []string{"client_id", "client_secret"}) {
		t.Errorf("the form asks for %v", asked)
	}
	step, err := p.reauth.Answer(t.Context(), form.Flow, integration.Answer{}, secret.Fields{"client_secret": secret.New(key)})
	check(t, err)
	if step.Outcome == nil || step.Outcome.Result != integration.ResultReplaced {
		t.Errorf("ended with %+v", step)
	}
	if fields, err := secret.Open(secret.New(p.kept(added).Secret)); err != nil || fields["developer_token"].Reveal() != "dt" {
		t.Errorf("the developer token is gone: %v", err)
	}
}
