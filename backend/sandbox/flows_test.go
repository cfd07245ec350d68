package sandbox_test

import (
	"fmt"
	"slices"
	"testing"

	"relink/backend/catalog"
	"relink/backend/integration"
	"relink/backend/oauth"
	"relink/backend/sandbox"
)

// crowd is a service with as many accounts as flows.
func crowd(n int) sandbox.Seed {
	seed := sandbox.Seeds()[0]
	seed.Accounts = nil
	for i := range n {
		seed.Accounts = append(seed.Accounts, sandbox.Account{ID: fmt.Sprintf("acc_%02d", i), Name: fmt.Sprintf("person%02d@shop.example", i)})
	}
	return seed
}

func TestL14TwentyFlowsInReverseOrderGetTheirOwnAccounts(t *testing.T) {
	const flows = 20
	w := start(t, sandbox.Options{Seeds: []sandbox.Seed{crowd(flows)}})
	s := w.Services()[0]
	type flow struct {
		receiver *oauth.Receiver
		request  *oauth.Request
		answer   chan oauth.Callback
	}
	var all []flow
	for range flows {
		rc, err := oauth.Listen(oauth.ReceiverOptions{})
		if err != nil {
			t.Fatal(err)
		}
		defer rc.Close()
		r, err := oauth.NewRequest(server(s), client(s), rc.RedirectURI(), scopes, nil)
		if err != nil {
			t.Fatal(err)
		}
		f := flow{rc, r, make(chan oauth.Callback, 1)}
		go func() {
			c, err := rc.Await(t.Context(), r)
			if err != nil {
				t.Error(err)
			}
			f.answer <- c
		}()
		all = append(all, f)
	}
	for i, f := range slices.Backward(all) {
		if err := w.Consent(t.Context(), f.request.URL(), fmt.Sprintf("acc_%02d", i), true, nil); err != nil {
			t.Fatal(err)
		}
	}
	for i, f := range all {
		c := <-f.answer
		token, err := exchange().Code(t.Context(), server(s), client(s), c.Code, f.request.Verifier(), f.request.RedirectURI())
		if err != nil {
			t.Fatalf("flow %d: %v", i, err)
		}
		f.receiver.Finish(true)
		if got := orders(t, s, token); got.Account.ID != fmt.Sprintf("acc_%02d", i) {
			t.Errorf("flow %d got the account %s", i, got.Account.ID)
		}
	}
}

func TestL14LateRedirectOfASupersededFlowHasNoEffect(t *testing.T) {
	w := start(t, sandbox.Options{})
	s := w.Service("sample-analytics")
	first, second := expected(t, s), expected(t, s)
	if err := first.receiver.Close(); err != nil {
		t.Fatal(err)
	}
	if err := w.Consent(t.Context(), first.request.URL(), sandbox.Bia, true, nil); err == nil {
		t.Error("the superseded flow took a redirect")
	}
	if err := w.Consent(t.Context(), second.request.URL(), sandbox.Ana, true, nil); err != nil {
		t.Fatal(err)
	}
	c, err := second.receiver.Await(t.Context(), second.request)
	if err != nil {
		t.Fatal(err)
	}
	token, err := exchange().Code(t.Context(), server(s), client(s), c.Code, second.request.Verifier(), second.request.RedirectURI())
	if err != nil {
		t.Fatal(err)
	}
	if got := orders(t, s, token); got.Account.Name != sandbox.Ana {
		t.Errorf("got the account %s", got.Account.Name)
	}
}

type waiting struct {
	receiver *oauth.Receiver
	request  *oauth.Request
}

// expected is a flow whose receiver is open.
func expected(t *testing.T, s *sandbox.Service) waiting {
	t.Helper()
	rc, err := oauth.Listen(oauth.ReceiverOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = rc.Close() })
	r, err := oauth.NewRequest(server(s), client(s), rc.RedirectURI(), scopes, nil)
	if err != nil {
		t.Fatal(err)
	}
	rc.Expect(r)
	return waiting{rc, r}
}

func TestL8InjectedCodeIsRefusedAndHarmsNobody(t *testing.T) {
	w := start(t, sandbox.Options{})
	s := w.Service("sample-analytics")
	attacker, victim := expected(t, s), expected(t, s)
	if err := w.Consent(t.Context(), attacker.request.URL(), sandbox.Bia, true, nil); err != nil {
		t.Fatal(err)
	}
	stolen, err := attacker.receiver.Await(t.Context(), attacker.request)
	if err != nil {
		t.Fatal(err)
	}
	// The code of one flow in the other: its own verifier goes with it, and does not fit.
	_, err = exchange().Code(t.Context(), server(s), client(s), stolen.Code, victim.request.Verifier(), attacker.request.RedirectURI())
	if got := refusalOf(t, err); got.Code != "invalid_grant" {
		t.Errorf("got %v", got)
	}
	if err := w.Consent(t.Context(), victim.request.URL(), sandbox.Ana, true, nil); err != nil {
		t.Fatal(err)
	}
	own, err := victim.receiver.Await(t.Context(), victim.request)
	if err != nil {
		t.Fatal(err)
	}
	token, err := exchange().Code(t.Context(), server(s), client(s), own.Code, victim.request.Verifier(), victim.request.RedirectURI())
	if err != nil {
		t.Fatal(err)
	}
	if got := orders(t, s, token); got.Account.Name != sandbox.Ana {
		t.Errorf("got the account %s", got.Account.Name)
	}
}

func TestProviderFilesOfTheWorldAreAcceptedByTheCatalog(t *testing.T) {
	w := start(t, sandbox.Options{})
	c, err := catalog.Load("")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range w.Services() {
		p, err := catalog.Parse(s.ProviderID()+"/provider.yaml", w.ProviderYAML(s.ProviderID()))
		if err != nil {
			t.Errorf("%s: %v", s.ProviderID(), err)
			continue
		}
		if err := c.Add(p); err != nil {
			t.Errorf("%s: %v", s.ProviderID(), err)
		}
		if p.ID != s.ProviderID() || p.Name != s.Name() || len(p.Methods) != 1 || p.Probe.HTTP == nil {
			t.Errorf("%s: %+v", s.ProviderID(), p)
		}
		if _, isKey := p.Method(integration.MethodAPIKey); isKey != (s.ProviderID() == "sample-shop") {
			t.Errorf("%s: methods %+v", s.ProviderID(), p.Methods)
		}
	}
}
