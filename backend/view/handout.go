package view

import "relink/backend/integration"

// Whoami is who a grant acts as, and for how long.
type Whoami struct {
	Name            string   `json:"name"`
	Provider        string   `json:"provider"`
	ProviderName    string   `json:"providerName"`
	Method          string   `json:"method"`
	AccountID       string   `json:"accountId"`
	Account         string   `json:"account"`
	Scopes          []string `json:"scopes"`
	Status          string   `json:"status"`
	ObtainedAt      string   `json:"obtainedAt"`
	RenewedAt       string   `json:"renewedAt"`
	AccessExpiresAt string   `json:"accessExpiresAt"` // of the access token, which Relink renews
	ExpiresAt       string   `json:"expiresAt"`       // of the grant: after it a person is needed
	DisconnectedAt  string   `json:"disconnectedAt"`
	CheckedAt       string   `json:"checkedAt"` // the last time that this was seen to be true
	SharedWith      []string `json:"sharedWith"`
}

// DisconnectPlan is what disconnecting an integration would do; nothing is done yet.
type DisconnectPlan struct {
	Name     string   `json:"name"`
	Provider string   `json:"provider"` // its name
	Account  string   `json:"account"`
	Shared   []string `json:"shared"` // names of other integrations on the same grant: they end with it
	Kin      []string `json:"kin"`    // names of those with other grants of the same account and OAuth client: some providers end them too
	Told     bool     `json:"told"`   // the provider has an endpoint to be told at (RFC 7009)
	Page     string   `json:"page"`   // where a person ends the login at the provider; "" where none is known
}

// Disconnected is what became of a grant that was given back.
type Disconnected struct {
	Ending  string `json:"ending"` // revoked, pending, refused, untold
	Text    Text   `json:"text"`
	Page    string `json:"page"` // where a person ends the login at the provider; "" where nothing is left to do
	Link    string `json:"link"` // which of the provider's links that is: revoke or keys
	Removed bool   `json:"removed"`
}

// ActivityQuery says which acts are wanted.
type ActivityQuery struct {
	Integration string `json:"integration"` // id; "" for all
	Since       string `json:"since"`       // RFC 3339; "" from the beginning
	Limit       int    `json:"limit"`       // 0: 100
}

// Activity is the audit trail, and what providers are still to be told.
type Activity struct {
	Acts    []Act        `json:"acts"` // newest first
	More    bool         `json:"more"` // there are older ones
	Pending []Revocation `json:"pending"`
}

// Revocation is a grant that was given back here and whose provider does not know yet.
type Revocation struct {
	Name     string `json:"name"` // of the integration
	Provider string `json:"provider"`
	Account  string `json:"account"`
	Since    string `json:"since"`
	NextAt   string `json:"nextAt"`
	Tries    int    `json:"tries"`
	Reason   Text   `json:"reason"` // why the last try did not do; key "" before the first
	Page     string `json:"page"`   // where a person can end the login instead
}

// Calendar is when people will be needed.
type Calendar struct {
	Entries []End  `json:"entries"` // the next one first
	Endless int    `json:"endless"` // grants in use whose end is not known, or that have none
	At      string `json:"at"`
}

// End is the known end of one grant, or of the consent that Commerce Intelligence keeps for itself.
type End struct {
	Kind         string   `json:"kind"` // grant, commerce_intelligence
	At           string   `json:"at"`
	Grant        string   `json:"grant"`        // id
	Integrations []string `json:"integrations"` // ids of those that use it
	Names        []string `json:"names"`        // theirs, in the same order
	ProviderName string   `json:"providerName"`
	Account      string   `json:"account"`
	Status       string   `json:"status"` // of the first integration
	Repair       string   `json:"repair"` // reconnect or update_credentials
}

// EndRepair is the step that replaces a grant of the given method, for a button's label.
func EndRepair(m integration.Method) string { return string(repair(m)) }
