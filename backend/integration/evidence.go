package integration

import "time"

// Stage is how far a check came before it stopped.
type Stage string

// The stages of a check, in their order.
const (
	StageKeychain   Stage = "keychain"
	StageDNS        Stage = "dns"
	StageTCP        Stage = "tcp"
	StageSSHKey     Stage = "ssh-key" // the bastion must prove to be the enrolled one, before anything is offered to it
	StageSSH        Stage = "ssh"     // the sign-in to the bastion
	StageForward    Stage = "forward" // the bastion opens the way to the database
	StageTLS        Stage = "tls"
	StageSignIn     Stage = "sign-in"    // a credential was offered: renewal at the token endpoint, a login, an API's 401
	StageDatabase   Stage = "database"   // signed in, and the database is looked for
	StagePermission Stage = "permission" // known, but not allowed
	StageRequest    Stage = "request"    // allowed, but the answer was not the proof
	StageReadOnly   Stage = "read-only"  // of a database: whether the login could change something; it warns and never fails
	StageReplica    Stage = "replica"    // of a database: how far a replica lags; likewise
	StageDone       Stage = "done"       // the probe's proof was seen
)

// Party is who gave the answer that the evidence tells of.
type Party string

// The parties that answer.
const (
	PartyNobody        Party = "nobody"         // nothing was sent, or nothing came back
	PartyTokenEndpoint Party = "token-endpoint" // of the OAuth server
	PartyAPI           Party = "api"
	PartyDatabase      Party = "database"
	PartyBastion       Party = "bastion" // the SSH server before a database
)

// NetworkFault is why no answer arrived.
type NetworkFault string

// The network faults that a check tells apart.
const (
	NetworkNone        NetworkFault = ""
	NetworkDNS         NetworkFault = "dns"         // the name does not resolve
	NetworkDNSFailing  NetworkFault = "dns-failing" // the resolver itself failed
	NetworkRefused     NetworkFault = "refused"
	NetworkUnreachable NetworkFault = "unreachable"
	NetworkTimeout     NetworkFault = "timeout"
	NetworkReset       NetworkFault = "reset" // closed or reset before the answer was complete
	NetworkTLSExpired  NetworkFault = "tls-expired"
	NetworkTLSName     NetworkFault = "tls-name"
	NetworkTLSIssuer   NetworkFault = "tls-issuer" // signed by nobody this computer trusts
	NetworkTLSOther    NetworkFault = "tls-other"
	NetworkProxy       NetworkFault = "proxy"
	NetworkDenied      NetworkFault = "denied-address" // an address that Relink refuses to dial
	NetworkOther       NetworkFault = "other"
)

// Meaning is what a provider's documented answer means. The catalog maps answers to it, the probe
// copies it, and diagnosis alone maps it to a cause.
type Meaning string

// The closed list of meanings.
const (
	MeaningNone              Meaning = ""
	MeaningCredentialDead    Meaning = "credential_dead"    // refused for good; the answer does not say why
	MeaningCredentialExpired Meaning = "credential_expired" // documented as expiry
	MeaningCredentialRevoked Meaning = "credential_revoked" // documented as withdrawn, deleted, rolled
	MeaningAccessExpired     Meaning = "access_expired"     // only the short-lived access token; renewal mends it
	MeaningPasswordExpired   Meaning = "password_expired"
	MeaningLoginRefused      Meaning = "login_refused" // user or password, not told apart
	MeaningAccountDisabled   Meaning = "account_disabled"
	MeaningScopeMissing      Meaning = "scope_missing"
	MeaningPermissionDenied  Meaning = "permission_denied" // the account's role no longer allows it
	MeaningResourceGone      Meaning = "resource_gone"     // shop, property, database, table
	MeaningClientInvalid     Meaning = "client_invalid"    // the OAuth client: id, secret, redirect, consent screen
	MeaningAppBlocked        Meaning = "app_blocked"       // an API switched off, a developer token missing, an unapproved app
	MeaningAddressNotAllowed Meaning = "address_not_allowed"
	MeaningKeyOrAddress      Meaning = "key_or_address" // one answer for a key that is dead and for an address that is not on its list
	MeaningTLSRequired       Meaning = "tls_required"
	MeaningRateLimited       Meaning = "rate_limited"
	MeaningServiceDown       Meaning = "service_down"
	MeaningConnectionLimit   Meaning = "connection_limit"
	MeaningRequestOutdated   Meaning = "request_outdated" // the vendor retired what the catalog asks for
	MeaningNoCredentialSent  Meaning = "no_credential_sent"
)

// VaultState is how the keychain answered.
type VaultState string

