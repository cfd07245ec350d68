package integration

import "time"

// Revocation is a grant that a person gave back and that its provider was not told of yet
// (RFC 7009). What is to be revoked lies in the vault under VaultKey until then.
type Revocation struct {
	ID            string            `json:"id"`
	GrantID       string            `json:"grant"`
	Version       int               `json:"version"` // of the vault's entry
	ProviderID    string            `json:"provider"`
	Method        Method            `json:"method"`
	Settings      map[string]string `json:"settings"` // that the provider's addresses are made from
	Public        map[string]string `json:"public"`   // the credential's parts that are no secret
	Account       string            `json:"account"`  // for people
	IntegrationID string            `json:"integration"`
	Name          string            `json:"name"` // of the integration through which it was given back
	BegunAt       time.Time         `json:"begun_at"`
	DueAt         time.Time         `json:"due_at"` // the next try
	Tries         int               `json:"tries"`
	Reason        string            `json:"reason"` // why the last try did not do; "" before the first
}

// VaultKey is where the vault keeps what is to be revoked.
func (r Revocation) VaultKey() string { return VaultKey(r.GrantID, r.Version) }

// Disconnection is a grant's end by the person's own will, as the store records it in one transaction.
type Disconnection struct {
	Grant       Grant       // with its new Version, DisconnectedAt set
	FromVersion int         // guards the row
	Pending     *Revocation // nil when the provider has nothing to be told, or nothing is left to tell
	Act         Act
}

// Reminder is word that a grant ends soon, for one of the steps before its end.
type Reminder struct {
	GrantID string
	EndsAt  time.Time
	Days    int
	Alert   Alert
}

// EndTold is a step before the end of a grant that a channel was told of.
type EndTold struct {
	ChannelID string
	GrantID   string
	EndsAt    time.Time
	Days      int
	ToldAt    time.Time
}

// EndID is what the alerts about a grant's end have in place of an incident.
func EndID(grantID string) string { return "end_" + grantID }
