package integration

import (
	"maps"
	"time"
)

// Method is how a grant is obtained.
type Method string

// The methods of obtaining a grant.
const (
	MethodOAuth2Code              Method = "oauth2_code"
	MethodOAuth2Device            Method = "oauth2_device"
	MethodOAuth2ClientCredentials Method = "oauth2_client_credentials"
	MethodServiceAccount          Method = "service_account"
	MethodOAuth1                  Method = "oauth1"
	MethodAPIKey                  Method = "api_key"
	MethodBasic                   Method = "basic"
	MethodDatabaseLogin           Method = "database_login"
	MethodLoginToken              Method = "login_token" // a user's name and password, traded for a token that ends soon
)

// Account is who a grant acts as, at the provider. ID is stable there; Name is for people.
type Account struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Resource is one thing that a grant can see: a property, an ad account, a shop, a database.
type Resource struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Missing are the resources of before that are not among those of now. An empty list of now says
// nothing: the provider lists none, or did not tell.
func Missing(before, now []Resource) []Resource {
	if len(now) == 0 {
		return nil
	}
	seen := make(map[string]bool, len(now))
	for _, r := range now {
		seen[r.ID] = true
	}
	var missing []Resource
	for _, r := range before {
		if !seen[r.ID] {
			missing = append(missing, r)
		}
	}
	return missing
}

// Grant is what was authorized, by whom, with which scopes and until when. Its secrets lie in the
// vault under VaultKey; a zero time means that the moment is not known.
type Grant struct {
	ID              string            `json:"id"`
	ProviderID      string            `json:"provider"`
	Method          Method            `json:"method"`
	Account         Account           `json:"account"`
	Scopes          []string          `json:"scopes"`            // granted, as the provider stated them, or as requested (RFC 6749 section 3.3)
	Resources       []Resource        `json:"resources"`         // seen by the last proof
	Public          map[string]string `json:"public"`            // the credential's parts that are no secret: client_id, username
	Version         int               `json:"version"`           // of the secret in the vault; 1 is the first
	ObtainedAt      time.Time         `json:"obtained_at"`       // when a person authorized it
	AccessExpiresAt time.Time         `json:"access_expires_at"` // of the access token
	ExpiresAt       time.Time         `json:"expires_at"`        // of the grant as a whole: after it a person is needed
	RenewedAt       time.Time         `json:"renewed_at"`        // the last renewal that was stored
	UsedAt          time.Time         `json:"used_at"`           // the last request that it passed
	DisconnectedAt  time.Time         `json:"disconnected_at"`   // when a person gave it back; zero while it is in use
	Others          map[string]Sight  `json:"others,omitempty"`  // what the other providers that share it make of it, by their ids
	Renewal         *Renewal          `json:"renewal,omitempty"` // one that was begun and did not end; nil where none is
}

// Sight is what one provider makes of a grant: its own id of the account, and what can be seen there.
// Providers of one family name the same account by ids of their own.
type Sight struct {
	Account   Account    `json:"account"`
	Resources []Resource `json:"resources"`
}

// As is the grant as a provider sees it: Account and Resources are that provider's, and zero where it
// has not seen the grant yet.
func (g Grant) As(providerID string) Grant {
	if providerID != g.ProviderID {
		seen := g.Others[providerID]
		g.Account, g.Resources = seen.Account, seen.Resources
	}
	return g
}

// Seen is the grant with what a provider makes of it.
func (g Grant) Seen(providerID string, s Sight) Grant {
	if providerID == g.ProviderID {
		g.Account, g.Resources = s.Account, s.Resources
		return g
	}
	others := map[string]Sight{providerID: s}
	for id, other := range g.Others {
		if id != providerID {
			others[id] = other
		}
	}
	g.Others = others
	return g
}

// Renewal is the journal's entry about a renewal: it is there from the moment before the refresh
// token is sent until the answer is stored.
type Renewal struct {
	Version     int       `json:"version"`            // of the grant whose refresh token is sent
	Fingerprint string    `json:"fingerprint"`        // of that token: it must not be sent again by mistake
	StartedAt   time.Time `json:"started_at"`         // when it was sent
	Repeated    bool      `json:"repeated,omitempty"` // sent once more, which a provider's grace allows
	Lost        bool      `json:"lost,omitempty"`     // whether a new token was made cannot be known, and nothing may be sent any more
}

// secondFactor is the public part that tells of a sign-in which wanted a one-time code too.
const secondFactor = "second_factor"

// WithSecondFactor is the grant's public parts with the note whether its sign-in wanted a one-time code.
func WithSecondFactor(public map[string]string, wanted bool) map[string]string {
	noted := maps.Clone(public)
	delete(noted, secondFactor)
	if wanted {
		if noted == nil {
			noted = map[string]string{}
		}
		noted[secondFactor] = "code"
	}
	return noted
}

// NeedsSecondFactor says whether each sign-in wants a one-time code, so that only a person can renew the grant.
func (g Grant) NeedsSecondFactor() bool { return g.Public[secondFactor] != "" }

// RenewalLost says whether a renewal was interrupted so that nothing can renew the grant again.
func (g Grant) RenewalLost() bool { return g.Renewal != nil && g.Renewal.Lost }

// VaultKey is the name under which the vault keeps the secret of this version of the grant.
func (g Grant) VaultKey() string { return VaultKey(g.ID, g.Version) }
