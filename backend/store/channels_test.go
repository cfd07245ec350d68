package store

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"relink/backend/integration"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// broken adds an integration with an open incident.
func broken(t *testing.T, s *Store, id string) {
	t.Helper()
	g := integration.Grant{ID: "grt_" + id}
	if err := s.Add(t.Context(), integration.Integration{ID: id, Name: "Shop " + id, GrantID: g.ID}, g, integration.State{IntegrationID: id}, integration.Act{}); err != nil {
		t.Fatal(err)
	}
	n := integration.Incident{ID: "inc_" + id, IntegrationID: id, OpenedAt: noon, Finding: integration.Finding{Cause: integration.CauseExpired, Rule: "r"}}
	st := integration.State{IntegrationID: id, CheckedAt: noon, Incident: &n}
	if err := s.Record(t.Context(), []integration.Checked{{State: st}}); err != nil {
		t.Fatal(err)
	}
}

func TestChannelIsKeptWithHowItsLastDeliveryWent(t *testing.T) {
	s := opened(t, t.TempDir())
	c := integration.Channel{ID: "chn_1", Kind: integration.ChannelEmail, Name: "Ops", Settings: map[string]string{"to": "ana@shop.example"}, AddedAt: noon}
	if err := s.AddChannel(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	again := c
	again.ID, again.Name = "chn_2", "OPS"
	if err := s.AddChannel(t.Context(), again); !errors.Is(err, integration.ErrDuplicate) {
		t.Errorf("the same name again: %v", err)
	}
	c.Failure, c.Failures, c.RetryAt = integration.DeliveryBusy, 3, noon.Add(time.Hour)
	if err := s.Delivered(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	got, err := s.Channels(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]integration.Channel{c}, got); diff != "" {
		t.Error(diff)
	}
}

func TestAnIncidentIsInOneThreadOfAChannel(t *testing.T) {
	s := opened(t, t.TempDir())
	for _, id := range []string{"int_1", "int_2"} {
		broken(t, s, id)
	}
	if err := s.AddChannel(t.Context(), integration.Channel{ID: "chn_1", Kind: integration.ChannelSlack, Name: "Ops", AddedAt: noon}); err != nil {
		t.Fatal(err)
	}
	member := func(id string) integration.ThreadMember {
		return integration.ThreadMember{IncidentID: "inc_" + id, IntegrationID: id, Name: "Shop " + id}
	}
	first := integration.Thread{ID: "thr_1", ChannelID: "chn_1", Reference: "17.1", Title: "Two", Cause: integration.CauseExpired, Rule: "r",
		Members: []integration.ThreadMember{member("int_1"), member("int_2")}, ToldAt: noon}
	second := first
	second.ID = "thr_2"
	second.Members = []integration.ThreadMember{member("int_1")}
	for _, th := range []integration.Thread{first, second} {
		if err := s.SaveThread(t.Context(), th); err != nil {
			t.Fatal(err)
		}
	}
	first.RemindedAt, first.Reminders = noon.Add(24*time.Hour), 1
	if err := s.SaveThread(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	second.Members = nil
	got, err := s.Threads(t.Context(), noon)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]integration.Thread{first, second}, got); diff != "" {
		t.Error(diff)
	}
}

func TestRemovingAnIntegrationOrAChannelTakesWhatWasToldAlong(t *testing.T) {
	s := opened(t, t.TempDir())
	broken(t, s, "int_1")
	if err := s.AddChannel(t.Context(), integration.Channel{ID: "chn_1", Kind: integration.ChannelSlack, Name: "Ops", AddedAt: noon}); err != nil {
		t.Fatal(err)
	}
	th := integration.Thread{ID: "thr_1", ChannelID: "chn_1", ToldAt: noon, Members: []integration.ThreadMember{{IncidentID: "inc_int_1", IntegrationID: "int_1"}}}
	if err := s.SaveThread(t.Context(), th); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Remove(t.Context(), "int_1", integration.Act{}); err != nil {
		t.Fatal(err)
	}
	got, err := s.Threads(t.Context(), noon)
	if err != nil || len(got) != 1 || len(got[0].Members) != 0 {
		t.Errorf("without its integration: %+v, %v", got, err)
	}
	if err := s.RemoveChannel(t.Context(), "chn_1"); err != nil {
		t.Fatal(err)
	}
	if got, err = s.Threads(t.Context(), noon); err != nil || len(got) != 0 {
		t.Errorf("without its channel: %+v, %v", got, err)
	}
	if err := s.SaveThread(t.Context(), th); err != nil { // sent while it was removed
		t.Errorf("a thread of a channel that is gone: %v", err)
	}
}
