package store_test

import (
	"errors"
	"testing"
	"time"

	"relink/backend/integration"
)

// turned is a turn about the other side of an integration.
func turned(id, incident string, kind integration.AlertKind, at time.Time) integration.TheirTurn {
	f := integration.Finding{Verdict: integration.VerdictFailing, Cause: integration.CauseCommerceIntelligence, Rule: "data-behind", Status: integration.StatusWaitingForCommerceIntelligence}
	n := integration.Incident{ID: incident, IntegrationID: id, OpenedAt: start, Finding: f, Theirs: true}
	if kind == integration.AlertRecovered {
		n.ClosedAt, n.Ending = at, integration.EndingRepaired
	}
	return integration.TheirTurn{Incident: n, Alert: integration.Alert{ID: "alr_" + string(kind) + incident, Kind: kind, IncidentID: incident, IntegrationID: id, Name: "Ads", Finding: f, At: at}}
}

func TestBothSidesOfAnIntegrationHaveIncidentsOfTheirOwn(t *testing.T) {
	s, ctx := openAt(t, t.TempDir()), t.Context()
	i, _, good := add(t, s, "int_1", "Ads")
	bad := opening(failing(good, start.Add(time.Minute)), "inc_ours")
	turn := turned(i.ID, "inc_theirs", integration.AlertBroken, start)
	if err := errors.Join(s.Record(ctx, []integration.Checked{bad}), s.RecordTheirs(ctx, []integration.TheirTurn{turn})); err != nil {
		t.Fatal(err)
	}
	if got := must[map[string]*integration.Incident](t)(s.Behind(ctx))[i.ID]; got == nil || got.ID != "inc_theirs" || !got.Theirs {
		t.Errorf("behind: %+v", got)
	}
	if st := must[integration.State](t)(s.State(ctx, i.ID)); st.Incident == nil || st.Incident.ID != "inc_ours" || st.Incident.Theirs {
		t.Errorf("ours: %+v", st.Incident)
	}
	if all := must[[]integration.Outage](t)(s.Outages(ctx)); len(all) != 2 {
		t.Errorf("%d outages", len(all))
	}
	// Our side works again: theirs stays as it was.
	if err := s.Record(ctx, []integration.Checked{closing(good, "inc_ours", start.Add(time.Hour))}); err != nil {
		t.Fatal(err)
	}
	if all := must[[]integration.Outage](t)(s.Outages(ctx)); len(all) != 1 || !all[0].Incident.Theirs {
		t.Errorf("outages %+v", all)
	}
	if err := s.RecordTheirs(ctx, []integration.TheirTurn{turned(i.ID, "inc_theirs", integration.AlertRecovered, start.Add(2*time.Hour))}); err != nil {
		t.Fatal(err)
	}
	past := must[[]integration.Incident](t)(s.Incidents(ctx, i.ID, 10))
	if len(past) != 2 || past[0].ClosedAt.IsZero() || past[1].ClosedAt.IsZero() || past[0].Theirs == past[1].Theirs {
		t.Errorf("past %+v", past)
	}
}

func TestTwoProcessesThatSeeTheOtherSideBehindTellItOnce(t *testing.T) {
	dir := t.TempDir()
	window, cli, ctx := openAt(t, dir), openAt(t, dir), t.Context()
	i, _, _ := add(t, window, "int_1", "Ads")
	for _, err := range []error{
		window.RecordTheirs(ctx, []integration.TheirTurn{turned(i.ID, "inc_window", integration.AlertBroken, start)}),
		cli.RecordTheirs(ctx, []integration.TheirTurn{turned(i.ID, "inc_cli", integration.AlertBroken, start)}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if all := must[[]integration.Alert](t)(cli.PendingAlerts(ctx, 10)); len(all) != 1 || all[0].IncidentID != "inc_window" {
		t.Errorf("waiting: %+v", all)
	}
	over := turned(i.ID, "inc_window", integration.AlertRecovered, start.Add(time.Hour))
	again := over
	again.Alert.ID = "alr_again"
	if err := errors.Join(cli.RecordTheirs(ctx, []integration.TheirTurn{over}), window.RecordTheirs(ctx, []integration.TheirTurn{again})); err != nil {
		t.Fatal(err)
	}
	if all := must[[]integration.Alert](t)(cli.PendingAlerts(ctx, 10)); len(all) != 2 {
		t.Errorf("waiting: %+v", all)
	}
}

func TestWhatIsBehindThereRestsWithItsIntegrationAndCanBeDropped(t *testing.T) {
	s, ctx := openAt(t, t.TempDir()), t.Context()
	i, _, _ := add(t, s, "int_1", "Ads")
	if err := errors.Join(
		s.SetRests(ctx, i.ID, []integration.Rest{{Kind: integration.RestMuted, From: start.Add(-time.Hour)}}, integration.Act{At: start, IntegrationID: i.ID, What: "muted"}),
		s.RecordTheirs(ctx, []integration.TheirTurn{turned(i.ID, "inc_1", integration.AlertBroken, start)}),
	); err != nil {
		t.Fatal(err)
	}
	if all := must[[]integration.Alert](t)(s.PendingAlerts(ctx, 10)); len(all) != 0 {
		t.Errorf("told while it rests: %+v", all)
	}
	gone := turned(i.ID, "inc_1", integration.AlertRecovered, start)
	gone.Dropped, gone.Incident.ClosedAt = true, time.Time{}
	if err := s.RecordTheirs(ctx, []integration.TheirTurn{gone}); err != nil {
		t.Fatal(err)
	}
	if err := s.SetRests(ctx, i.ID, nil, integration.Act{At: start, IntegrationID: i.ID, What: "unmuted"}); err != nil {
		t.Fatal(err)
	}
	if past := must[[]integration.Incident](t)(s.Incidents(ctx, i.ID, 10)); len(past) != 0 {
		t.Errorf("past: %+v", past)
	}
	if all := must[[]integration.Alert](t)(s.PendingAlerts(ctx, 10)); len(all) != 1 || all[0].Kind != integration.AlertRecovered {
		t.Errorf("waiting: %+v", all)
	}
}

func TestTheStepsBeforeAnEndThatAChannelWasToldOfAreKept(t *testing.T) {
	s, ctx := openAt(t, t.TempDir()), t.Context()
	i, g, _ := add(t, s, "int_1", "Ads")
	if err := s.AddChannel(ctx, integration.Channel{ID: "chn_1", Kind: integration.ChannelSlack, Name: "Ops", AddedAt: start}); err != nil {
		t.Fatal(err)
	}
	told := integration.EndTold{ChannelID: "chn_1", GrantID: g.ID, EndsAt: start.Add(72 * time.Hour), Days: 3, ToldAt: start}
	lost, gone := told, told
	lost.ChannelID, gone.GrantID = "chn_gone", "grt_gone"
	for range 2 { // another process may note the same
		if err := s.SaveEnds(ctx, []integration.EndTold{told, lost, gone}); err != nil {
			t.Fatal(err)
		}
	}
	same(t, "told", []integration.EndTold{told}, must[[]integration.EndTold](t)(s.EndsTold(ctx)))
	if err := s.RemoveChannel(ctx, "chn_1"); err != nil {
		t.Fatal(err)
	}
	if left := must[[]integration.EndTold](t)(s.EndsTold(ctx)); len(left) != 0 {
		t.Errorf("the channel of %s is gone, and this is left: %+v", i.Name, left)
	}
}
