package store_test

import (
	"errors"
	"testing"
	"time"

	"relink/backend/integration"
)

// failing is the check that follows a good one and finds the grant refused.
func failing(c integration.Checked, at time.Time) integration.Checked {
	c.State.Status, c.State.CheckedAt, c.State.DueAt = integration.StatusNeedsReauthorization, at, at.Add(time.Hour)
	c.State.FailuresInARow, c.State.SuccessesInARow = 1, 0
	c.State.Finding = integration.Finding{
		Verdict: integration.VerdictFailing, Cause: integration.CauseAccountChange, Rule: "grant-revoked", Status: integration.StatusNeedsReauthorization,
		Confidence: integration.Likely, Next: integration.NextReconnect, Definitive: true, Latch: true, Args: map[string]string{"account": "ana@shop.example"},
		Known: []integration.Text{{Key: "observation.invalid_grant"}},
	}
	c.State.Evidence.At, c.State.Evidence.Stage, c.State.Evidence.OAuthError = at, integration.StageSignIn, "invalid_grant"
	c.Grant = nil
	return c
}

// opening adds the incident and its alert.
func opening(c integration.Checked, id string) integration.Checked {
	c.State.Incident = &integration.Incident{ID: id, IntegrationID: c.State.IntegrationID, OpenedAt: c.State.CheckedAt, Finding: c.State.Finding}
	c.Alerts = []integration.Alert{alert("alr_"+id, integration.AlertBroken, id, c)}
	return c
}

// closing ends it.
func closing(c integration.Checked, id string, at time.Time) integration.Checked {
	c.State.CheckedAt = at
	c.Closed = &integration.Incident{ID: id, IntegrationID: c.State.IntegrationID, OpenedAt: start, ClosedAt: at}
	c.Alerts = []integration.Alert{alert("alr_end_"+id, integration.AlertRecovered, id, c)}
	return c
}

func alert(id string, kind integration.AlertKind, incident string, c integration.Checked) integration.Alert {
	return integration.Alert{ID: id, Kind: kind, IncidentID: incident, IntegrationID: c.State.IntegrationID, Name: "Ads", Finding: c.State.Finding, At: c.State.CheckedAt}
}

func TestRecordKeepsTheTruthAndCountsIt(t *testing.T) {
	s := openAt(t, t.TempDir())
	ctx := t.Context()
	i, _, good := add(t, s, "int_1", "Ads")
	good.State.SuccessesInARow = 2
	bad := failing(good, start.Add(10*time.Minute))
	bad.State.Latched = true
	if err := s.Record(ctx, []integration.Checked{good, bad}); err != nil {
		t.Fatal(err)
	}
	same(t, "state", bad.State, must[integration.State](t)(s.State(ctx, i.ID)))
	changes := must[[]integration.Change](t)(s.Changes(ctx, i.ID, 10))
	if len(changes) != 2 || changes[0].Finding.Rule != "grant-revoked" || changes[1].Finding.Rule != "works" {
		t.Errorf("changes: %+v", changes)
	}
	want := map[string][]integration.Hour{i.ID: {{Start: start, OK: 1, Failing: 1, Latency: 40 * time.Millisecond, Worst: integration.StatusNeedsReauthorization}}}
	same(t, "hours", want, must[map[string][]integration.Hour](t)(s.Hours(ctx, start)))
	same(t, "later hours", map[string][]integration.Hour{}, must[map[string][]integration.Hour](t)(s.Hours(ctx, start.Add(time.Second))))
}

func TestARepeatedFindingMovesTimesAndCountersOnly(t *testing.T) {
	s := openAt(t, t.TempDir())
	ctx := t.Context()
	i, _, c := add(t, s, "int_1", "Ads")
	again := c
	again.State.CheckedAt, again.State.SucceededAt, again.State.DueAt = start.Add(5*time.Minute), start.Add(5*time.Minute), start.Add(10*time.Minute)
	again.State.SuccessesInARow, again.State.Evidence.Took = 2, time.Second
	nextHour := again
	nextHour.State.CheckedAt = start.Add(65 * time.Minute)
	if err := s.Record(ctx, []integration.Checked{again}); err != nil {
		t.Fatal(err)
	}
	want := again.State
	want.Evidence = c.State.Evidence
	same(t, "within the hour", want, must[integration.State](t)(s.State(ctx, i.ID)))
	if err := s.Record(ctx, []integration.Checked{nextHour}); err != nil {
		t.Fatal(err)
	}
	same(t, "in the next hour", nextHour.State, must[integration.State](t)(s.State(ctx, i.ID)))
	if changes := must[[]integration.Change](t)(s.Changes(ctx, i.ID, 10)); len(changes) != 1 {
		t.Errorf("%d changes", len(changes))
	}
	otherArgs := nextHour
	otherArgs.State.Finding.Args = map[string]string{"integration": "Ads", "account": "bia@agency.example"}
	if err := s.Record(ctx, []integration.Checked{otherArgs}); err != nil {
		t.Fatal(err)
	}
	same(t, "with other arguments", otherArgs.State, must[integration.State](t)(s.State(ctx, i.ID)))
}

