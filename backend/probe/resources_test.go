package probe_test

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"sync/atomic"
	"testing"

	"relink/backend/catalog"
	"relink/backend/integration"
)

// twoRequests is a provider whose list of what a grant sees stands at an address of its own.
func twoRequests(list string) func(*catalog.Provider) {
	return func(p *catalog.Provider) {
		p.OwnHost = true
		p.Probe.HTTP.Resources = &catalog.Resources{URL: list, List: "shops", ID: "id", Name: "name"}
	}
}

func TestProbeListsResourcesByASecondRequest(t *testing.T) {
	s := answering(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Header.Get("X-Api-Key") != canary:
			w.WriteHeader(http.StatusUnauthorized)
		case r.URL.Path == "/me":
			json(200, `{"id":"7","name":"Ana"}`)(w, r)
		default:
			json(200, `{"shops":[{"id":"a","name":"Shop A"},{"id":"b","name":"Shop B"}]}`)(w, r)
		}
	})
	e, _ := run(t, newProber(t), target(s.URL+"/me", twoRequests(s.URL+"/shops")))
	if e.Stage != integration.StageDone || e.Partial || len(e.Resources) != 2 || e.Resources[1] != (integration.Resource{ID: "b", Name: "Shop B"}) {
		t.Errorf("got stage %s, partial %v, resources %+v; want two shops", e.Stage, e.Partial, e.Resources)
	}
}

func TestProbeStaysGoodWhenTheListDoesNotCome(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"an outage":     json(503, `{"error":"later"}`),
		"no permission": json(403, `{"error":"no"}`),
		"a page":        body(200, "text/html", "<html></html>"),
		"another server": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:9/", http.StatusFound)
		},
		"nothing": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			s := answering(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/me" {
					json(200, `{"id":"7","name":"Ana"}`)(w, r)
					return
				}
				answer(w, r)
			})
			e, finding := run(t, newProber(t), target(s.URL+"/me", twoRequests(s.URL+"/shops")))
			if !finding.OK() || !e.Partial || len(e.Resources) != 0 {
				t.Errorf("got %s, partial %v, resources %v; want a good check whose list is incomplete", finding.Rule, e.Partial, e.Resources)
			}
		})
	}
}

func TestProbeDoesNotAskForAListWhenTheGrantIsNotProven(t *testing.T) {
	var asked atomic.Int32
	s := answering(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/shops" {
			asked.Add(1)
		}
		json(401, `{"error":"no"}`)(w, r)
	})
	run(t, newProber(t), target(s.URL+"/me", twoRequests(s.URL+"/shops")))
	if n := asked.Load(); n != 0 {
		t.Errorf("the list was asked for %d times with a key that was refused", n)
	}
}

func TestN3CredentialGoesToNoHostThatAnAnswerNamed(t *testing.T) {
	var reached atomic.Int32
	elsewhere := answering(t, func(http.ResponseWriter, *http.Request) { reached.Add(1) })
	on := target("{instance_url}/me", func(p *catalog.Provider) {
		p.OwnHost = true
		p.Probe.HTTP.Hosts = []string{"*.example.com", "example.org"}
	})
	for _, told := range []string{elsewhere.URL, "https://example.com.evil.test", "https://notexample.com", "https://example.com", "https://user@a.example.com", "http://a.example.com"} {
		on.Grant.Public = map[string]string{"instance_url": told}
		e, _ := run(t, newProber(t), on)
		if e.Network != integration.NetworkDenied {
			t.Errorf("%s: got network %q, want the request refused before it is made", told, e.Network)
		}
	}
	if n := reached.Load(); n != 0 {
		t.Errorf("%d requests reached a host that the catalog does not name", n)
	}
}

func TestProbeTakesWhatTheServerToldForTheAccount(t *testing.T) {
	s := answering(t, json(200, `{"id":"1","name":"Shop Ltda"}`))
	on := target(s.URL, func(p *catalog.Provider) {
		p.OwnHost = true
		p.Probe.HTTP.Account.ID = "captured:realm_id"
	})
	on.Grant.Public = map[string]string{"realm_id": "4620816365"}
	if e, _ := run(t, newProber(t), on); e.Account != (integration.Account{ID: "4620816365", Name: "Shop Ltda"}) {
		t.Errorf("got %+v", e.Account)
	}
}

func TestProbeReachesTheHostThatTheTokenAnswerTold(t *testing.T) {
	a := newAuthority(t)
	named := a.issue(t, func(c *x509.Certificate) { c.DNSNames = []string{"eu1.example.com"} })
	s := secured(t, &tls.Config{Certificates: []tls.Certificate{named}}, json(200, `{"id":"7","name":"Ana"}`))
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	on := target("{instance_url}/me", func(p *catalog.Provider) {
		p.OwnHost = true
		p.Probe.HTTP.Hosts = []string{"*.example.com"}
	})
	on.Grant.Public = map[string]string{"instance_url": "https://eu1.example.com:" + port}
	p := newProber(t, trusting(a.pool), lookingUp(resolver(t, always(127, 0, 0, 1))))
	if e, finding := run(t, p, on); !finding.OK() {
		t.Errorf("got %s at stage %s (%s), want a good check", finding.Rule, e.Stage, e.Network)
	}
}
