package view

import (
	"slices"
	"time"

	"relink/backend/integration"
)

// Incidents is the Incidents page: what is broken now, grouped by cause, and what was before.
type Incidents struct {
	Open    []IncidentGroup `json:"open"` // the oldest first
	Past    []Incident      `json:"past"` // newest first
	Repairs Repairs         `json:"repairs"`
	Since   string          `json:"since"`
	At      string          `json:"at"`
}

// IncidentGroup is one cause and the open incidents that it made.
type IncidentGroup struct {
	Bond      string     `json:"bond"`  // monitor.Bond; "" for one that stands alone
	Title     Text       `json:"title"` // what they have in common
	Incidents []Incident `json:"incidents"`
}

// Incident is from the finding that opened it to the recovery.
type Incident struct {
	ID          string `json:"id"`
	Integration string `json:"integration"`
	Name        string `json:"name"`
	Provider    string `json:"provider"` // its name
	Status      string `json:"status"`   // now
	Cause       string `json:"cause"`
	What        Text   `json:"what"`
	OpenedAt    string `json:"openedAt"`
	ClosedAt    string `json:"closedAt"`   // "" while open
	DurationMS  int64  `json:"durationMs"` // until now while open
	Ending      string `json:"ending"`     // repaired, temporary; "" while open or not recorded
	Rest        *Rest  `json:"rest"`       // nil while notices are shown
	Asked       *Asked `json:"asked"`      // nil unless the owner was asked for help
}

// Moment is one entry of an incident's timeline.
type Moment struct {
	At     string `json:"at"`
	Kind   string `json:"kind"`   // support.Kind
	Who    string `json:"who"`    // as of Act.Actor; of what was tried
	Status string `json:"status"` // of what was seen
	Text   Text   `json:"text"`
}

// Repairs tell how long it took until past incidents ended.
type Repairs struct {
	Count     int   `json:"count"`
	Temporary int   `json:"temporary"` // that ended by themselves; not counted in the times
	MedianMS  int64 `json:"medianMs"`
	LongestMS int64 `json:"longestMs"`
}

// Rest is a time in which notices about an integration rest.
type Rest struct {
	Kind    string `json:"kind"` // integration.RestKind
	FromAt  string `json:"fromAt"`
	UntilAt string `json:"untilAt"` // "": until somebody ends it
}

// Asked tells who was asked for help, and when.
type Asked struct {
	Whom  string `json:"whom"` // "" for nobody by name
	Since string `json:"since"`
}

// CardRequest says which card is wanted.
type CardRequest struct {
	ID     string `json:"id"`
	Lang   string `json:"lang"` // "": the language in use
	To     string `json:"to"`
	Format string `json:"format"` // text, html, pdf
}

// Card is the page for whoever owns an account, as it is previewed.
type Card struct {
	Title string     `json:"title"`
	Lines []CardLine `json:"lines"`
	Text  string     `json:"text"`
}

// CardLine is one line of the card.
type CardLine struct {
	Kind string `json:"kind"` // heading, text, step, box, link
	Text string `json:"text"`
	Note string `json:"note"`
}

// Support is the text that goes with a support ticket, as it is previewed.
type Support struct {
	Text string `json:"text"`
	Page string `json:"page"` // where tickets are written
}

// RestOf copies a rest; nil for none.
func RestOf(r *integration.Rest) *Rest {
	if r == nil {
		return nil
	}
	return &Rest{Kind: string(r.Kind), FromAt: Stamp(r.From), UntilAt: Stamp(r.Until)}
}

// AskedOf copies who was asked for help; nil for nobody.
func AskedOf(a *integration.Asked) *Asked {
	if a == nil {
		return nil
	}
	return &Asked{Whom: a.Whom, Since: Stamp(a.Since)}
}

// IncidentOf copies an incident of the source's integration. While it is open, what the last check
// found is told, as the incident may have begun with something else.
func IncidentOf(n integration.Incident, s Source) Incident {
	finding, end := n.Finding, n.ClosedAt
	if end.IsZero() {
		end = s.Now
		if s.State.Finding.Verdict == integration.VerdictFailing && !n.Theirs {
			finding = s.State.Finding
		}
	}
	v := Incident{
		ID: n.ID, Integration: s.Integration.ID, Name: s.Integration.Name, Provider: s.ProviderName,
		Status: string(s.State.StatusAt(s.Now, s.Integration)), Cause: string(finding.Cause), OpenedAt: Stamp(n.OpenedAt), ClosedAt: Stamp(n.ClosedAt),
		DurationMS: max(end.Sub(n.OpenedAt).Milliseconds(), 0), Ending: string(n.Ending),
	}
	if f := FindingOf(finding, s); f != nil {
		v.What = f.What
	}
	if n.Theirs {
		v.Status, v.What.Key = string(finding.Status), "theirs.rule."+finding.Rule
	}
	if n.ClosedAt.IsZero() {
		v.Rest = RestOf(s.State.RestAt(s.Now))
		if !n.Theirs {
			v.Asked = AskedOf(s.State.Asked)
		}
	}
	return v
}

// RepairsOf are the times to repair of past incidents. One that ended by itself was not repaired.
func RepairsOf(past []Incident) Repairs {
	r := Repairs{Count: len(past)}
	var took []int64
	for _, n := range past {
		if n.Ending == string(integration.EndingTemporary) {
			r.Temporary++
			continue
		}
		took = append(took, n.DurationMS)
	}
	if len(took) == 0 {
		return r
	}
	slices.Sort(took)
	r.MedianMS, r.LongestMS = (took[(len(took)-1)/2]+took[len(took)/2])/2, took[len(took)-1]
	return r
}

// Span is a length of time in the whole units that a person would use.
func Span(d time.Duration) (key string, count int) {
	switch {
	case d >= 48*time.Hour:
		return "span.days", int(d / (24 * time.Hour))
	case d >= 2*time.Hour:
		return "span.hours", int(d / time.Hour)
	}
	if d < time.Minute {
		return "span.moment", 0
	}
	return "span.minutes", int(d / time.Minute)
}