// asRead are alerts with what the store knows of their integration.
func asRead(alerts []integration.Alert) []integration.Alert {
	for i := range alerts {
		alerts[i].ProviderID, alerts[i].GrantID = "google-ads", "grt_int_1"
	}
	return alerts
}

func TestAnIncidentOpensAndClosesWithItsAlerts(t *testing.T) {
	s := openAt(t, t.TempDir())
	ctx := t.Context()
	i, _, good := add(t, s, "int_1", "Ads")
	bad := opening(failing(good, start.Add(time.Minute)), "inc_1")
	if err := s.Record(ctx, []integration.Checked{bad}); err != nil {
		t.Fatal(err)
	}
	same(t, "open", bad.State, must[integration.State](t)(s.State(ctx, i.ID)))
	same(t, "all states", bad.State, must[map[string]integration.State](t)(s.States(ctx))[i.ID])
	same(t, "outbox", asRead(bad.Alerts), must[[]integration.Alert](t)(s.PendingAlerts(ctx, 10)))
	if err := errors.Join(s.AlertSent(ctx, "alr_inc_1"), s.AlertSent(ctx, "alr_inc_1")); err != nil {
		t.Fatal(err)
	}
	if !must[integration.State](t)(s.State(ctx, i.ID)).Incident.Notified {
		t.Error("the incident does not know that the person was told")
	}
	end := closing(good, "inc_1", start.Add(time.Hour))
	if err := s.Record(ctx, []integration.Checked{end}); err != nil {
		t.Fatal(err)
	}
	if st := must[integration.State](t)(s.State(ctx, i.ID)); st.Incident != nil {
		t.Errorf("still open: %+v", st.Incident)
	}
	same(t, "outbox", asRead(end.Alerts), must[[]integration.Alert](t)(s.PendingAlerts(ctx, 10)))
	want := []integration.Incident{{ID: "inc_1", IntegrationID: i.ID, OpenedAt: bad.State.CheckedAt, ClosedAt: start.Add(time.Hour), Finding: bad.State.Finding, Notified: true, NotifiedAt: start}}
	same(t, "incidents", want, must[[]integration.Incident](t)(s.Incidents(ctx, i.ID, 10)))
}

func TestTwoProcessesThatFindTheSameTroubleTellItOnce(t *testing.T) {
	dir := t.TempDir()
	window, cli := openAt(t, dir), openAt(t, dir)
	ctx := t.Context()
	i, _, good := add(t, window, "int_1", "Ads")
	first, second := opening(failing(good, start.Add(time.Minute)), "inc_window"), opening(failing(good, start.Add(2*time.Minute)), "inc_cli")
	if err := errors.Join(window.Record(ctx, []integration.Checked{first}), cli.Record(ctx, []integration.Checked{second})); err != nil {
		t.Fatal(err)
	}
	same(t, "outbox", asRead(first.Alerts), must[[]integration.Alert](t)(cli.PendingAlerts(ctx, 10)))
	if st := must[integration.State](t)(cli.State(ctx, i.ID)); st.Incident.ID != "inc_window" {
		t.Errorf("open: %s", st.Incident.ID)
	}
	if err := window.AlertSent(ctx, "alr_inc_window"); err != nil {
		t.Fatal(err)
	}
	// The process that did not open it sees the recovery first.
	end := closing(good, "inc_cli", start.Add(time.Hour))
	if err := cli.Record(ctx, []integration.Checked{end}); err != nil {
		t.Fatal(err)
	}
	late := closing(good, "inc_window", start.Add(2*time.Hour))
	if err := window.Record(ctx, []integration.Checked{late}); err != nil {
		t.Fatal(err)
	}
	alerts := must[[]integration.Alert](t)(window.PendingAlerts(ctx, 10))
	if len(alerts) != 1 || alerts[0].IncidentID != "inc_window" || alerts[0].Kind != integration.AlertRecovered {
		t.Errorf("outbox: %+v", alerts)
	}
}

