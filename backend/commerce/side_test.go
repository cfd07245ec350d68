package commerce_test

import (
	"slices"
	"testing"
	"time"

	"relink/backend/commerce"
	in "relink/backend/integration"
)

var now = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

const (
	hour = time.Hour
	day  = 24 * time.Hour
)

// cycle is an account's last update that ended so long ago, asked for just now.
func cycle(result in.CycleResult, ago time.Duration) *in.CycleSeen {
	return &in.CycleSeen{AskedAt: now, Cycle: in.Cycle{Job: 1, Result: result, Start: now.Add(-ago - 3*time.Minute), End: now.Add(-ago)}}
}

// told is what a person read so long ago: a last data point that was of that age then.
func told(ago, age time.Duration) in.Their {
	return in.Their{ToldAt: now.Add(-ago), DataPoint: now.Add(-ago - age)}
}

// stepped adds that the guided way was gone to its end so long ago.
func stepped(t in.Their, ago time.Duration) in.Their {
	t.Steps = map[string]time.Time{commerce.StepButton: now.Add(-ago - hour), commerce.StepAgain: now.Add(-ago)}
	return t
}

func TestJudgeReadsTheTwoSidesByTheTable(t *testing.T) {
	asked := func(c *in.CycleSeen, ago time.Duration) *in.CycleSeen { c.AskedAt = now.Add(-ago); return c }
	cases := []struct {
		name   string
		k      commerce.Known
		rule   string
		status in.Status
		next   commerce.Next
	}{
		{"ours broken comes first, whatever is told of theirs", commerce.Known{Ours: commerce.OursBroken, Their: told(hour, hour), Cycle: cycle(in.CycleCompleted, hour)}, "ours-first", unknown, commerce.NextRepairHere},
		{"ours broken and their update failed too", commerce.Known{Ours: commerce.OursBroken, Cycle: cycle(in.CycleFailed, hour)}, "ours-first", unknown, commerce.NextRepairHere},
		{"ours not known", commerce.Known{Ours: commerce.OursUnknown, Cycle: cycle(in.CycleFailed, hour)}, "ours-unknown", unknown, commerce.NextCheckHere},
		{"ours well, their update failed", commerce.Known{Cycle: cycle(in.CycleFailed, hour), Their: told(hour, hour)}, "cycle-failed", behind, commerce.NextWait},
		{"ours well, their update is two days old", commerce.Known{Cycle: cycle(in.CycleCompleted, 48*hour)}, "cycle-late", behind, commerce.NextWait},
		{"their last data point is three days older than their last update", commerce.Known{Cycle: cycle(in.CycleCompleted, 2*hour), Their: told(hour, 3*day)}, "data-behind", behind, commerce.NextSteps},
		{"without a known update, a data point of three days", commerce.Known{Their: told(hour, 3*day)}, "data-behind", behind, commerce.NextSteps},
		{"without a known update, a data point of a day and a half is no lag", commerce.Known{Their: told(hour, 36*hour)}, "both-well", connected, commerce.NextNothing},
		{"both well", commerce.Known{Cycle: cycle(in.CycleCompleted, 2*hour), Their: told(hour, 3*hour)}, "both-well", connected, commerce.NextNothing},
		{"what was read five days ago says nothing any more", commerce.Known{Cycle: cycle(in.CycleCompleted, 2*hour), Their: told(5*day, hour)}, "look-again", unknown, commerce.NextConfirm},
		{"the guided way is gone, no update since", commerce.Known{Cycle: cycle(in.CycleCompleted, 5*hour), Their: stepped(told(6*hour, 4*day), 2*hour)}, "cycle-awaited", behind, commerce.NextWait},
		{"the guided way is gone, nothing told, no account", commerce.Known{Their: stepped(in.Their{}, 2*hour)}, "cycle-awaited", behind, commerce.NextWait},
		{"the guided way is gone, and an update since: the person looks", commerce.Known{Cycle: cycle(in.CycleCompleted, hour), Their: stepped(told(6*hour, 4*day), 2*hour)}, "confirm-there", unknown, commerce.NextConfirm},
		{"the guided way is gone, and the data point is of after it", commerce.Known{Cycle: cycle(in.CycleCompleted, 3*hour), Their: stepped(told(hour, hour), 4*hour)}, "data-current", connected, commerce.NextNothing},
		{"the guided way is gone, and did not help", commerce.Known{Cycle: cycle(in.CycleCompleted, 2*hour), Their: stepped(told(hour, 3*day), 5*hour)}, "data-behind", behind, commerce.NextSteps},
		{"one of the two steps is not done", commerce.Known{Cycle: cycle(in.CycleCompleted, hour), Their: in.Their{Steps: map[string]time.Time{commerce.StepButton: now.Add(-2 * hour)}}}, "cycle-well", unknown, commerce.NextConfirm},
		{"ours was repaired: theirs keeps a consent of its own", commerce.Known{Cycle: cycle(in.CycleCompleted, hour), Repaired: now.Add(-2 * hour)}, "repaired-here", unknown, commerce.NextSteps},
		{"ours was repaired after the guided way", commerce.Known{Cycle: cycle(in.CycleCompleted, hour), Repaired: now.Add(-2 * hour), Their: stepped(told(3*hour, hour), 5*hour)}, "repaired-here", unknown, commerce.NextSteps},
		{"ours was repaired, and their data point was read after it", commerce.Known{Cycle: cycle(in.CycleCompleted, hour), Repaired: now.Add(-2 * hour), Their: told(hour, hour)}, "both-well", connected, commerce.NextNothing},
		{"the consent there came to its fixed end", commerce.Known{Cycle: cycle(in.CycleCompleted, hour), Lifetime: 14 * day, Their: stepped(in.Their{}, 15*day)}, "consent-over", unknown, commerce.NextSteps},
		{"a data point of after that end says that it lives on", commerce.Known{Cycle: cycle(in.CycleCompleted, hour), Lifetime: 14 * day, Their: stepped(told(hour, hour), 15*day)}, "data-current", connected, commerce.NextNothing},
		{"only the update cycle is known", commerce.Known{Cycle: cycle(in.CycleCompleted, hour)}, "cycle-well", unknown, commerce.NextConfirm},
		{"an update cycle that was told two days ago is not the last one known", commerce.Known{Cycle: asked(cycle(in.CycleFailed, 50*hour), 2*day)}, "nothing-known", unknown, commerce.NextConfirm},
		{"an account without an update", commerce.Known{Cycle: &in.CycleSeen{AskedAt: now, Cycle: in.Cycle{Result: in.CycleNone}}}, "nothing-known", unknown, commerce.NextConfirm},
		{"nothing is known", commerce.Known{}, "nothing-known", unknown, commerce.NextConfirm},
	}
	reached := map[string]bool{}
	for _, c := range cases {
		if c.k.Ours == "" {
			c.k.Ours = commerce.OursWell
		}
		c.k.Now = now
		got := commerce.Judge(c.k)
		reached[got.Rule] = true
		if got.Rule != c.rule || got.Status != c.status || got.Next != c.next || got.Behind() != (c.status == behind) {
			t.Errorf("%s: %+v, want %s %s %s", c.name, got, c.rule, c.status, c.next)
		}
		if got.Status == connected && c.k.Their.ToldAt.IsZero() {
			t.Errorf("%s: connected there on our evidence alone", c.name)
		}
	}
	for _, rule := range commerce.Rules() {
		if !reached[rule] {
			t.Errorf("no case reaches the row %s", rule)
		}
	}
}

