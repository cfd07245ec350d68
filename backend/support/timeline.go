package support

import (
	"slices"
	"time"

	"relink/backend/integration"
)

// Kind is what an entry of a timeline tells of.
type Kind string

// The kinds of entry.
const (
	KindSeen   Kind = "seen"   // a check found something else than the one before
	KindTried  Kind = "tried"  // somebody did something
	KindOpened Kind = "opened" // the incident began
	KindTold   Kind = "told"   // the person was told
	KindEnded  Kind = "ended"  // the incident ended
)

// order is that of entries of one moment: what is seen opens an incident, which is then told.
func (k Kind) order() int {
	return slices.Index([]Kind{KindTried, KindSeen, KindOpened, KindTold, KindEnded}, k)
}

// Moment is one entry of a timeline.
type Moment struct {
	At     time.Time
	Kind   Kind
	Who    string             // integration.Actor… of what was tried
	Status integration.Status // of what was seen
	Text   integration.Text
}

// before is how much of what led to an incident its timeline tells: the findings that were counted
// until it opened.
const before = time.Hour

// Timeline is the story of one incident, oldest first: what was seen, what was tried by whom, what
// changed. Changes and acts may be longer than it; values are those of a finding's sentences.
func Timeline(n integration.Incident, changes []integration.Change, acts []integration.Act, values func(integration.Finding) map[string]string) []Moment {
	within := func(at time.Time) bool {
		return !at.Before(n.OpenedAt.Add(-before)) && (n.ClosedAt.IsZero() || !at.After(n.ClosedAt))
	}
	changes = slices.DeleteFunc(slices.Clone(changes), func(c integration.Change) bool { return !within(c.At) })
	acts = slices.DeleteFunc(slices.Clone(acts), func(a integration.Act) bool { return !within(a.At) })
	return Story(changes, acts, []integration.Incident{n}, values)
}

// Story is everything that happened, oldest first.
func Story(changes []integration.Change, acts []integration.Act, incidents []integration.Incident, values func(integration.Finding) map[string]string) []Moment {
	var all []Moment
	for _, c := range changes {
		all = append(all, Moment{
			At: c.At, Kind: KindSeen, Status: c.Status,
			Text: integration.Text{Key: "finding." + c.Finding.Rule + ".what", Args: values(c.Finding)},
		})
	}
	for _, a := range acts {
		all = append(all, Moment{At: a.At, Kind: KindTried, Who: a.Actor, Text: integration.Text{Key: "act." + a.What, Args: a.Args}})
	}
	for _, n := range incidents {
		opened := integration.Text{Key: "incident.opened"}
		if n.Theirs { // no check of ours saw it
			opened = integration.Text{Key: "theirs.rule." + n.Finding.Rule, Args: values(n.Finding)}
		}
		all = append(all, Moment{At: n.OpenedAt, Kind: KindOpened, Text: opened})
		if !n.NotifiedAt.IsZero() {
			all = append(all, Moment{At: n.NotifiedAt, Kind: KindTold, Text: integration.Text{Key: "incident.told"}})
		}
		if !n.ClosedAt.IsZero() {
			all = append(all, Moment{At: n.ClosedAt, Kind: KindEnded, Text: integration.Text{Key: endingKey(n.Ending)}})
		}
	}
	slices.SortStableFunc(all, func(a, b Moment) int {
		if c := a.At.Compare(b.At); c != 0 {
			return c
		}
		return a.Kind.order() - b.Kind.order()
	})
	return all
}

func endingKey(e integration.Ending) string {
	if e == integration.EndingTemporary {
		return "incident.ended_by_itself"
	}
	return "incident.ended"
}