func TestACheckOfARemovedIntegrationLeavesNothing(t *testing.T) {
	s := openAt(t, t.TempDir())
	ctx := t.Context()
	i, _, good := add(t, s, "int_1", "Ads")
	_, _, other := add(t, s, "int_2", "Stripe")
	if err := s.Record(ctx, []integration.Checked{opening(failing(good, start), "inc_1")}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Remove(ctx, i.ID, integration.Act{At: start}); err != nil {
		t.Fatal(err)
	}
	if alerts := must[[]integration.Alert](t)(s.PendingAlerts(ctx, 10)); len(alerts) > 0 {
		t.Errorf("alerts of the removed: %+v", alerts)
	}
	if err := s.Record(ctx, []integration.Checked{good, opening(failing(good, start.Add(time.Hour)), "inc_2"), other}); err != nil {
		t.Fatal(err)
	}
	if states := must[map[string]integration.State](t)(s.States(ctx)); len(states) != 1 {
		t.Errorf("%d states", len(states))
	}
	if hours := must[map[string][]integration.Hour](t)(s.Hours(ctx, start)); len(hours) != 1 || len(hours["int_2"]) != 1 {
		t.Errorf("hours: %v", hours)
	}
	if alerts := must[[]integration.Alert](t)(s.PendingAlerts(ctx, 10)); len(alerts) > 0 {
		t.Errorf("alerts: %+v", alerts)
	}
}

func TestAnAlertAboutThisComputerNeedsNoIntegration(t *testing.T) {
	s := openAt(t, t.TempDir())
	want := []integration.Alert{{ID: "alr_1", Kind: integration.AlertOffline, At: start}}
	for range 2 { // the same alert twice is one
		if err := s.Record(t.Context(), []integration.Checked{{Alerts: want}}); err != nil {
			t.Fatal(err)
		}
	}
	same(t, "outbox", want, must[[]integration.Alert](t)(s.PendingAlerts(t.Context(), 10)))
}

func TestWhatACheckLearnsNeverMovesTheVersionNorErasesAnything(t *testing.T) {
	s := openAt(t, t.TempDir())
	ctx := t.Context()
	_, g, c := add(t, s, "int_1", "Ads")
	learn := func(learned integration.Grant) integration.Grant {
		t.Helper()
		c.Grant = &learned
		if err := s.Record(ctx, []integration.Checked{c}); err != nil {
			t.Fatal(err)
		}
		return must[integration.Grant](t)(s.Grant(ctx, g.ID))
	}
	same(t, "nothing learned", g, learn(integration.Grant{ID: g.ID, Version: 1}))
	want := g
	want.Account, want.UsedAt = integration.Account{ID: "1001", Name: "Ana"}, start.Add(time.Minute)
	want.Scopes, want.Resources = []string{"adwords"}, []integration.Resource{}
	all := want
	all.ExpiresAt = start.Add(time.Hour) // not a check's to tell
	same(t, "all of it", want, learn(all))
	stale := integration.Grant{ID: g.ID, Version: 5, Account: integration.Account{ID: "x"}, UsedAt: start.Add(time.Hour), Scopes: []string{}}
	same(t, "with another version", want, learn(stale))
	unversioned := integration.Grant{ID: g.ID, UsedAt: start.Add(2 * time.Hour)}
	want.UsedAt = unversioned.UsedAt
	same(t, "without a version", want, learn(unversioned))
}

func TestEvidenceThatWasNotTakenDoesNotEraseTheLast(t *testing.T) {
	s := openAt(t, t.TempDir())
	i, _, c := add(t, s, "int_1", "Ads")
	bare := failing(c, start.Add(time.Minute))
	bare.State.Evidence = integration.Evidence{}
	if err := s.Record(t.Context(), []integration.Checked{bare}); err != nil {
		t.Fatal(err)
	}
	same(t, "evidence", c.State.Evidence, must[integration.State](t)(s.State(t.Context(), i.ID)).Evidence)
}
