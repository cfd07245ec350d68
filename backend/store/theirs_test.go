package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"relink/backend/integration"
)

func TestTheLastUpdateCycleStaysWhileItsAccountCannotBeAsked(t *testing.T) {
	s, ctx := openAt(t, t.TempDir()), t.Context()
	i, _, _ := add(t, s, "int_1", "Commerce Intelligence")
	cycle := integration.Cycle{Job: 7, Kind: "Full Update", State: "Completed Successfully", Result: integration.CycleCompleted,
		Start: start.Add(-time.Hour), End: start.Add(-30 * time.Minute), Told: "2026-11-24 03:29:03", Zone: "EST"}
	works := integration.Finding{Verdict: integration.VerdictOK, Rule: "works", Status: integration.StatusConnected}
	record := func(at time.Time, f integration.Finding, c *integration.Cycle) {
		t.Helper()
		st := integration.State{IntegrationID: i.ID, Status: f.Status, Finding: f, CheckedAt: at,
			Evidence: integration.Evidence{Cycle: c, Address: "203.0.113.5"}}
		if err := s.Record(ctx, []integration.Checked{{State: st}}); err != nil {
			t.Fatal(err)
		}
	}
	want := func(job int64, at time.Time) {
		t.Helper()
		c := cycle
		c.Job = job
		got, err := s.Cycles(ctx)
		if diff := cmp.Diff(integration.CycleSeen{IntegrationID: i.ID, Cycle: c, AskedAt: at, Address: "203.0.113.5"}, got[i.ID]); diff != "" || err != nil {
			t.Errorf("%s%v", diff, err)
		}
	}
	record(start, works, &cycle)
	record(start.Add(time.Minute), works, &cycle)
	want(7, start.Add(time.Minute))
	next := cycle
	next.Job = 8
	record(start.Add(2*time.Minute), works, &next) // the same finding: the cheap way
	want(8, start.Add(2*time.Minute))
	record(start.Add(3*time.Minute), integration.Finding{Verdict: integration.VerdictFailing, Rule: "provider-trouble", Status: integration.StatusRetrying}, nil)
	want(8, start.Add(2*time.Minute))
	if _, err := s.Remove(ctx, i.ID, integration.Act{At: start}); err != nil {
		t.Fatal(err)
	}
	if all, err := s.Cycles(ctx); len(all) != 0 || err != nil {
		t.Errorf("after the account is gone: %v, %v", all, err)
	}
}

func TestWhatIsToldOfTheOtherSideIsKept(t *testing.T) {
	dir := t.TempDir()
	s, ctx := openAt(t, dir), t.Context()
	i, _, _ := add(t, s, "int_1", "Shop")
	told := integration.Their{IntegrationID: i.ID, Switch: integration.SwitchOn, Account: "int_9", DataPoint: start.Add(-time.Hour), ToldAt: start,
		Steps: map[string]time.Time{"page": start}, Keys: integration.KeyRefresh{Refreshes: []time.Time{start}, TestedAt: start, Passed: true}}
	act := integration.Act{At: start, IntegrationID: i.ID, What: "told"}
	if err := s.ChangeTheir(ctx, i.ID, act, func(before integration.Their) (integration.Their, error) {
		if before.Switch != "" || before.Steps != nil {
			t.Errorf("before anything was told: %+v", before)
		}
		return told, nil
	}); err != nil {
		t.Fatal(err)
	}
	no := errors.New("no")
	if err := s.ChangeTheir(ctx, i.ID, act, func(integration.Their) (integration.Their, error) { return integration.Their{}, no }); !errors.Is(err, no) {
		t.Errorf("a change that is refused: %v", err)
	}
	all, err := openAt(t, dir).Theirs(ctx)
	if diff := cmp.Diff(map[string]integration.Their{i.ID: told}, all); diff != "" || err != nil {
		t.Errorf("as another process reads it: %s%v", diff, err)
	}
	keep := func(t integration.Their) (integration.Their, error) { return t, nil }
	if err := s.ChangeTheir(ctx, "int_nobody", act, keep); !errors.Is(err, integration.ErrNotFound) {
		t.Errorf("of nobody: %v", err)
	}
	acts, err := s.Acts(ctx, i.ID, 10)
	if err != nil || len(acts) == 0 || acts[0].What != "told" {
		t.Errorf("acts: %v, %v", acts, err)
	}
}
