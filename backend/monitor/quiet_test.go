package monitor_test

import (
	"slices"
	"testing"
	"time"

	"relink/backend/integration"
	"relink/backend/monitor"
)

// checked runs a check and returns the state that it left.
func (l *lab) checked(id string) integration.State {
	l.t.Helper()
	state, err := l.monitor.Check(l.t.Context(), id, monitor.Asked)
	check(l.t, err)
	l.pass(2 * time.Minute)
	return state
}

// outage lets an incident open, does something about it, and lets the service answer again.
func (l *lab) outage(id string, act func()) {
	l.t.Helper()
	l.service.Status(503)
	for l.checked(id).Incident == nil {
	}
	act()
	check(l.t, l.service.Heal())
	for l.checked(id).Incident != nil {
	}
}

func TestPatienceIsLearnedOnlyWhereNobodyActed(t *testing.T) {
	l := newLab(t, 1)
	newest := func() integration.Ending {
		all, err := l.store.Incidents(t.Context(), "int_0", 1)
		check(t, err)
		return all[0].Ending
	}
	l.outage("int_0", func() {})
	state, err := l.store.State(t.Context(), "int_0")
	check(t, err)
	if state.Patience != 1 || newest() != integration.EndingTemporary {
		t.Errorf("passed by itself: patience %d, %q", state.Patience, newest())
	}
	l.outage("int_0", func() {
		seen, err := l.monitor.One("int_0")
		check(t, err)
		seen.Integration.Interval = 7 * time.Minute
		check(t, l.monitor.Edit(t.Context(), seen.Integration))
	})
	state, err = l.store.State(t.Context(), "int_0")
	check(t, err)
	if state.Patience != 1 || newest() != integration.EndingRepaired {
		t.Errorf("somebody acted: patience %d, %q", state.Patience, newest())
	}
}

func TestRestsAndWhoWasAskedAreKnownAtOnceAndToAnotherProcess(t *testing.T) {
	l := newLab(t, 1)
	now := l.clock()
	check(t, l.monitor.Rest(t.Context(), "int_0", integration.Rest{Kind: integration.RestMuted, From: now}))
	check(t, l.monitor.Rest(t.Context(), "int_0", integration.Rest{Kind: integration.RestSnoozed, From: now, Until: now.Add(time.Hour)}))
	check(t, l.monitor.Ask(t.Context(), "int_0", "Ana")) // it works: nothing to wait for
	for _, m := range []*monitor.Monitor{l.monitor, l.open(l.store)} {
		seen, err := m.One("int_0")
		check(t, err)
		if len(seen.State.Rests) != 2 || seen.State.RestAt(l.clock()).Kind != integration.RestMuted || seen.State.Asked != nil {
			t.Errorf("rests %+v, asked %+v", seen.State.Rests, seen.State.Asked)
		}
	}
	l.service.Status(503)
	l.checked("int_0")
	check(t, l.monitor.Ask(t.Context(), "int_0", "Ana"))
	check(t, l.monitor.Unrest(t.Context(), "int_0"))
	seen, err := l.monitor.One("int_0")
	check(t, err)
	if len(seen.State.Rests) != 0 || seen.State.Asked == nil || seen.State.StatusAt(l.clock(), seen.Integration) != integration.StatusWaitingForAdmin {
		t.Errorf("state %+v", seen.State)
	}
	check(t, l.service.Heal())
	if state := l.checked("int_0"); state.StatusAt(l.clock(), seen.Integration) != integration.StatusConnected {
		t.Errorf("status %s", state.Status)
	}
}

func TestWhoAskedIsRemindedDailyAndFiveTimesAtMost(t *testing.T) {
	l := newLab(t, 1)
	l.service.Status(503)
	for l.checked("int_0").Incident == nil {
	}
	check(t, l.monitor.Ask(t.Context(), "int_0", "Ana"))
	reminders := func() int {
		waiting, err := l.store.PendingAlerts(t.Context(), 100)
		check(t, err)
		count := 0
		for _, a := range waiting {
			if a.Finding.Rule == integration.RuleAsked {
				count++
				if a.Finding.Args["whom"] != "Ana" || a.Kind != integration.AlertBroken {
					t.Errorf("a reminder of %+v", a)
				}
			}
		}
		return count
	}
	other := l.open(l.store) // another process looks at the same hours
	var got []int
	for range 8 {
		for range 4 {
			l.pass(6 * time.Hour)
			check(t, l.monitor.RemindAsked(t.Context()))
			check(t, other.RemindAsked(t.Context()))
		}
		got = append(got, reminders())
	}
	if want := []int{1, 2, 3, 4, 5, 5, 5, 5}; !slices.Equal(got, want) {
		t.Errorf("reminders by day: %v, want %v", got, want)
	}
	check(t, l.service.Heal())
	for l.checked("int_0").Incident != nil {
	}
	l.pass(48 * time.Hour)
	check(t, l.monitor.RemindAsked(t.Context()))
	if n := reminders(); n != 5 {
		t.Errorf("reminded of what is repaired: %d", n)
	}
}
