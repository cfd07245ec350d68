package monitor_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"relink/backend/catalog"
	"relink/backend/integration"
	"relink/backend/monitor"
	"relink/backend/secret"
)

// TestD5MaintenanceIsNotADeadGrant refuses everybody without a reason, for longer than one
// integration alone would be believed.
func TestD5MaintenanceIsNotADeadGrant(t *testing.T) {
	l := newLab(t, 4)
	l.service.Status(http.StatusUnauthorized)
	for range 5 {
		for i := range 4 {
			if _, err := l.monitor.Check(t.Context(), fmt.Sprintf("int_%d", i), monitor.Scheduled); err != nil {
				t.Fatal(err)
			}
		}
		l.pass(time.Minute)
	}
	seen, err := l.monitor.One("int_0")
	check(t, err)
	if f := seen.State.Finding; f.Rule != "refused-to-many" || seen.State.Latched || f.Cause != integration.CauseThirdParty {
		t.Errorf("%s, latched %t, cause %s", f.Rule, seen.State.Latched, f.Cause)
	}

	alone := newLab(t, 1)
	alone.service.Status(http.StatusUnauthorized)
	var s integration.State
	for range 3 {
		s = alone.check(monitor.Scheduled)
		alone.pass(time.Minute)
	}
	if s.Finding.Rule != "refused-repeatedly" {
		t.Errorf("alone: %s", s.Finding.Rule)
	}
}

// TestStatusPageIsAskedOnceForAll also says that its word is told and decides nothing.
func TestStatusPageIsAskedOnceForAll(t *testing.T) {
	l := newLab(t, 3)
	var looks atomic.Int32
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		looks.Add(1)
		fmt.Fprint(w, `{"status":{"indicator":"major"},"incidents":[{"name":"Orders are delayed","status":"investigating"}]}`)
	}))
	defer page.Close()
	known := l.monitor.Providers
	l.monitor.Providers = func(id string) (catalog.Provider, bool) {
		p, ok := known(id)
		p.Status = &catalog.StatusPage{Kind: "statuspage", URL: page.URL}
		return p, ok
	}
	l.check(monitor.Scheduled)
	if looks.Load() != 0 {
		t.Error("a good check looked at the status page")
	}
	l.service.Status(http.StatusServiceUnavailable)
	for i := range 3 {
		if _, err := l.monitor.Check(t.Context(), fmt.Sprintf("int_%d", i), monitor.Scheduled); err != nil {
			t.Fatal(err)
		}
	}
	seen, err := l.monitor.One("int_2")
	check(t, err)
	if seen.State.Evidence.Health.Title != "Orders are delayed" || seen.State.Finding.Rule != "provider-trouble" {
		t.Errorf("%+v, %s", seen.State.Evidence.Health, seen.State.Finding.Rule)
	}
	if looks.Load() != 1 {
		t.Errorf("%d looks for three checks", looks.Load())
	}
	l.pass(6 * time.Minute)
	l.check(monitor.Scheduled)
	if looks.Load() != 2 {
		t.Errorf("%d looks after six minutes", looks.Load())
	}
}

// TestLostResourcesAreNoticed lets the grant remember a shop that the service does not show.
func TestLostResourcesAreNoticed(t *testing.T) {
	l := newLab(t, 1)
	g, err := l.store.Grant(t.Context(), "grt_0")
	check(t, err)
	g.Version, g.Resources = 2, []integration.Resource{{ID: "gone", Name: "Second shop"}}
	check(t, l.vault.Set(t.Context(), g.VaultKey(), secret.Seal(secret.Fields{"api_key": secret.New(l.service.APIKey())})))
	check(t, l.store.Commit(t.Context(), integration.GrantCommit{Grant: g, FromVersion: 1, Act: integration.Act{What: "reconnected"}}))
	check(t, l.monitor.Load(t.Context()))
	s := l.check(monitor.Scheduled)
	if s.Finding.Rule != "resources-lost" || s.Finding.Args["lost"] != "Second shop" {
		t.Errorf("%s %v", s.Finding.Rule, s.Finding.Args)
	}
}

// TestWhatChangedSinceTheLastGoodCheckIsKept takes a scope away, and fails in another manner afterwards.
func TestWhatChangedSinceTheLastGoodCheckIsKept(t *testing.T) {
	l := newLab(t, 1)
	good := l.check(monitor.Scheduled)
	if good.Evidence.Before != nil {
		t.Errorf("a good check remembers %+v", good.Evidence.Before)
	}
	l.pass(time.Minute)
	for _, status := range []int{http.StatusServiceUnavailable, http.StatusForbidden} {
		l.service.Status(status)
		s := l.check(monitor.Scheduled)
		if b := s.Evidence.Before; b == nil || !b.At.Equal(good.CheckedAt) {
			t.Errorf("%d: remembers %+v, want the check at %s", status, b, good.CheckedAt)
		}
		l.pass(time.Minute)
	}
	check(t, l.service.Heal())
	if s := l.check(monitor.Scheduled); s.Evidence.Before != nil {
		t.Errorf("well again, and remembers %+v", s.Evidence.Before)
	}
}

// TestN1OneSignerOfManyHostsIsCounted lets the last checks of others tell of the signer.
func TestN1OneSignerOfManyHostsIsCounted(t *testing.T) {
	l := newLab(t, 1)
	signed := func(host, issuer string, at time.Time) integration.State {
		return integration.State{CheckedAt: at, Evidence: integration.Evidence{Host: host, Network: integration.NetworkTLSIssuer, Certificate: integration.Certificate{Issuer: issuer}}}
	}
	monitor.Remember(l.monitor, map[string]integration.State{
		"int_a": signed("a.example", "Corporate Proxy", l.now), "int_b": signed("b.example", "Corporate Proxy", l.now), "int_c": signed("b.example", "Corporate Proxy", l.now),
		"int_d": signed("d.example", "Somebody", l.now), "int_e": signed("e.example", "Corporate Proxy", l.now.Add(-time.Hour)),
	})
	here := signed("here.example", "Corporate Proxy", l.now).Evidence
	if n := monitor.SameIssuer(l.monitor, here); n != 3 {
		t.Errorf("%d hosts, want 3", n)
	}
	here.Network = integration.NetworkTLSName
	if n := monitor.SameIssuer(l.monitor, here); n != 0 {
		t.Errorf("%d hosts for another fault", n)
	}
}
