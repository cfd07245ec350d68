package alert

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"relink/backend/integration"
)

// brokenAt is an alert about an integration of a provider, which uses a sign-in.
func brokenAt(provider, name, grant string, cause integration.Cause) integration.Alert {
	a := broken(name, cause)
	a.ProviderID, a.GrantID = provider, grant
	return a
}

func TestW7ProvidersInTroubleAtOnceAreToldOneByOne(t *testing.T) {
	d := newDesk(t)
	for _, name := range []string{"Ads 1", "Ads 2", "Ads 3"} {
		d.put(brokenAt("google-ads", name, "grt_"+name, integration.CauseThirdParty))
	}
	for _, name := range []string{"Desk 1", "Desk 2"} {
		d.put(brokenAt("zendesk", name, "grt_"+name, integration.CauseThirdParty))
	}
	d.run(time.Minute)
	if diff := cmp.Diff([]string{"3 integrations are not answering", "2 integrations are not answering"}, d.titles()); diff != "" {
		t.Error(diff)
	}
	for _, n := range d.shown {
		if strings.Contains(n.Body, "Ads") == strings.Contains(n.Body, "Desk") {
			t.Errorf("one notice speaks of both: %q", n.Body)
		}
	}
}

func TestW7OneSignInThatFailsAtSeveralProvidersIsOneNotice(t *testing.T) {
	d := newDesk(t)
	for _, provider := range []string{"google-ads", "google-analytics", "google-sheets", "search-console"} {
		d.put(brokenAt(provider, provider, "grt_shared", integration.CauseAccountChange))
	}
	d.put(brokenAt("google-sheets", "Own sheet", "grt_own", integration.CauseAccountChange)) // of a provider that is among them
	d.put(brokenAt("zendesk", "Desk", "grt_desk", integration.CauseAccountChange))
	d.run(time.Minute)
	if diff := cmp.Diff([]string{"5 integrations need attention", "Desk needs to be reconnected"}, d.titles()); diff != "" {
		t.Error(diff)
	}
}

func TestW7OutagesAreNotJoinedByASignIn(t *testing.T) {
	d := newDesk(t)
	d.put(brokenAt("google-ads", "Ads", "grt_shared", integration.CauseThirdParty), brokenAt("google-analytics", "Visits", "grt_shared", integration.CauseThirdParty))
	d.run(time.Minute)
	if len(d.shown) != 2 {
		t.Errorf("shown %v", d.titles())
	}
}

func TestThisComputerIsOneNoticeWhateverTheProvider(t *testing.T) {
	d := newDesk(t)
	d.put(brokenAt("google-ads", "Ads", "grt_1", integration.CauseThisComputer), brokenAt("zendesk", "Desk", "grt_2", integration.CauseThisComputer))
	d.run(time.Minute)
	if diff := cmp.Diff([]string{"2 integrations need attention"}, d.titles()); diff != "" {
		t.Error(diff)
	}
}

func TestW7ChannelsHearOfProvidersOneByOneToo(t *testing.T) {
	f := newFar(t)
	f.breaksAt("google-ads", 1, integration.CauseThirdParty, "server-error")
	f.breaksAt("google-ads", 2, integration.CauseThirdParty, "no-answer-in-time")
	f.breaksAt("zendesk", 3, integration.CauseThirdParty, "server-error")
	f.lives(10*time.Minute, time.Minute)
	f.wants("broken broken")
	if diff := cmp.Diff([][]string{{"Shop 1", "Shop 2"}, {"Shop 3"}}, [][]string{f.sent[0].Integrations, f.sent[1].Integrations}); diff != "" {
		t.Error(diff)
	}
	f.breaksAt("zendesk", 4, integration.CauseThirdParty, "server-error")
	f.breaksAt("stripe", 5, integration.CauseThirdParty, "server-error")
	f.lives(3*time.Minute, time.Minute)
	f.wants("broken broken broken") // the one that has been told of waits, the new one does not
	if got := f.sent[2].Integrations; len(got) != 1 || got[0] != "Shop 5" {
		t.Errorf("told of %v", got)
	}
}
