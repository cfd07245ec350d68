package reauth_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"relink/backend/catalog"
	"relink/backend/integration"
	"relink/backend/reauth"
	"relink/backend/sandbox"
	"relink/backend/secret"
)

// opened records what the system's browser is asked to open.
type opened struct {
	urls  []string
	hosts [][]string
}

func (o *opened) open(_ context.Context, address string, hosts []string) error {
	o.urls, o.hosts = append(o.urls, address), append(o.hosts, hosts)
	return nil
}

func TestL12TheSystemBrowserGetsOneAddressOnTheProvidersHost(t *testing.T) {
	p := newParts(t)
	id := p.add("sample-analytics")
	var seen opened
	p.reauth.Browser = seen.open
	step, err := p.reauth.Start(t.Context(), id, reauth.StartOptions{})
	check(t, err)
	if !step.Consent.Opened || len(seen.urls) != 1 || seen.urls[0] != step.Consent.URL || !slices.Equal(seen.hosts[0], []string{"127.0.0.1"}) {
		t.Fatalf("the browser was given %q on %v", seen.urls, seen.hosts)
	}
	u, err := url.Parse(seen.urls[0])
	check(t, err)
	if u.Host != p.world.Service("sample-analytics").Host() {
		t.Errorf("the address leads to %s", u.Host)
	}
	check(t, p.reauth.OpenAgain(t.Context(), step.Flow))
	if len(seen.urls) != 2 || seen.urls[1] != seen.urls[0] {
		t.Errorf("open again: %q", seen.urls)
	}
	_, err = p.reauth.Cancel(step.Flow)
	check(t, err)
	if err := p.reauth.OpenAgain(t.Context(), step.Flow); !errors.Is(err, integration.ErrNotFound) || len(seen.urls) != 2 {
		t.Errorf("after the end: %v, %q", err, seen.urls)
	}
}

// Addresses that a browser must never be given are refused where they enter, before anything is opened.
func TestL12AddressesThatAreNoWebPageAreRefusedBeforeAnythingIsOpened(t *testing.T) {
	for _, address := range []string{
		"file:///etc/passwd", "javascript:alert(1)", "ms-msdt:/id", "smb://host/share", "-flag", "https://a.example/\n-x",
		"http://a.example/authorize", "https://user:pass@a.example/", "",
	} {
		t.Run(fmt.Sprintf("%q", address), func(t *testing.T) {
			p := newParts(t)
			var seen opened
			p.reauth.Browser = seen.open
			draft := reauth.Draft{ProviderID: "oauth2-generic", Name: "Own", Values: map[string]string{"client_id": "c"}, Settings: map[string]string{
				"authorize_url": address, "token_url": "https://a.example/token", "api_url": "https://a.example/me", "client_auth": "none", "redirect": "loopback",
			}}
			step, err := p.reauth.Add(t.Context(), draft, secret.Fields{}, reauth.StartOptions{})
			if problems := integration.Problems(err); len(problems) != 1 || problems[0].Field != "authorize_url" {
				t.Errorf("taken: %+v, %v", step, err)
			}
			yaml := string(p.world.Service("sample-ads").ProviderYAML())
			if provider, err := catalog.Parse("own", []byte(replaced(yaml, "authorize_url:", address))); err == nil {
				t.Errorf("the catalog takes %q", provider.Methods[0].OAuth.AuthorizeURL)
			}
			if len(seen.urls) != 0 {
				t.Errorf("the browser was given %q", seen.urls)
			}
		})
	}
}

func TestL12AnAddressWithQuotesIsNotOpened(t *testing.T) {
	p := newParts(t)
	var seen opened
	p.reauth.Browser = seen.open
	base := p.world.Service("sample-ads").URL()
	p.provide("quoted", "sample-ads", base+"/authorize", `"`+base+`/authorize\"'$(x)|;"`)
	_, err := p.reauth.Add(t.Context(), reauth.Draft{ProviderID: "quoted", Name: "Quoted", Values: map[string]string{"client_id": "c"}},
		secret.Fields{"client_secret": secret.New("s")}, reauth.StartOptions{})
	if err == nil || len(seen.urls) != 0 {
		t.Errorf("the browser was given %q, %v", seen.urls, err)
	}
}

func TestL13LinkStaysToCopyWhenNoBrowserOpens(t *testing.T) {
	p := newParts(t)
	id := p.add("sample-analytics")
	p.reauth.Browser = func(context.Context, string, []string) error { return errors.New("no browser") }
	step, err := p.reauth.Start(t.Context(), id, reauth.StartOptions{})
	check(t, err)
	if step.Consent.Opened || step.Consent.URL == "" {
		t.Fatalf("got %+v", step.Consent)
	}
	if end := p.consent(step, sandbox.Ana, true, nil); end.Outcome.Result != integration.ResultReplaced {
		t.Errorf("ended with %+v", end.Outcome)
	}
}

// The monotonic clock stands still while a computer sleeps: the deadline is one of the clock on the wall.
func TestL15AnswerAfterASleepThroughTheDeadlineIsRefused(t *testing.T) {
	p := newParts(t)
	id := p.add("sample-analytics")
	before := p.kept(id)
	var slept atomic.Int64
	p.reauth.Now = func() time.Time { return time.Now().Add(time.Duration(slept.Load())) }
	step := p.start(id)
	asked := p.world.Service("sample-analytics").TokenRequests()
	slept.Store(int64(p.reauth.Patience + time.Minute))
	end := p.consentLate(step)
	if end.Outcome.Result != integration.ResultTimedOut {
		t.Fatalf("ended with %+v", end.Outcome)
	}
	if n := p.world.Service("sample-analytics").TokenRequests() - asked; n != 0 {
		t.Errorf("the late code was redeemed (%d requests)", n)
	}
	if diff := cmp.Diff(before, p.kept(id)); diff != "" {
		t.Errorf("something changed:\n%s", diff)
	}
}

// consentLate answers in the browser when nobody may be waiting any more.
func (p *parts) consentLate(step integration.Step) integration.Step {
	p.t.Helper()
	_ = p.world.Consent(p.t.Context(), step.Consent.URL, sandbox.Ana, true, nil)
	end, err := p.reauth.Await(p.t.Context(), step.Flow)
	check(p.t, err)
	return end
}
