package commerce

import (
	"time"

	"relink/backend/integration"
)

// The limits that the table uses.
const (
	freshFor  = 24 * time.Hour     // for how long a cycle that was told is still the last one known
	toldFor   = 3 * 24 * time.Hour // for how long what a person read there says something
	behindBy  = 24 * time.Hour     // of the last data point, before the cycle that should have brought it
	behindFor = 48 * time.Hour     // likewise, where no cycle is known
)

// Next is what a person does about the other side.
type Next string

// The next steps, in the order in which they are taken.
const (
	NextNothing    Next = "nothing"
	NextRepairHere Next = "repair_here" // our side first
	NextCheckHere  Next = "check_here"  // our side is not known
	NextSteps      Next = "steps"       // the guided way there
	NextWait       Next = "wait"        // for the next update cycle
	NextConfirm    Next = "confirm"     // Last Data Point Received is to be read there
)

// Ours is how our side fares.
type Ours string

// The conditions of our side.
const (
	OursWell    Ours = "well"
	OursBroken  Ours = "broken"
	OursUnknown Ours = "unknown"
)

// OursOf reads our side from the status that is shown of it.
func OursOf(s integration.Status) Ours {
	switch s {
	case integration.StatusConnected, integration.StatusExpiresSoon, integration.StatusWaitingForCommerceIntelligence:
		return OursWell
	case integration.StatusNeedsReauthorization, integration.StatusRetrying, integration.StatusWaitingForAdmin:
		return OursBroken
	}
	return OursUnknown
}

// Known is all that the table reads.
type Known struct {
	Ours     Ours
	Cycle    *integration.CycleSeen // nil where no account was asked
	Their    integration.Their
	Repaired time.Time     // when our grant was replaced; zero where it is the first one
	Lifetime time.Duration // of the consent there, 0 where it has no fixed end
	Now      time.Time
}

// Side is the verdict on the other side. It is never connected on our evidence alone.
type Side struct {
	Status integration.Status // connected, waiting_for_commerce_intelligence or unknown
	Cause  integration.Cause  // commerce_intelligence where it is behind
	Rule   string             // its name: locale keys theirs.rule.RULE and theirs.rule.RULE.do
	Next   Next
}

// Behind says whether the other side lags while ours is well.
func (s Side) Behind() bool { return s.Cause == integration.CauseCommerceIntelligence }

// rule is one row.
type rule struct {
	name string
	when func(Known) bool
	next Next
	side integration.Status
}

const (
	connected = integration.StatusConnected
	behind    = integration.StatusWaitingForCommerceIntelligence
	unknown   = integration.StatusUnknown
)

// rules is the table, read from the top. Our own trouble comes first: what is broken here is repaired
// here before anybody works over there.
var rules = []rule{
	{"ours-first", func(k Known) bool { return k.Ours == OursBroken }, NextRepairHere, unknown},
	{"ours-unknown", func(k Known) bool { return k.Ours != OursWell }, NextCheckHere, unknown},
	{"cycle-failed", func(k Known) bool { c := k.cycle(); return c != nil && c.Result == integration.CycleFailed }, NextWait, behind},
	{"cycle-late", func(k Known) bool { c := k.cycle(); return c != nil && c.Late(k.Now) }, NextWait, behind},
	{"data-current", func(k Known) bool { return k.toldSinceDone() && !k.pointBehind() }, NextNothing, connected},
	{"cycle-awaited", func(k Known) bool { return k.done() && !k.toldSinceDone() && !k.cycleSinceDone() }, NextWait, behind},
	{"data-behind", func(k Known) bool { return k.told() && k.pointBehind() && (!k.done() || k.lookedSinceCycle()) }, NextSteps, behind},
	{"confirm-there", func(k Known) bool { return k.done() && !k.toldSinceDone() }, NextConfirm, unknown},
	{"consent-over", Known.consentOver, NextSteps, unknown},
	{"repaired-here", func(k Known) bool { return k.Repaired.After(k.Their.ToldAt) && k.Repaired.After(k.doneAt()) }, NextSteps, unknown},
	{"both-well", Known.told, NextNothing, connected},
	{"look-again", func(k Known) bool { return !k.Their.ToldAt.IsZero() }, NextConfirm, unknown},
	{"cycle-well", func(k Known) bool { c := k.cycle(); return c != nil && c.Result == integration.CycleCompleted }, NextConfirm, unknown},
	{"nothing-known", func(Known) bool { return true }, NextConfirm, unknown},
}

// Judge reads the table.
func Judge(k Known) Side {
	for _, r := range rules {
		if r.when(k) {
			s := Side{Status: r.side, Rule: r.name, Next: r.next}
			if r.side == behind {
				s.Cause = integration.CauseCommerceIntelligence
			}
			return s
		}
	}
	return Side{Status: unknown} // the last row matches everything
}

// Rules are the names of the rows, in their order.
func Rules() []string {
	names := make([]string, len(rules))
	for i, r := range rules {
		names[i] = r.name
	}
	return names
}

// cycle is the last cycle, nil where none is known or it was asked for too long ago.
func (k Known) cycle() *integration.Cycle {
	if k.Cycle == nil || k.Now.Sub(k.Cycle.AskedAt) > freshFor {
		return nil
	}
	return &k.Cycle.Cycle
}

// told says whether a person read Last Data Point Received there not long ago.
func (k Known) told() bool {
	since := k.Now.Sub(k.Their.ToldAt)
	return !k.Their.ToldAt.IsZero() && !k.Their.DataPoint.IsZero() && since <= toldFor
}

// toldSinceDone says whether it was read after the guided way was gone to its end.
func (k Known) toldSinceDone() bool {
	return k.told() && k.done() && k.Their.DataPoint.After(k.doneAt())
}

// pointBehind says whether the last data point is older than an update would have left it: that before
// the look, or without a known update two days before the look.
func (k Known) pointBehind() bool {
	if c := k.cycle(); c != nil && !c.End.IsZero() {
		return earlier(c.End, k.Their.ToldAt).Sub(k.Their.DataPoint) > behindBy
	}
	return k.Their.ToldAt.Sub(k.Their.DataPoint) > behindFor
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// doneAt is when the last of the steps that authorize was done there; zero while one is not.
func (k Known) doneAt() time.Time { return DoneAt(k.Their) }

// done says whether the guided way was gone to its end after the repair here, if there was one.
func (k Known) done() bool {
	return !k.doneAt().IsZero() && !k.consentOver() && !k.Repaired.After(k.doneAt())
}

// cycleSinceDone says whether an update began after the guided way and completed.
func (k Known) cycleSinceDone() bool {
	c := k.cycle()
	return c != nil && c.Result == integration.CycleCompleted && c.Start.After(k.doneAt())
}

// lookedSinceCycle says whether a person looked after an update that began after the guided way: what is
// behind then was not mended by it.
func (k Known) lookedSinceCycle() bool {
	return k.cycleSinceDone() && k.Their.ToldAt.After(k.cycle().End)
}

// consentOver says whether the consent there has come to its fixed end since it was given.
func (k Known) consentOver() bool {
	at := k.doneAt()
	if k.Lifetime <= 0 || at.IsZero() {
		return false
	}
	end := at.Add(k.Lifetime)
	return !k.Now.Before(end) && !k.Their.DataPoint.After(end)
}
