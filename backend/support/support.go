// Package support answers what may be told about a broken integration to somebody who does not sit at
// this computer: the bundle for a support ticket, and the card for whoever owns the account.
//
// # Why
// Both leave the house, so both are types of named fields that no secret could be put in: what is not
// listed here is not told. Taking secrets out of a text that was made for something else fails with the
// first form that nobody thought of.
package support

import (
	"time"

	"relink/backend/integration"
)

// TicketPage is where Adobe takes support tickets about Commerce Intelligence, and TicketHost its host. The
// Experience League Support User Guide for Adobe Commerce (experienceleague.adobe.com/en/docs/
// commerce-knowledge-base/kb/help-center-guide/magento-help-center-user-guide) has cases of all Commerce products,
// Commerce Intelligence by name, submitted from Experience League's start page; this is the address at which Adobe's
// documentation of Commerce links "support request" (release notes of Adobe Commerce as a Cloud Service, "Request
// entity creation limit change").
const (
	TicketPage = "https://experienceleague.adobe.com/home?support-tab=home#support"
	TicketHost = "experienceleague.adobe.com"
)

// When a ticket is offered by itself: after so many repairs without a change, or when an incident is this old.
const (
	TriesBeforeTicket = 2
	AgeBeforeTicket   = 24 * time.Hour
)

// Facts are what a bundle is made from. A bundle takes of them what its fields name.
type Facts struct {
	Integration  integration.Integration
	Grant        integration.Grant
	State        integration.State
	ProviderName string
	Changes      []integration.Change // newest first
	Acts         []integration.Act    // newest first
	Incidents    []integration.Incident
	Relink       string // its version
	System       string // operating system and processor
	Now          time.Time
	Personal     bool         // e-mail addresses, shop domains and account names are told as they are
	UpdateCycle  *UpdateCycle // of Commerce Intelligence; nil where it is not known
	Values       func(integration.Finding) map[string]string
}

// UpdateCycle is what Commerce Intelligence says of its last update.
type UpdateCycle struct {
	State       string    `json:"state"` // in its own word
	CompletedAt time.Time `json:"completed_at"`
	AskedAt     time.Time `json:"asked_at"`
}

// Bundle goes with a support ticket. Every field is of a kind that holds no secret: moments, words of
// closed lists, numbers, codes of a narrow shape, and names that a person chose.
type Bundle struct {
	MadeAt      time.Time `json:"made_at"`
	Relink      string    `json:"relink"`
	System      string    `json:"system"`
	Integration string    `json:"integration"`
	Provider    string    `json:"provider"`
	Method      string    `json:"method"`

	Status     integration.Status `json:"status"`
	Cause      integration.Cause  `json:"cause"`
	Rule       string             `json:"rule"`
	Stage      integration.Stage  `json:"stage"`
	HTTPStatus int                `json:"http_status,omitempty"`
	OAuthError string             `json:"oauth_error,omitempty"`
	VendorCode string             `json:"vendor_code,omitempty"`

	CheckedAt   time.Time `json:"checked_at,omitzero"`
	SucceededAt time.Time `json:"succeeded_at,omitzero"`
	BrokenSince time.Time `json:"broken_since,omitzero"`
	GrantedAt   time.Time `json:"granted_at,omitzero"`
	RenewedAt   time.Time `json:"renewed_at,omitzero"`
	UsedAt      time.Time `json:"used_at,omitzero"`
	ExpiresAt   time.Time `json:"expires_at,omitzero"`

	HostKeys    HostKeys     `json:"host_keys"`
	Tests       []Test       `json:"tests"` // newest first
	Timeline    []Entry      `json:"timeline"`
	UpdateCycle *UpdateCycle `json:"update_cycle,omitempty"`
}

// HostKeys says whether the host keys of a bastion changed.
type HostKeys string

// What can be said of host keys.
const (
	HostKeysNone    HostKeys = "none" // there is no bastion
	HostKeysSame    HostKeys = "same"
	HostKeysChanged HostKeys = "changed"
)

