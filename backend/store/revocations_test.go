package store_test

import (
	"errors"
	"testing"
	"time"

	"relink/backend/integration"
	"relink/backend/store"
)

func pending(i integration.Integration, g integration.Grant) integration.Revocation {
	return integration.Revocation{
		ID: "rev_1", GrantID: g.ID, Version: g.Version, ProviderID: g.ProviderID, Method: g.Method, Settings: map[string]string{"host": "x"},
		Public: map[string]string{"client_id": "c"}, Account: "ana", IntegrationID: i.ID, Name: i.Name, BegunAt: start, DueAt: start,
	}
}

func TestD3DisconnectMovesTheRowAndNotesWhatTheProviderIsToBeTold(t *testing.T) {
	dir := t.TempDir()
	s := openAt(t, dir)
	ctx := t.Context()
	i, g, _ := add(t, s, "int_1", "Ads")
	next := g
	next.Version, next.DisconnectedAt = g.Version+2, start.Add(time.Hour)
	rev := pending(i, g)
	d := integration.Disconnection{Grant: next, FromVersion: g.Version, Pending: &rev, Act: integration.Act{At: start, GrantID: g.ID, What: "disconnected"}}
	if err := s.Disconnect(ctx, d); err != nil {
		t.Fatal(err)
	}
	if err := s.Disconnect(ctx, d); !errors.Is(err, integration.ErrBusy) {
		t.Errorf("a second disconnection of the same version: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openAt(t, dir)
	same(t, "grant", next, must[integration.Grant](t)(s.Grant(ctx, g.ID)))
	same(t, "revocations", []integration.Revocation{rev}, must[[]integration.Revocation](t)(s.Revocations(ctx)))
	if err := s.PutOff(ctx, rev.ID, "network", start.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	rev.Tries, rev.Reason, rev.DueAt = 1, "network", start.Add(time.Minute)
	same(t, "put off", rev, must[integration.Revocation](t)(s.Revocation(ctx, rev.ID)))
	for range 2 { // the second time it is settled already
		if err := s.Settle(ctx, rev.ID, integration.Act{At: start, GrantID: g.ID, What: "revoked", Actor: integration.ActorTimer}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Revocation(ctx, rev.ID); !errors.Is(err, integration.ErrNotFound) {
		t.Errorf("settled, and still there: %v", err)
	}
	acts := must[[]integration.Act](t)(s.Acts(ctx, "", 10))
	if len(acts) != 3 || acts[0].What != "revoked" || acts[0].Actor != integration.ActorTimer {
		t.Errorf("acts %+v", acts)
	}
}

func TestACommitEndsADisconnection(t *testing.T) {
	s := openAt(t, t.TempDir())
	_, g, _ := add(t, s, "int_1", "Ads")
	next := g
	next.Version, next.DisconnectedAt = 3, start
	if err := s.Disconnect(t.Context(), integration.Disconnection{Grant: next, FromVersion: g.Version}); err != nil {
		t.Fatal(err)
	}
	again := next // a reauthorization starts from the row as it is
	again.Version = 4
	if err := s.Commit(t.Context(), integration.GrantCommit{Grant: again, FromVersion: 3}); err != nil {
		t.Fatal(err)
	}
	if got := must[integration.Grant](t)(s.Grant(t.Context(), g.ID)); !got.DisconnectedAt.IsZero() {
		t.Errorf("still disconnected at %v", got.DisconnectedAt)
	}
}

func TestActivityIsFilteredByIntegrationNameAndTime(t *testing.T) {
	s, err := store.Open(t.Context(), t.TempDir(), store.Options{Actor: integration.ActorCLI})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	for n, a := range []integration.Act{
		{IntegrationID: "int_1", What: "edited", Args: map[string]string{"integration": "Ads"}},
		{IntegrationID: "int_2", What: "handed_out", Args: map[string]string{"integration": "Shop"}, Actor: integration.ActorExec},
		{IntegrationID: "int_1", What: "removed", Args: map[string]string{"integration": "Ads"}},
	} {
		a.At = start.Add(time.Duration(n) * time.Hour)
		if err := s.AddAct(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
	whats := func(f integration.ActFilter) (all []string) {
		f.Limit = max(f.Limit, 2)
		for _, a := range must[[]integration.Act](t)(s.Activity(t.Context(), f)) {
			all = append(all, a.What+" by "+a.Actor)
		}
		return all
	}
	same(t, "all, two at most", []string{"removed by cli", "handed_out by exec"}, whats(integration.ActFilter{}))
	same(t, "one integration", []string{"removed by cli", "edited by cli"}, whats(integration.ActFilter{IntegrationID: "int_1"}))
	same(t, "one that is gone, by name", []string{"removed by cli", "edited by cli"}, whats(integration.ActFilter{Name: " ADS "}))
	same(t, "since", []string{"removed by cli"}, whats(integration.ActFilter{Name: "ads", Since: start.Add(time.Minute)}))
}

func TestRemindersAreSaidOnceForEachGrantEndAndStep(t *testing.T) {
	s := openAt(t, t.TempDir())
	_, g, _ := add(t, s, "int_1", "Ads")
	remind := func(grantID string, end time.Time, days int) int {
		t.Helper()
		a := integration.Alert{ID: integration.NewID("alr_", start), Kind: integration.AlertExpires, IncidentID: "exp_" + grantID, At: start}
		if err := s.Remind(t.Context(), []integration.Reminder{{GrantID: grantID, EndsAt: end, Days: days, Alert: a}}); err != nil {
			t.Fatal(err)
		}
		waiting := must[[]integration.Alert](t)(s.PendingAlerts(t.Context(), 10))
		for _, a := range waiting {
			if err := s.AlertSent(t.Context(), a.ID); err != nil {
				t.Fatal(err)
			}
		}
		return len(waiting)
	}
	end := start.Add(7 * 24 * time.Hour)
	for n, want := range []struct{ said, alerts int }{
		{remind(g.ID, end, 7), 1}, {remind(g.ID, end, 7), 0}, {remind(g.ID, end, 3), 1},
		{remind(g.ID, end.Add(time.Hour), 3), 1}, {remind("grt_gone", end, 3), 0},
	} {
		if want.said != want.alerts {
			t.Errorf("reminder %d: %d alerts, want %d", n, want.said, want.alerts)
		}
	}
}

func TestANewLoginTakesWordOfTheOldOnesEndBack(t *testing.T) {
	s := openAt(t, t.TempDir())
	_, g, _ := add(t, s, "int_1", "Ads")
	a := integration.Alert{ID: "alr_1", Kind: integration.AlertExpires, IncidentID: integration.EndID(g.ID), At: start}
	if err := s.Remind(t.Context(), []integration.Reminder{{GrantID: g.ID, EndsAt: start.Add(time.Hour), Days: 1, Alert: a}}); err != nil {
		t.Fatal(err)
	}
	next := g
	for version := 2; version < 4; version++ { // the second time there is nothing to take back
		next.Version = version
		if err := s.Commit(t.Context(), integration.GrantCommit{Grant: next, FromVersion: version - 1}); err != nil {
			t.Fatal(err)
		}
	}
	waiting := must[[]integration.Alert](t)(s.PendingAlerts(t.Context(), 10))
	if len(waiting) != 1 || waiting[0].Kind != integration.AlertRecovered || waiting[0].IncidentID != a.IncidentID {
		t.Errorf("waiting: %+v", waiting)
	}
}
