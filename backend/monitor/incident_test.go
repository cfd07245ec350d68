package monitor

import (
	"testing"
	"time"

	"relink/backend/diagnosis"
	"relink/backend/integration"
)

var began = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

var row = integration.Integration{ID: "int_1", Name: "Shop", Interval: 5 * time.Minute}

var (
	good    = integration.Finding{Verdict: integration.VerdictOK, Status: integration.StatusConnected}
	outage  = integration.Finding{Verdict: integration.VerdictFailing, Status: integration.StatusRetrying, Cause: integration.CauseThirdParty}
	dead    = integration.Finding{Verdict: integration.VerdictFailing, Status: integration.StatusNeedsReauthorization, Definitive: true, Latch: true}
	bare401 = integration.Finding{Verdict: integration.VerdictFailing, Status: integration.StatusNeedsReauthorization}
	offline = integration.Finding{Verdict: integration.VerdictUnknown, Status: integration.StatusUnknown, Cause: integration.CauseThisComputer}
)

// turn is one check: what was found, and what must follow from it.
type turn struct {
	finding integration.Finding
	why     Why
	status  integration.Status
	open    bool // an incident is open afterwards
	alerts  int
	due     time.Duration // until the next check, ±10 %; 0: no timer checks it
}

func TestAdvanceOpensAndClosesIncidents(t *testing.T) {
	minute, interval := time.Minute, 5*time.Minute
	waiting := outage
	waiting.RetryAfter = 20 * time.Minute
	for _, c := range []struct {
		name  string
		turns []turn
	}{
		{"a definitive answer opens at once, and no timer asks again", []turn{
			{finding: dead, status: integration.StatusNeedsReauthorization, open: true, alerts: 1, due: 0},
		}},
		{"anything else opens after three in a row", []turn{
			{finding: outage, status: integration.StatusRetrying, due: minute},
			{finding: outage, status: integration.StatusRetrying, due: minute},
			{finding: outage, status: integration.StatusRetrying, open: true, alerts: 1, due: interval},
			{finding: outage, status: integration.StatusRetrying, open: true, due: interval},
		}},
		{"a bare refusal is not believed before the third", []turn{
			{finding: bare401, status: integration.StatusRetrying, due: minute},
			{finding: bare401, status: integration.StatusRetrying, due: minute},
			{finding: bare401, status: integration.StatusNeedsReauthorization, open: true, alerts: 1, due: interval},
		}},
		{"two good checks close", []turn{
			{finding: dead, status: integration.StatusNeedsReauthorization, open: true, alerts: 1},
			{finding: good, why: Asked, status: integration.StatusConnected, open: true, due: minute},
			{finding: good, status: integration.StatusConnected, alerts: 1, due: interval},
		}},
		{"a commit whose check passes closes at once", []turn{
			{finding: dead, status: integration.StatusNeedsReauthorization, open: true, alerts: 1},
			{finding: good, why: AfterCommit, status: integration.StatusConnected, alerts: 1, due: interval},
		}},
		{"what could not be told changes no incident and counts for nothing", []turn{
			{finding: outage, status: integration.StatusRetrying, due: minute},
			{finding: offline, status: integration.StatusUnknown, due: minute},
			{finding: outage, status: integration.StatusRetrying, due: minute},
			{finding: outage, status: integration.StatusRetrying, open: true, alerts: 1, due: interval},
			{finding: offline, status: integration.StatusUnknown, open: true, due: minute},
		}},
		{"a latch stays while it cannot be told", []turn{
			{finding: dead, status: integration.StatusNeedsReauthorization, open: true, alerts: 1},
			{finding: offline, why: Asked, status: integration.StatusUnknown, open: true, due: 0},
		}},
		{"a good check between starts the count anew", []turn{
			{finding: outage, status: integration.StatusRetrying, due: minute},
			{finding: good, status: integration.StatusConnected, due: interval},
			{finding: outage, status: integration.StatusRetrying, due: minute},
		}},
		{"the provider's own time is waited for", []turn{
			{finding: waiting, status: integration.StatusRetrying, due: 20 * time.Minute},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			state, at := integration.State{}, began
			for i, turn := range c.turns {
				at = at.Add(time.Minute)
				checked := Advance(state, row, turn.finding, integration.Evidence{At: at}, turn.why)
				state = checked.State
				compare(t, i, turn, checked)
			}
		})
	}
}

func compare(t *testing.T, i int, want turn, got integration.Checked) {
	t.Helper()
	s := got.State
	if s.Status != want.status || (s.Incident != nil) != want.open || len(got.Alerts) != want.alerts {
		t.Errorf("turn %d: status %s, incident %v, %d alerts; want %+v", i, s.Status, s.Incident, len(got.Alerts), want)
	}
	if want.due == 0 {
		if !s.DueAt.IsZero() {
			t.Errorf("turn %d: a timer checks at %s", i, s.DueAt)
		}
		return
	}
	wait := s.DueAt.Sub(s.CheckedAt)
	if wait < want.due*9/10-time.Second || wait > want.due*11/10+time.Second {
		t.Errorf("turn %d: next check after %s, want about %s", i, wait, want.due)
	}
}

func TestANewAccountWhoseUpdateIsBehindSaysSoAtItsFirstCheck(t *testing.T) {
	for rule, cycle := range map[string]integration.Cycle{
		"update-failed": {Result: integration.CycleFailed, State: "Failed", End: began.Add(-time.Hour)},
		"update-late":   {Result: integration.CycleCompleted, State: "Completed Successfully", End: began.Add(-60 * time.Hour)},
	} {
		e := integration.Evidence{At: began, Stage: integration.StageDone, HTTPStatus: 200, Method: integration.MethodAPIKey, Cycle: &cycle}
		checked := Advance(integration.State{}, row, diagnosis.Verdict(e), e, AfterCommit)
		s := checked.State
		if s.Status != integration.StatusWaitingForCommerceIntelligence || s.Incident == nil || s.Incident.Finding.Rule != rule || len(checked.Alerts) != 1 {
			t.Errorf("%s: %s, incident %+v, %d alerts", rule, s.Status, s.Incident, len(checked.Alerts))
		}
		if !s.SucceededAt.Equal(began) {
			t.Errorf("%s: its sign-in works, and last worked at %s", rule, s.SucceededAt)
		}
		compare(t, 0, turn{status: integration.StatusWaitingForCommerceIntelligence, open: true, alerts: 1, due: row.Interval}, checked)
	}
}

func TestIncidentAlertsShareTheIncident(t *testing.T) {
	first := Advance(integration.State{}, row, dead, integration.Evidence{At: began}, Scheduled)
	last := Advance(first.State, row, good, integration.Evidence{At: began.Add(time.Minute)}, AfterCommit)
	if first.Alerts[0].Kind != integration.AlertBroken || last.Alerts[0].Kind != integration.AlertRecovered {
		t.Errorf("alerts %s, %s", first.Alerts[0].Kind, last.Alerts[0].Kind)
	}
	if first.Alerts[0].IncidentID != last.Alerts[0].IncidentID || last.Closed.ClosedAt.IsZero() {
		t.Errorf("the recovery is of another incident: %+v, %+v", first.Alerts[0], last)
	}
}

func TestJitterSpreadsByATenth(t *testing.T) {
	low, high := time.Hour, time.Duration(0)
	for range 1000 {
		d := jitter(100 * time.Second)
		low, high = min(low, d), max(high, d)
	}
	if low < 90*time.Second || high > 110*time.Second || high-low < 15*time.Second {
		t.Errorf("spread from %s to %s", low, high)
	}
}
