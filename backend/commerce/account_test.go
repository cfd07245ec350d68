package commerce_test

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"relink/backend/catalog"
	"relink/backend/commerce"
	"relink/backend/diagnosis"
	in "relink/backend/integration"
	"relink/backend/probe"
	"relink/backend/sandbox"
	"relink/backend/secret"
)

// account is a prober and an account of Commerce Intelligence on loopback, on one clock.
type account struct {
	*sandbox.Warehouse
	prober *probe.Prober
	target probe.Target
	clock  time.Time
}

func newAccount(t *testing.T) *account {
	t.Helper()
	a := &account{clock: now}
	w, err := sandbox.StartWarehouse(t.Context(), func() time.Time { return a.clock })
	if err != nil {
		t.Fatal(err)
	}
	all, err := catalog.Load(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	p, ok := all.Provider(commerce.ProviderID)
	if !ok {
		t.Fatal("the catalog has no Commerce Intelligence")
	}
	h := *p.Probe.HTTP
	h.URL = strings.Replace(h.URL, "https://api.rjmetrics.com/0.1", w.URL, 1)
	p.Probe.HTTP, p.Own, p.OwnHost = &h, true, true
	a.Warehouse = w
	a.prober = probe.New(probe.Options{
		Now: func() time.Time { return a.clock }, Proxy: func(*http.Request) (*url.URL, error) { return nil, nil },
		More: map[string]func([]byte, *in.Evidence){commerce.ProviderID: commerce.Read},
	})
	t.Cleanup(a.prober.Close)
	a.target = probe.Target{Provider: p, Integration: in.Integration{Settings: map[string]string{"client_id": "194"}},
		Grant: in.Grant{Method: in.MethodAPIKey}, Secrets: secret.Fields{"api_key": secret.New(w.Key)}}
	return a
}

// ask runs the probe after the clock moved on.
func (a *account) ask(t *testing.T, after time.Duration, rule string) in.Evidence {
	t.Helper()
	a.clock = a.clock.Add(after)
	e := a.prober.Run(t.Context(), a.target)
	if f := diagnosis.Of(e); f.Rule != rule {
		t.Fatalf("%s, want %s: %+v", f.Rule, rule, e)
	}
	return e
}

func TestTheAccountsLastUpdateIsEvidenceLikeAProbes(t *testing.T) {
	a := newAccount(t)
	if e := a.ask(t, 0, "works"); e.Cycle == nil || e.Cycle.Result != in.CycleNone || e.Account.ID != "194" {
		t.Errorf("before the first update: %+v", e)
	}
	a.Finish("Completed Successfully", a.clock.Add(-time.Hour))
	if e := a.ask(t, time.Minute, "works"); e.Cycle.State != "Completed Successfully" || !e.Cycle.End.Equal(a.clock.Add(-time.Hour-time.Minute)) {
		t.Errorf("%+v", e.Cycle)
	}
	a.ask(t, 40*time.Hour, "update-late")
	a.Finish("Failed", a.clock.Add(-time.Minute))
	a.ask(t, time.Minute, "update-failed")
	a.In("IST", time.FixedZone("IST", 19800)) // India, Israel or Ireland
	if e := a.ask(t, time.Minute, "update-failed"); !e.Cycle.End.IsZero() || e.Cycle.Zone != "IST" || e.Cycle.Told == "" {
		t.Errorf("an ambiguous zone: %+v", e.Cycle)
	}
	a.Status(http.StatusServiceUnavailable)
	if e := a.ask(t, time.Minute, "provider-trouble"); e.Cycle != nil {
		t.Errorf("an outage tells of an update: %+v", e.Cycle)
	}
}

func TestTheAccountIsAskedAtMostOnceAMinute(t *testing.T) {
	a := newAccount(t)
	a.Finish("Completed Successfully", a.clock.Add(-time.Hour))
	first := a.ask(t, 0, "works")
	for range 3 {
		if again := a.ask(t, 10*time.Second, "works"); again.Cycle.Job != first.Cycle.Job || !again.At.Equal(a.clock) {
			t.Errorf("within the minute: %+v", again)
		}
	}
	if a.Requests() != 1 {
		t.Errorf("%d requests within a minute", a.Requests())
	}
	// Another key is not proven by the answer to the first, and would be told to wait.
	right := a.target.Secrets
	a.target.Secrets = secret.Fields{"api_key": secret.New("another")}
	if e := a.ask(t, 10*time.Second, "rate-limited"); e.RetryAfter != 20*time.Second {
		t.Errorf("wait %s", e.RetryAfter)
	}
	a.ask(t, 20*time.Second, "key-or-address")
	a.target.Secrets = right
	a.ask(t, time.Minute, "works")
	if a.Requests() != 3 {
		t.Errorf("%d requests in all", a.Requests())
	}
	// Another program asks for the same client meanwhile.
	other := probe.New(a.prober.Options)
	t.Cleanup(other.Close)
	if e := other.Run(t.Context(), a.target); diagnosis.Of(e).Rule != "rate-limited" {
		t.Errorf("asked by two programs: %+v", e)
	}
}

func TestARefusalSaysWhatItCanBe(t *testing.T) {
	for name, world := range map[string]func(*account){
		"another key":                func(a *account) { a.target.Secrets = secret.Fields{"api_key": secret.New("wrong")} },
		"a disabled key":             func(a *account) { a.DisableKey() },
		"another client":             func(a *account) { a.target.Integration.Settings["client_id"] = "195" },
		"an address not on the list": func(a *account) { a.AllowOnly(netip.MustParsePrefix("203.0.113.0/24")) },
	} {
		a := newAccount(t)
		world(a)
		if e := a.ask(t, 0, "key-or-address"); e.Address != "" || e.VendorCode != "403" {
			t.Errorf("%s: %+v", name, e)
		}
	}
	a := newAccount(t)
	a.Status(http.StatusTooManyRequests)
	a.ask(t, 0, "rate-limited")
}
