package alert

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"relink/backend/integration"
	"relink/backend/locale"
)

// behindThere is word that data of an integration does not arrive inside Commerce Intelligence.
func behindThere(provider, name, rule string) integration.Alert {
	a := broken(name, integration.CauseCommerceIntelligence)
	a.ProviderID, a.GrantID = provider, "grt_"+name
	a.Finding.Rule, a.Finding.Status, a.Finding.Next = rule, integration.StatusWaitingForCommerceIntelligence, integration.NextAskOwner
	a.Finding.Args = map[string]string{"dataPointAt": "2026-02-27T09:00:00Z"}
	return a
}

func TestOneIntegrationThatIsBehindThereIsOneCalmNoticeWithoutARepairHere(t *testing.T) {
	d := newDesk(t)
	d.offline = true
	d.put(behindThere("google-ads", "Ads", "data-behind"))
	d.run(time.Hour)
	if len(d.shown) != 0 {
		t.Fatalf("shown while offline: %v", d.titles())
	}
	d.offline = false
	d.run(24 * time.Hour)
	if len(d.shown) != 1 || d.shown[0].Title != "Ads: Commerce Intelligence is behind" || d.shown[0].ActionID != ActionOpen ||
		!strings.HasPrefix(d.shown[0].Body, "The connection itself works. The last data point there is of 27 Feb") {
		t.Errorf("shown %+v", d.shown)
	}
	d.put(recovered("Ads"))
	d.run(time.Hour)
	if len(d.screen) != 0 || len(d.shown) != 1 {
		t.Errorf("on the screen %v, shown %v", d.screen, d.titles())
	}
}

func TestManyThatAreBehindThereAreOneNoticeWhateverTheProvider(t *testing.T) {
	d := newDesk(t)
	for n := range 8 {
		d.put(behindThere(fmt.Sprintf("provider-%d", n), fmt.Sprintf("Source %d", n), "data-behind"))
	}
	d.run(time.Hour)
	if diff := cmp.Diff([]string{"8 integrations need attention"}, d.titles()); diff != "" {
		t.Error(diff)
	}
}

func TestAnUpdateThatFailedIsToldOfItsAccount(t *testing.T) {
	for lang, want := range map[string]string{locale.English: "every integration of this account waits", locale.Brazilian: "todas as integrações desta conta aguardam"} {
		for _, rule := range []string{"update-failed", "update-late"} {
			a := behindThere("commerce-intelligence", "Warehouse", rule)
			if n := single(words(t, lang), a); !strings.Contains(n.Body, want) || !strings.Contains(n.Title, "Warehouse") {
				t.Errorf("%s, %s: %+v", lang, rule, n)
			}
		}
	}
}

func TestChannelsHearThatDataArrivesThereAgainAndNotThatItWorksAgain(t *testing.T) {
	f := newFar(t)
	f.breaks(1, integration.CauseCommerceIntelligence, "data-behind")
	f.lives(time.Hour, time.Minute)
	f.outages = nil
	f.lives(time.Hour, time.Minute)
	f.wants("broken recovered")
	if got := f.sent[1].Title; got != "Shop 1: data arrives in Commerce Intelligence again" {
		t.Errorf("the recovery is %q", got)
	}
}