// The states of the vault that a check tells apart.
const (
	VaultOK      VaultState = "ok"
	VaultLocked  VaultState = "locked"
	VaultAbsent  VaultState = "absent"  // no keychain service on this computer
	VaultSlow    VaultState = "slow"    // no answer within the limit
	VaultMissing VaultState = "missing" // the service works, the entry is not there
	VaultCorrupt VaultState = "corrupt" // the entry cannot be read
	VaultRefused VaultState = "refused" // the person or the system said no
)

// TunnelProblem is what stands in the way at the SSH bastion, where it is more than the network.
type TunnelProblem string

// The problems of a bastion.
const (
	TunnelNone              TunnelProblem = ""
	TunnelKeyMissing        TunnelProblem = "host-key-missing" // none was enrolled
	TunnelKeyChanged        TunnelProblem = "host-key-changed"
	TunnelKeyRevoked        TunnelProblem = "host-key-revoked"
	TunnelKeyUnreadable     TunnelProblem = "host-key-unreadable" // what was enrolled cannot be read
	TunnelRefused           TunnelProblem = "refused"             // the login
	TunnelLoginAbsent       TunnelProblem = "login-absent"        // neither key nor password nor agent
	TunnelPassphraseAbsent  TunnelProblem = "passphrase-absent"   // the key is encrypted
	TunnelPassphraseWrong   TunnelProblem = "passphrase-wrong"
	TunnelLoginUnreadable   TunnelProblem = "login-key-unreadable" // our own private key
	TunnelLoginPuTTY        TunnelProblem = "login-key-putty"      // it is in PuTTY's own format
	TunnelAgentAbsent       TunnelProblem = "agent-absent"         // the ssh-agent does not answer
	TunnelAgentEmpty        TunnelProblem = "agent-empty"
	TunnelForbidden         TunnelProblem = "forwarding-forbidden"
	TunnelDatabaseUnreached TunnelProblem = "database-unreached" // from the bastion
	TunnelNoSSH             TunnelProblem = "no-ssh"             // the port speaks something else
)

// TunnelSeen is what was seen of the SSH bastion on the way to a database.
type TunnelSeen struct {
	Host    string        `json:"host"` // host:port
	Problem TunnelProblem `json:"problem,omitempty"`
	Known   []string      `json:"known,omitempty"` // fingerprints that were enrolled, where the host key is the problem
	Shown   string        `json:"shown,omitempty"` // the fingerprint that the bastion showed
}

// Online is whether this computer reaches anything at all.
type Online string

// What is known of this computer's connection. OnlineUnasked is the usual one: the answer itself proved it.
const (
	OnlineUnasked Online = ""
	OnlineYes     Online = "yes"
	OnlineNo      Online = "no"
	OnlineCaptive Online = "captive" // a sign-in page stands between this computer and the network
)

// HealthState is what a provider's own status page says.
type HealthState string

// The states of health. HealthUnasked is the usual one: only a failure makes Relink look.
const (
	HealthUnasked     HealthState = ""
	HealthWell        HealthState = "well"
	HealthTrouble     HealthState = "trouble"
	HealthMaintenance HealthState = "maintenance"
	HealthUnknown     HealthState = "unknown" // the page could not be read, which says nothing about the service
)

// Health is what a provider's own status page said, and when. It is told, and decides nothing: such
// pages are late in both directions.
type Health struct {
	State HealthState `json:"state,omitempty"`
	Title string      `json:"title,omitempty"` // of the incident, in the provider's words
	At    time.Time   `json:"at,omitzero"`
}

// Fellows are how the other integrations of the same provider fare, as far as they were checked within
// the last minutes: those of other accounts, and those of the same one.
type Fellows struct {
	Others        int `json:"others,omitempty"`
	OthersFailing int `json:"others_failing,omitempty"`
	Mates         int `json:"mates,omitempty"` // of the same account
	MatesFailing  int `json:"mates_failing,omitempty"`
}

// StepSeen is one step of a probe, as it went.
type StepSeen struct {
	Stage Stage         `json:"stage"`
	OK    bool          `json:"ok"`
	Took  time.Duration `json:"took"`
	// Warning marks a step that went well and showed something to be mended all the same.
	Warning bool `json:"warning,omitempty"`
}

// ServerState is what a database server told about itself and the login, beside the proof. What it
// did not tell, or does not let this login ask, is zero.
type ServerState struct {
	Version      string        `json:"version,omitempty"`
	Writable     bool          `json:"writable,omitempty"` // the login could change something
	Replica      bool          `json:"replica,omitempty"`
	LagKnown     bool          `json:"lag_known,omitempty"`
	Lag          time.Duration `json:"lag,omitempty"`          // of a replica behind its primary
	PasswordEnds time.Time     `json:"password_ends,omitzero"` // when the server will refuse the password as expired
}

