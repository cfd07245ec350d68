package view

import (
	"time"

	"relink/backend/integration"
)

// Cycle is the last update of one account of Commerce Intelligence: the strip above the list.
type Cycle struct {
	Integration string `json:"integration"` // of the account
	Name        string `json:"name"`
	Result      string `json:"result"` // integration.CycleResult; "" where it was never told
	State       string `json:"state"`  // in the service's own words
	EndedAt     string `json:"endedAt"`
	Told        string `json:"told"` // the end on the account's own clock, with the abbreviation of its zone
	AskedAt     string `json:"askedAt"`
	Late        bool   `json:"late"`
	Status      string `json:"status"` // of the account's integration: whether it can be asked
	Text        Text   `json:"text"`   // all of it in a sentence
}

// CycleOf makes the strip of one account.
func CycleOf(row Row, seen *integration.CycleSeen, now time.Time) Cycle {
	c := Cycle{Integration: row.ID, Name: row.Name, Status: row.Status}
	if seen != nil {
		c.Result, c.State, c.EndedAt, c.AskedAt = string(seen.Cycle.Result), seen.Cycle.State, Stamp(seen.Cycle.End), Stamp(seen.AskedAt)
		c.Late = seen.Cycle.Late(now)
		if seen.Cycle.Told != "" {
			c.Told = seen.Cycle.Told + " " + seen.Cycle.Zone
		}
	}
	c.Text = Text{Key: "cycle." + c.sentence(), Args: map[string]string{"cycleAt": c.EndedAt, "told": c.Told, "cycleState": c.State}}
	return c
}

// sentence is the key of the strip's sentence.
func (c Cycle) sentence() string {
	switch {
	case c.Result == "":
		return "never_told"
	case c.Result == string(integration.CycleNone):
		return "none"
	case c.EndedAt == "":
		return "no_age"
	case c.Late:
		return "late"
	}
	return "ended"
}

// TheirSide is an integration as it stands inside Commerce Intelligence, and the guided way there.
type TheirSide struct {
	On          bool        `json:"on"`
	Switch      string      `json:"switch"` // "", on, off
	Ours        string      `json:"ours"`   // status of our side
	Status      string      `json:"status"` // connected, waiting_for_commerce_intelligence, unknown
	Rule        string      `json:"rule"`
	Next        string      `json:"next"` // commerce.Next
	Behind      bool        `json:"behind"`
	What        Text        `json:"what"`
	Do          Text        `json:"do"`
	Name        string      `json:"name"`   // of the kind, as their page calls it
	Button      string      `json:"button"` // its exact words
	Unconfirmed bool        `json:"unconfirmed"`
	Steps       []TheirStep `json:"steps"`
	Resources   []Resource  `json:"resources"` // to be ticked again
	DataPoint   string      `json:"dataPoint"`
	ToldAt      string      `json:"toldAt"`
	EndsAt      string      `json:"endsAt"` // of the consent there, where it has a fixed end and the way was gone
	Keys        *TheirKeys  `json:"keys"`   // nil where no SSH bastion is on the way
	Account     string      `json:"account"`
	Accounts    []Choice    `json:"accounts"`
}

// TheirStep is one step of the guided way.
type TheirStep struct {
	ID     string     `json:"id"`
	Text   Text       `json:"text"`
	Again  *Localized `json:"again"` // the catalog's words on what is ticked or entered again
	DoneAt string     `json:"doneAt"`
}

// TheirKeys is where a person stands with the SSH host keys there.
type TheirKeys struct {
	State   string `json:"state"` // commerce.KeyState
	Text    Text   `json:"text"`
	Attempt int    `json:"attempt"`
	Of      int    `json:"of"`
	Until   string `json:"until"`
}

// Choice is one of several, by its id.
type Choice struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Told is what a person says of the other side; "" means as it is.
type Told struct {
	Switch    string `json:"switch"` // on, off, auto
	Account   string `json:"account"`
	DataPoint string `json:"dataPoint"`
	Done      string `json:"done"`
	Undone    string `json:"undone"`
	Keys      string `json:"keys"`
}
