package integration

import "time"

// Status is what the list shows of an integration. It is never blank.
type Status string

// The statuses.
const (
	StatusConnected                      Status = "connected"
	StatusExpiresSoon                    Status = "expires_soon"
	StatusChecking                       Status = "checking"
	StatusRetrying                       Status = "retrying"
	StatusNeedsReauthorization           Status = "needs_reauthorization"
	StatusWaitingForAdmin                Status = "waiting_for_admin"
	StatusWaitingForCommerceIntelligence Status = "waiting_for_commerce_intelligence"
	StatusPaused                         Status = "paused"
	StatusUnknown                        Status = "unknown"
)

// Severity orders statuses from well (0) to worst; the tray shows the worst.
func (s Status) Severity() int {
	switch s {
	case StatusConnected, StatusPaused:
		return 0
	case StatusChecking:
		return 1
	case StatusUnknown, StatusExpiresSoon:
		return 2
	case StatusRetrying, StatusWaitingForCommerceIntelligence:
		return 3
	case StatusWaitingForAdmin:
		return 4
	case StatusNeedsReauthorization:
		return 5
	}
	return 2
}

// State is the last known truth about an integration, as the store keeps it.
type State struct {
	IntegrationID   string
	Status          Status
	Finding         Finding   // of the last check; the zero Finding before the first
	Evidence        Evidence  // of the last check
	CheckedAt       time.Time // zero: never checked
	SucceededAt     time.Time // zero: never worked
	DueAt           time.Time // when the next check is due; zero: no timer checks it (paused, latched)
	FailuresInARow  int
	SuccessesInARow int       // since the last failure
	RefusedInARow   int       // refusals without a documented meaning: see Evidence.Facts
	Latched         bool      // the credential was refused and must not be offered again by a timer
	Incident        *Incident // nil while nothing is wrong
	Patience        int       // findings in a row beyond the usual ones before an incident opens: learned, 0 to 3
	Rests           []Rest    // when notices rest; past ones are left out
	Asked           *Asked    // nil unless the owner of the account was asked for help
}

// StatusAt is the status to show at the given moment: one older than three intervals says nothing
// any more, unless a latch is what keeps the timer away.
func (s State) StatusAt(now time.Time, i Integration) Status {
	switch {
	case i.Paused:
		return StatusPaused
	case s.CheckedAt.IsZero():
		return StatusUnknown
	case !s.Latched && now.Sub(s.CheckedAt) > 3*i.Interval && now.After(s.DueAt.Add(i.Interval)):
		return StatusUnknown
	case s.Status == "":
		return StatusUnknown
	case s.Asked != nil && s.Finding.Verdict == VerdictFailing:
		return StatusWaitingForAdmin
	}
	return s.Status
}

// Incident is from the finding that opens it to the recovery.
type Incident struct {
	ID            string    `json:"id"`
	IntegrationID string    `json:"integration"`
	OpenedAt      time.Time `json:"opened_at"`
	ClosedAt      time.Time `json:"closed_at"` // zero while open
	Finding       Finding   `json:"finding"`   // that opened it
	Notified      bool      `json:"notified"`
	NotifiedAt    time.Time `json:"notified_at"` // zero: not told, or told before this was kept
	Ending        Ending    `json:"ending"`      // "" while open
	Theirs        bool      `json:"theirs"`      // about Commerce Intelligence's side, while ours is well
}

// AlertKind is what an outgoing alert tells.
type AlertKind string

// The kinds of alert.
const (
	AlertBroken    AlertKind = "broken"
	AlertRecovered AlertKind = "recovered" // withdraws the alert of the same incident
	AlertOffline   AlertKind = "offline"   // this computer, once for all integrations
	AlertOnline    AlertKind = "online"
	AlertExpires   AlertKind = "expires" // a grant ends soon; Finding.Args tells when
)

// Alert is something to tell the person, queued in the transaction that recorded its reason.
type Alert struct {
	ID            string    `json:"id"`
	Kind          AlertKind `json:"kind"`
	IncidentID    string    `json:"incident"`
	IntegrationID string    `json:"integration"`
	Name          string    `json:"name"`     // of the integration
	ProviderID    string    `json:"provider"` // of the integration, as the store reads it; "" where it is gone
	GrantID       string    `json:"grant"`    // likewise
	Finding       Finding   `json:"finding"`
	At            time.Time `json:"at"`
}

// Checked is all that one check leaves behind; the store records it in one transaction.
type Checked struct {
	State  State
	Alerts []Alert
	// Closed is the incident that this check ended, nil if none.
	Closed *Incident
	// Grant holds what the check learned about the grant, nil if nothing: Account, Resources, Scopes, UsedAt.
	Grant *Grant
}

// Settled says whether there is nothing left that somebody could be asked for.
func (c Checked) Settled() bool {
	return c.Closed != nil || c.State.Finding.Verdict == VerdictOK && c.State.Incident == nil
}

// Hour is one integration's checks within one hour that began at Start.
type Hour struct {
	Start   time.Time     `json:"start"`
	OK      int           `json:"ok"`
	Failing int           `json:"failing"`
	Unknown int           `json:"unknown"`
	Latency time.Duration `json:"latency"` // the sum over all checks
	Worst   Status        `json:"worst"`
}

// Change is a moment at which the finding of an integration became another one.
type Change struct {
	IntegrationID string    `json:"integration"`
	At            time.Time `json:"at"`
	Status        Status    `json:"status"`
	Finding       Finding   `json:"finding"`
}

// Act is one entry of the audit trail: what somebody, or Relink, did to an integration or grant.
type Act struct {
	At            time.Time         `json:"at"`
	IntegrationID string            `json:"integration"`
	GrantID       string            `json:"grant"`
	What          string            `json:"what"` // key act.WHAT: added, edited, removed, paused, resumed, reconnected, handed_out, disconnected …
	Args          map[string]string `json:"args,omitempty"`
	Actor         string            `json:"actor"`            // who: one of the Actor constants; the store fills in its own where empty
	Scopes        []string          `json:"scopes,omitempty"` // of the grant at that moment; the store fills them in
}

// The ways in which somebody acts.
const (
	ActorWindow = "window"
	ActorCLI    = "cli"
	ActorExec   = "exec"   // a program that relink exec started
	ActorTimer  = "relink" // nobody: what was begun before is carried on
)

// ActFilter says which acts are wanted.
type ActFilter struct {
	IntegrationID string    // "" for all …
	Name          string    // … or for those of this name, which may be gone
	Since         time.Time // zero: from the beginning
	Limit         int       // at most; newest first
}

// GrantCommit is a reauthorization's flip: the new grant row, guarded by the version that it replaces.
type GrantCommit struct {
	Grant       Grant // with the new Version
	FromVersion int
	Act         Act
}
