package integration

import "time"

// CycleResult is how an update cycle of Commerce Intelligence ended.
type CycleResult string

// The results. CycleNone is an account whose warehouse was never updated, CycleUnclear an end in words
// that are not documented.
const (
	CycleCompleted CycleResult = "completed"
	CycleFailed    CycleResult = "failed"
	CycleUnclear   CycleResult = "unclear"
	CycleNone      CycleResult = "none"
)

// Cycle is the last update cycle that Commerce Intelligence completed for one of its accounts, as its
// Update Cycle Status API tells it. Start and End are zero where its time zone is not known.
type Cycle struct {
	Job    int64       `json:"job,omitempty"`
	Kind   string      `json:"kind,omitempty"`  // in its own words: Full Update
	State  string      `json:"state,omitempty"` // in its own words: Completed Successfully
	Result CycleResult `json:"result"`
	Start  time.Time   `json:"start,omitzero"`
	End    time.Time   `json:"end,omitzero"`
	Told   string      `json:"told,omitempty"` // the end as it was told, on the account's own clock
	Zone   string      `json:"zone,omitempty"` // the abbreviation that it names: EST
}

// CycleLate is the age of the last update from which on it is late: a daily one was missed. The
// interval of an account's updates is published nowhere.
const CycleLate = 36 * time.Hour

// Late says whether the last update is older than CycleLate.
func (c Cycle) Late(now time.Time) bool { return !c.End.IsZero() && now.Sub(c.End) > CycleLate }

// CycleSeen is the last cycle of an account, and when and from which address it was asked for.
type CycleSeen struct {
	IntegrationID string // of the account
	Cycle         Cycle
	AskedAt       time.Time
	Address       string // this computer's public one, "" where it is not known
}

// The positions of the switch that says whether an integration also lives in Commerce Intelligence.
// SwitchAuto is on where an account of Commerce Intelligence is among the integrations.
const (
	SwitchAuto = ""
	SwitchOn   = "on"
	SwitchOff  = "off"
)

// Their is what a person told of the integration of the same kind inside Commerce Intelligence, and how
// far they came in authorizing it there. The zero value is nothing told.
type Their struct {
	IntegrationID string
	Switch        string               // one of the Switch constants
	Account       string               // the integration that is its account; "" for the only one
	DataPoint     time.Time            // "Last Data Point Received", as read from the page there
	ToldAt        time.Time            // when it was read
	Steps         map[string]time.Time // of the guided way, when each was done
	Keys          KeyRefresh
}

// TheirTurn is what a look at the other side of an integration leaves behind; the store records it in one
// transaction. An incident with ClosedAt ends; one with Dropped goes, as if it had not been.
type TheirTurn struct {
	Incident Incident
	Dropped  bool
	Alert    Alert
}

// KeyRefresh is what was done about the SSH host keys that Commerce Intelligence keeps for a database.
type KeyRefresh struct {
	Refreshes []time.Time `json:"refreshes,omitempty"` // of the current try
	TestedAt  time.Time   `json:"tested_at,omitzero"`  // Save & Test there
	Passed    bool        `json:"passed,omitempty"`
}