// Evidence is what a check saw. It decides nothing. Texts of a provider in it are excerpts of at
// most 2 KiB, without control characters, and are shown as text only.
type Evidence struct {
	ProviderID string        `json:"provider"`
	Method     Method        `json:"method,omitempty"`
	Database   bool          `json:"database,omitempty"` // the probe spoke a database's protocol
	OwnHost    bool          `json:"own_host,omitempty"` // the host stands in the person's settings: a database, a shop of their own
	At         time.Time     `json:"at"`
	Took       time.Duration `json:"took"`
	Stage      Stage         `json:"stage"`
	Steps      []StepSeen    `json:"steps,omitempty"`
	Vault      VaultState    `json:"vault,omitempty"`
	Party      Party         `json:"party,omitempty"`
	Host       string        `json:"host,omitempty"`
	Network    NetworkFault  `json:"network,omitempty"`
	Online     Online        `json:"online,omitempty"`

	HTTPStatus  int           `json:"http_status,omitempty"`
	HTML        bool          `json:"html,omitempty"`      // a web page where data was expected
	Malformed   bool          `json:"malformed,omitempty"` // an answer that could not be read
	OAuthError  string        `json:"oauth_error,omitempty"`
	VendorCode  string        `json:"vendor_code,omitempty"`
	Meaning     Meaning       `json:"meaning,omitempty"`
	Excerpt     string        `json:"excerpt,omitempty"` // the provider's own words
	RetryAfter  time.Duration `json:"retry_after,omitempty"`
	ClockOffset time.Duration `json:"clock_offset,omitempty"` // this computer's clock minus the server's Date; 0 when not known
	Unconfirmed bool          `json:"unconfirmed,omitempty"`  // the catalog's rule behind Meaning has no confirmed source

	Account         Account    `json:"account,omitzero"`
	Resources       []Resource `json:"resources,omitempty"`
	Partial         bool       `json:"partial,omitempty"`         // Resources are not all: the provider's list goes on
	Lost            []Resource `json:"lost,omitempty"`            // seen before and not any more, where the list is whole
	Scopes          []string   `json:"scopes,omitempty"`          // as the provider states them now; nil when it does not
	MissingScopes   []string   `json:"missing_scopes,omitempty"`  // needed by the catalog and not granted
	ExpectedAccount Account    `json:"expected_account,omitzero"` // whom the grant belonged to before

	Server ServerState `json:"server,omitzero"`  // of a database
	Tunnel *TunnelSeen `json:"tunnel,omitempty"` // of the SSH bastion before it; nil where there is none

	Cycle   *Cycle `json:"cycle,omitempty"`   // of an account of Commerce Intelligence
	Address string `json:"address,omitempty"` // this computer's public one, where the connection showed it and the service goes by it

	Certificate Certificate `json:"certificate,omitzero"`  // of the server that answered, or that was refused for it
	SameIssuer  int         `json:"same_issuer,omitempty"` // hosts, this one among them, that were shown a certificate by this untrusted issuer lately
	Before      *Before     `json:"before,omitempty"`      // the last good check; nil when this one is good, and when none was

	Health  Health  `json:"health,omitzero"`
	Fellows Fellows `json:"fellows,omitzero"`

	Facts GrantFacts `json:"facts,omitzero"`
}

// GrantFacts are the stored facts that tell one refusal from another. Zero means not known.
type GrantFacts struct {
	ObtainedAt      time.Time     `json:"obtained_at,omitzero"`
	Lifetime        time.Duration `json:"lifetime,omitempty"`      // of the grant, as the catalog documents it
	IdleLifetime    time.Duration `json:"idle_lifetime,omitempty"` // after which an unused grant dies
	UsedAt          time.Time     `json:"used_at,omitzero"`
	ExpiresAt       time.Time     `json:"expires_at,omitzero"`
	AccessExpiresAt time.Time     `json:"access_expires_at,omitzero"`
	Renewable       bool          `json:"renewable,omitempty"`        // a refresh token is at hand
	RefusedInARow   int           `json:"refused_in_a_row,omitempty"` // earlier refusals of this kind, this one not counted
	RefusedAt       time.Time     `json:"refused_at,omitzero"`        // when the last of them was counted
	DisconnectedAt  time.Time     `json:"disconnected_at,omitzero"`   // when a person gave it back
	Interrupted     bool          `json:"interrupted,omitempty"`      // its renewal was cut short, and the new token with it
	AddressBefore   string        `json:"address_before,omitempty"`   // Evidence.Address of the last good check
}
