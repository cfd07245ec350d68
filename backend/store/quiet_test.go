package store_test

import (
	"errors"
	"testing"
	"time"

	"relink/backend/integration"
	"relink/backend/store"
)

// movable opens a data folder whose clock the test moves.
func movable(t *testing.T) (*store.Store, *time.Time) {
	t.Helper()
	now := start
	s, err := store.Open(t.Context(), t.TempDir(), store.Options{Now: func() time.Time { return now }, Actor: integration.ActorCLI})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s, &now
}

func untold(t *testing.T, s *store.Store) []integration.AlertKind {
	t.Helper()
	var kinds []integration.AlertKind
	for _, a := range must[[]integration.Alert](t)(s.PendingAlerts(t.Context(), 10)) {
		kinds = append(kinds, a.Kind)
	}
	return kinds
}

func act(id, what string, at time.Time) integration.Act {
	return integration.Act{At: at, IntegrationID: id, What: what}
}

func TestWhatIsStillBrokenIsToldWhenTheRestEnds(t *testing.T) {
	s, now := movable(t)
	i, _, good := add(t, s, "int_1", "Ads")
	rest := integration.Rest{Kind: integration.RestSnoozed, From: start, Until: start.Add(2 * time.Hour)}
	if err := s.SetRests(t.Context(), i.ID, []integration.Rest{rest}, act(i.ID, "snoozed", start)); err != nil {
		t.Fatal(err)
	}
	if err := s.Record(t.Context(), []integration.Checked{opening(failing(good, start), "inc_1")}); err != nil {
		t.Fatal(err)
	}
	same(t, "during the rest", []integration.AlertKind(nil), untold(t, s))
	state := must[integration.State](t)(s.State(t.Context(), i.ID))
	same(t, "rests", []integration.Rest{rest}, state.Rests)
	*now = start.Add(2 * time.Hour)
	same(t, "after it", []integration.AlertKind{integration.AlertBroken}, untold(t, s))
	state = must[integration.State](t)(s.State(t.Context(), i.ID))
	same(t, "a rest that is over", []integration.Rest(nil), state.Rests)
}

func TestWhatBrokeAndRecoveredDuringARestIsNeverTold(t *testing.T) {
	s, now := movable(t)
	i, _, good := add(t, s, "int_1", "Ads")
	rest := integration.Rest{Kind: integration.RestMaintenance, From: start, Until: start.Add(time.Hour)}
	if err := s.SetRests(t.Context(), i.ID, []integration.Rest{rest}, act(i.ID, "maintenance", start)); err != nil {
		t.Fatal(err)
	}
	broken := opening(failing(good, start), "inc_1")
	if err := s.Record(t.Context(), []integration.Checked{broken, closing(good, "inc_1", start.Add(time.Minute))}); err != nil {
		t.Fatal(err)
	}
	*now = start.Add(2 * time.Hour)
	same(t, "alerts", []integration.AlertKind{integration.AlertRecovered}, untold(t, s))
}

func TestARestThatIsPlannedLetsNoticesThroughBefore(t *testing.T) {
	s, _ := movable(t)
	i, _, good := add(t, s, "int_1", "Ads")
	rest := integration.Rest{Kind: integration.RestMaintenance, From: start.Add(time.Hour), Until: start.Add(2 * time.Hour)}
	if err := s.SetRests(t.Context(), i.ID, []integration.Rest{rest}, act(i.ID, "maintenance", start)); err != nil {
		t.Fatal(err)
	}
	if err := s.Record(t.Context(), []integration.Checked{opening(failing(good, start), "inc_1")}); err != nil {
		t.Fatal(err)
	}
	same(t, "alerts", []integration.AlertKind{integration.AlertBroken}, untold(t, s))
	if err := s.SetRests(t.Context(), "int_gone", nil, act("int_gone", "muted", start)); !errors.Is(err, integration.ErrNotFound) {
		t.Errorf("a rest of nothing: %v", err)
	}
}

func TestWhoWasAskedIsForgottenWithTheIncident(t *testing.T) {
	s, _ := movable(t)
	i, _, good := add(t, s, "int_1", "Ads")
	ctx := t.Context()
	if err := s.Record(ctx, []integration.Checked{opening(failing(good, start), "inc_1")}); err != nil {
		t.Fatal(err)
	}
	asked := integration.Asked{Whom: "Ana", Since: start}
	if err := s.SetAsked(ctx, i.ID, asked, act(i.ID, "asked", start)); err != nil {
		t.Fatal(err)
	}
	reminder := alert("alr_again", integration.AlertBroken, "inc_1", failing(good, start))
	for range 2 { // two processes find the same reminder due
		if err := s.RemindAsked(ctx, i.ID, asked, reminder); err != nil {
			t.Fatal(err)
		}
		reminder.ID += "_2"
	}
	state := must[integration.State](t)(s.State(ctx, i.ID))
	same(t, "asked", &integration.Asked{Whom: "Ana", Since: start, RemindedAt: start, Reminders: 1}, state.Asked)
	same(t, "alerts", []integration.AlertKind{integration.AlertBroken, integration.AlertBroken}, untold(t, s))
	if got := state.StatusAt(start, i); got != integration.StatusWaitingForAdmin {
		t.Errorf("status %s", got)
	}
	over := closing(good, "inc_1", start.Add(time.Hour))
	over.Closed.Ending, over.State.Patience = integration.EndingTemporary, 1
	if err := s.Record(ctx, []integration.Checked{over}); err != nil {
		t.Fatal(err)
	}
	state = must[integration.State](t)(s.State(ctx, i.ID))
	if state.Asked != nil || state.Patience != 1 {
		t.Errorf("asked %v, patience %d", state.Asked, state.Patience)
	}
	past := must[[]integration.Incident](t)(s.AllIncidents(ctx, start, 10))
	if len(past) != 1 || past[0].Ending != integration.EndingTemporary {
		t.Errorf("incidents %+v", past)
	}
	same(t, "later", []integration.Incident(nil), must[[]integration.Incident](t)(s.AllIncidents(ctx, start.Add(2*time.Hour), 10)))
}

func TestOnlyWhatCouldMendCountsAsAnAct(t *testing.T) {
	s, _ := movable(t)
	i, g, _ := add(t, s, "int_1", "Ads")
	ctx := t.Context()
	since := start.Add(time.Minute)
	for _, c := range []struct {
		act  integration.Act
		want bool
	}{
		{act(i.ID, "edited", start), false}, // before
		{act(i.ID, "handed_out", since), false},
		{act(i.ID, "muted", since), false},
		{act("int_other", "edited", since), false},
		{integration.Act{At: since, IntegrationID: i.ID, What: "revoked", Actor: integration.ActorTimer}, false},
		{integration.Act{At: since, IntegrationID: "int_other", GrantID: g.ID, What: "reconnected"}, true},
	} {
		if err := s.AddAct(ctx, c.act); err != nil {
			t.Fatal(err)
		}
		if got := must[bool](t)(s.ActedSince(ctx, i.ID, since)); got != c.want {
			t.Errorf("after %s by %q: %v", c.act.What, c.act.Actor, got)
		}
	}
}
