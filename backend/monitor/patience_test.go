package monitor

import (
	"fmt"
	"testing"
	"time"

	"relink/backend/integration"
)

// passes lets an incident open and end by itself, and says how many failing checks it took to open.
func passes(t *testing.T, s integration.State) (integration.State, int) {
	t.Helper()
	at, took := s.CheckedAt, 0
	for s.Incident == nil {
		at, took = at.Add(time.Minute), took+1
		s = Advance(s, row, outage, integration.Evidence{At: at}, Scheduled).State
		if took > 20 {
			t.Fatal("never opens")
		}
	}
	for range successesToClose {
		at = at.Add(time.Minute)
		checked := Advance(s, row, good, integration.Evidence{At: at}, Scheduled)
		if checked.Closed != nil {
			if checked.Closed.Ending != integration.EndingRepaired {
				t.Errorf("ends as %q before anybody asked who acted", checked.Closed.Ending)
			}
			if checked = Outlasted(checked); checked.Closed.Ending != integration.EndingTemporary {
				t.Errorf("ends as %q", checked.Closed.Ending)
			}
		}
		s = checked.State
	}
	return s, took
}

func TestTroubleThatPassesByItselfTeachesPatienceUpToSix(t *testing.T) {
	state := integration.State{CheckedAt: began}
	var took []int
	for range 6 {
		var n int
		state, n = passes(t, state)
		took = append(took, n)
	}
	if fmt.Sprint(took) != "[3 4 5 6 6 6]" {
		t.Errorf("failing checks before an incident opened: %v", took)
	}
}

func TestWhatOpensAtOnceStillDoesAfterPatienceWasLearned(t *testing.T) {
	state := integration.State{Patience: 3}
	if checked := Advance(state, row, dead, integration.Evidence{At: began}, Scheduled); checked.State.Incident == nil || len(checked.Alerts) != 1 {
		t.Errorf("a definitive answer waits: %+v", checked)
	}
}

func TestADisconnectedIncidentTeachesNothing(t *testing.T) {
	open := Advance(integration.State{}, row, dead, integration.Evidence{At: began}, Scheduled).State
	given := integration.Evidence{At: began.Add(time.Minute), Facts: integration.GrantFacts{DisconnectedAt: began}}
	checked := Outlasted(Advance(open, row, dead, given, Scheduled))
	if checked.Closed == nil || checked.Closed.Ending != integration.EndingRepaired || checked.State.Patience != 0 {
		t.Errorf("closed %+v, patience %d", checked.Closed, checked.State.Patience)
	}
}

func TestOneCauseThatHitsManyIsOneGroup(t *testing.T) {
	broken := func(name, provider, grant, account string, cause integration.Cause, minute int) Seen {
		f := integration.Finding{Verdict: integration.VerdictFailing, Cause: cause}
		return Seen{
			Integration: integration.Integration{ID: "int_" + name, Name: name, ProviderID: provider, GrantID: grant},
			Grant:       integration.Grant{ID: grant, ProviderID: provider, Account: integration.Account{ID: account}},
			State: integration.State{Finding: f, Incident: &integration.Incident{
				OpenedAt: began.Add(time.Duration(minute) * time.Minute), Finding: f,
			}},
		}
	}
	third, change, computer := integration.CauseThirdParty, integration.CauseAccountChange, integration.CauseThisComputer
	well := broken("well", "google-ads", "g1", "a1", change, 0)
	well.State.Incident = nil
	groups := Together([]Seen{
		broken("ads", "google-ads", "g1", "a1", change, 5), broken("analytics", "google-analytics", "g1", "x1", change, 6), well,
		broken("shop 1", "shopify", "s1", "", third, 1), broken("shop 2", "shopify", "s2", "", third, 2),
		broken("crm 1", "hubspot", "h1", "hub", change, 3), broken("crm 2", "hubspot", "h2", "hub", change, 4),
		broken("db 1", "mysql", "d1", "", computer, 7), broken("db 2", "postgresql", "d2", "", computer, 8),
		broken("alone", "stripe", "p1", "", change, 9),
	})
	var got []string
	for _, g := range groups {
		names := string(g.Bond) + ":"
		for _, s := range g.Seen {
			names += " " + s.Integration.Name
		}
		got = append(got, names)
	}
	want := "[provider: shop 1 shop 2 account: crm 1 crm 2 grant: ads analytics computer: db 1 db 2 : alone]"
	if fmt.Sprint(got) != want {
		t.Errorf("got  %v\nwant %s", got, want)
	}
}