// Test is a check whose outcome differed from the one before.
type Test struct {
	At     time.Time          `json:"at"`
	Status integration.Status `json:"status"`
	Rule   string             `json:"rule"`
	Cause  integration.Cause  `json:"cause,omitempty"`
}

// Entry is one line of the timeline.
type Entry struct {
	At   time.Time        `json:"at"`
	Kind Kind             `json:"kind"`
	Who  string           `json:"who,omitempty"` // integration.Actor…; "" for what was seen
	Text integration.Text `json:"text"`
}

// testsTold is how many tests a bundle tells of, and entriesTold how many lines its timeline has.
const (
	testsTold   = 12
	entriesTold = 60
)

// NewBundle takes of the facts what a bundle tells.
func NewBundle(f Facts) Bundle {
	v := veil{salt: f.Integration.ID, open: f.Personal}
	e := f.State.Evidence
	b := Bundle{
		MadeAt: f.Now.UTC(), Relink: clean(f.Relink), System: clean(f.System),
		Integration: v.name(f.Integration.Name), Provider: clean(f.ProviderName), Method: string(f.Grant.Method),
		Status: f.State.StatusAt(f.Now, f.Integration), Cause: f.State.Finding.Cause, Rule: f.State.Finding.Rule, Stage: e.Stage,
		HTTPStatus: e.HTTPStatus, OAuthError: code(e.OAuthError), VendorCode: code(e.VendorCode),
		CheckedAt: f.State.CheckedAt, SucceededAt: f.State.SucceededAt, GrantedAt: f.Grant.ObtainedAt, RenewedAt: f.Grant.RenewedAt,
		UsedAt: f.Grant.UsedAt, ExpiresAt: f.Grant.ExpiresAt, HostKeys: hostKeys(f), Tests: []Test{}, Timeline: []Entry{},
	}
	if f.State.Incident != nil {
		b.BrokenSince = f.State.Incident.OpenedAt
	}
	for _, c := range f.Changes[:min(len(f.Changes), testsTold)] {
		b.Tests = append(b.Tests, Test{At: c.At, Status: c.Status, Rule: c.Finding.Rule, Cause: c.Finding.Cause})
	}
	story := Story(f.Changes, f.Acts, f.Incidents, f.Values)
	for _, m := range story[max(0, len(story)-entriesTold):] {
		b.Timeline = append(b.Timeline, Entry{At: m.At, Kind: m.Kind, Who: m.Who, Text: v.text(m.Text)})
	}
	if u := f.UpdateCycle; u != nil {
		b.UpdateCycle = &UpdateCycle{State: code(u.State), CompletedAt: u.CompletedAt, AskedAt: u.AskedAt}
	}
	return b
}

// hostKeys looks at the last check and at the changes before it.
func hostKeys(f Facts) HostKeys {
	changed := f.State.Evidence.Tunnel != nil && f.State.Evidence.Tunnel.Problem == integration.TunnelKeyChanged
	for _, c := range f.Changes {
		changed = changed || c.Finding.Next == integration.NextRefreshHostKeys
	}
	switch {
	case changed:
		return HostKeysChanged
	case f.Integration.HostKeys == "" && f.State.Evidence.Tunnel == nil:
		return HostKeysNone
	}
	return HostKeysSame
}

// Offered says whether a ticket is worth offering by itself: the open incident is old, or
// repairs did not end it. n is nil for none.
func Offered(n *integration.Incident, acts []integration.Act, now time.Time) bool {
	if n == nil {
		return false
	}
	tries := 0
	for _, a := range acts {
		if a.What == "not_reconnected" && a.Args["result"] != string(integration.ResultCancelled) && !a.At.Before(n.OpenedAt) {
			tries++
		}
	}
	return tries >= TriesBeforeTicket || now.Sub(n.OpenedAt) >= AgeBeforeTicket
}