const (
	connected = in.StatusConnected
	behind    = in.StatusWaitingForCommerceIntelligence
	unknown   = in.StatusUnknown
)

// TestNothingOfOursAloneConnectsTheirs tries every combination of what is known without a person's word.
func TestNothingOfOursAloneConnectsTheirs(t *testing.T) {
	cycles := []*in.CycleSeen{nil, cycle(in.CycleCompleted, hour), cycle(in.CycleCompleted, 3*day), cycle(in.CycleFailed, hour), cycle(in.CycleUnclear, hour), cycle(in.CycleNone, 0)}
	steps := []in.Their{{}, stepped(in.Their{}, 2*hour), stepped(in.Their{}, 20*day)}
	for _, ours := range []commerce.Ours{commerce.OursWell, commerce.OursBroken, commerce.OursUnknown} {
		for _, c := range cycles {
			for _, their := range steps {
				for _, repaired := range []time.Time{{}, now.Add(-hour)} {
					k := commerce.Known{Ours: ours, Cycle: c, Their: their, Repaired: repaired, Lifetime: 14 * day, Now: now}
					if got := commerce.Judge(k); got.Status == connected {
						t.Errorf("%+v: %+v", k, got)
					}
				}
			}
		}
	}
}

func TestOursIsReadFromEveryStatus(t *testing.T) {
	want := map[in.Status]commerce.Ours{
		in.StatusConnected: commerce.OursWell, in.StatusExpiresSoon: commerce.OursWell, in.StatusWaitingForCommerceIntelligence: commerce.OursWell,
		in.StatusNeedsReauthorization: commerce.OursBroken, in.StatusRetrying: commerce.OursBroken, in.StatusWaitingForAdmin: commerce.OursBroken,
		in.StatusPaused: commerce.OursUnknown, in.StatusUnknown: commerce.OursUnknown, in.StatusChecking: commerce.OursUnknown, "": commerce.OursUnknown,
	}
	for status, ours := range want {
		if got := commerce.OursOf(status); got != ours {
			t.Errorf("%s: %s, want %s", status, got, ours)
		}
	}
}

func TestTheWayThereKeepsItsProgressAndBeginsAnew(t *testing.T) {
	their := in.Their{}
	for i, step := range commerce.Steps("Authorize") {
		var err error
		if their, err = commerce.Mark(their, step, true, now.Add(time.Duration(i)*time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	if got := commerce.DoneAt(their); !got.Equal(now.Add(3 * time.Minute)) {
		t.Errorf("done at %s", got)
	}
	undone, err := commerce.Mark(their, commerce.StepAgain, false, now)
	if err != nil || !commerce.DoneAt(undone).IsZero() || len(undone.Steps) != 4 || len(their.Steps) != 5 {
		t.Errorf("taken back: %v, %v; before %v", undone.Steps, err, their.Steps)
	}
	anew, err := commerce.Mark(their, commerce.StepPage, true, now.Add(day))
	if err != nil || len(anew.Steps) != 1 {
		t.Errorf("the first step again: %v, %v", anew.Steps, err)
	}
	if _, err := commerce.Mark(their, "nowhere", true, now); len(in.Problems(err)) != 1 {
		t.Errorf("a step that does not exist: %v", err)
	}
	if form := commerce.Steps("Save & Test"); slices.Index(form, commerce.StepAgain) > slices.Index(form, commerce.StepButton) {
		t.Errorf("a form is saved before it is filled in: %v", form)
	}
}
