package integration

import "time"

// RestKind is why notices about an integration rest while its checks go on.
type RestKind string

// The kinds of rest.
const (
	RestMuted       RestKind = "muted"       // until somebody ends it, or until its end
	RestSnoozed     RestKind = "snoozed"     // until its end; what is broken then is told then
	RestMaintenance RestKind = "maintenance" // a window that was planned
)

// Rest is a time in which nothing is told about an integration. One of each kind is kept.
type Rest struct {
	Kind  RestKind  `json:"kind"`
	From  time.Time `json:"from"`
	Until time.Time `json:"until"` // zero: until somebody ends it
}

// At says whether the rest holds at the given moment.
func (r Rest) At(now time.Time) bool {
	return !now.Before(r.From) && (r.Until.IsZero() || now.Before(r.Until))
}

// RestAt is the rest that holds at the given moment, the longest one; nil for none.
func (s State) RestAt(now time.Time) *Rest {
	var longest *Rest
	for i, r := range s.Rests {
		if r.At(now) && (longest == nil || r.Until.IsZero() || !longest.Until.IsZero() && r.Until.After(longest.Until)) {
			longest = &s.Rests[i]
		}
	}
	return longest
}

// Asked tells that the owner of an account was asked for help about a broken integration.
type Asked struct {
	Whom       string    `json:"whom"` // as typed; "" for nobody by name
	Since      time.Time `json:"since"`
	RemindedAt time.Time `json:"reminded_at"` // the last reminder; zero: none yet
	Reminders  int       `json:"reminders"`
}

// How often whoever asked is reminded, and how many times at most.
const (
	RemindAskedEvery = 24 * time.Hour
	RemindAskedMost  = 5
)

// ReminderDue says whether it is time to remind of what was asked for.
func (a Asked) ReminderDue(now time.Time) bool {
	last := a.Since
	if a.RemindedAt.After(last) {
		last = a.RemindedAt
	}
	return a.Reminders < RemindAskedMost && now.Sub(last) >= RemindAskedEvery
}

// RuleAsked is the rule of an alert that reminds of what was asked for; Args tell whom and sinceAt.
const RuleAsked = "asked"

// Ending is how an incident came to its end.
type Ending string

// The endings. The zero value is that of an open incident, and of one that ended before this was kept.
const (
	EndingRepaired  Ending = "repaired"  // somebody did something about it
	EndingTemporary Ending = "temporary" // the same grant works again, and nobody had done anything
)

// UsualConfirmations is how many findings in a row open an incident where one alone does not.
// MostConfirmations is how many it takes where trouble passed by itself before.
const (
	UsualConfirmations = 3
	MostConfirmations  = 6
)
