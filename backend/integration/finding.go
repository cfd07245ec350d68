package integration

import "time"

// Verdict is the outcome of a check. The zero value is none of them.
type Verdict string

// The verdicts.
const (
	VerdictOK      Verdict = "ok"
	VerdictFailing Verdict = "failing" // something is wrong, and the finding says what
	VerdictUnknown Verdict = "unknown" // it could not be told
)

// Cause is why an integration does not work.
type Cause string

// The causes. CauseNone belongs to VerdictOK alone.
const (
	CauseNone                 Cause = ""
	CauseThirdParty           Cause = "third_party"
	CauseExpired              Cause = "expired"
	CauseAccountChange        Cause = "account_change"
	CauseOAuthApp             Cause = "oauth_app"
	CauseCommerceIntelligence Cause = "commerce_intelligence"
	CauseThisComputer         Cause = "this_computer"
	CauseUnknown              Cause = "unknown"
)

// Confidence is how sure the rule is of its cause.
type Confidence string

// The confidences.
const (
	Certain  Confidence = "certain"  // documented, and seen
	Likely   Confidence = "likely"   // the usual reason for what was seen
	Possible Confidence = "possible" // one of several
)

// NextStep is what a person, or time, can do about a finding.
type NextStep string

// The next steps.
const (
	NextNothing           NextStep = "nothing"
	NextWait              NextStep = "wait"
	NextReconnect         NextStep = "reconnect"
	NextUpdateCredentials NextStep = "update_credentials"
	NextFixOAuthApp       NextStep = "fix_oauth_app"
	NextAskOwner          NextStep = "ask_owner"      // of the account: a role, a scope, a switch that only an admin has
	NextCheckSettings     NextStep = "check_settings" // host, port, shop, database name
	NextRefreshHostKeys   NextStep = "refresh_host_keys"
	NextCheckComputer     NextStep = "check_computer" // network, clock, proxy
	NextUnlockKeychain    NextStep = "unlock_keychain"
	NextContactSupport    NextStep = "contact_support"
)

// Finding is the verdict on one piece of evidence, with the rule that reached it. Diagnosis alone makes one.
type Finding struct {
	Verdict    Verdict           `json:"verdict"`
	Cause      Cause             `json:"cause,omitempty"`
	Rule       string            `json:"rule"` // its name, in kebab-case: the locale keys finding.RULE.what, .why and .do
	Status     Status            `json:"status"`
	Confidence Confidence        `json:"confidence"`
	Next       NextStep          `json:"next"`
	Definitive bool              `json:"definitive"`            // opens an incident at once; others need three in a row
	Latch      bool              `json:"latch"`                 // the credential was refused: no timer offers it again
	RetryAfter time.Duration     `json:"retry_after,omitempty"` // 0: at the usual interval
	Args       map[string]string `json:"args,omitempty"`        // for the three sentences
	Known      []Text            `json:"known,omitempty"`       // observations behind it, keys observation.*; made when somebody asks
	RuledOut   []Text            `json:"ruled_out,omitempty"`   // keys ruled_out.*; likewise
}

// OK says whether the integration was seen to work.
func (f Finding) OK() bool { return f.Verdict == VerdictOK }
