package integration

import "time"

// StepKind is what a step of a conversation asks for.
type StepKind string

// The kinds of step.
const (
	StepForm    StepKind = "form"    // fields to fill in
	StepConsent StepKind = "consent" // the person consents in the browser; Await returns the next step
	StepDevice  StepKind = "device"  // the person enters a code on another page (RFC 8628); Await returns the next step
	StepConfirm StepKind = "confirm" // a question with named answers, such as switching the account
	StepOutcome StepKind = "outcome" // the end
)

// Result is how a conversation ended. Only Replaced, Added and HostKeys changed anything.
type Result string

// The results.
const (
	ResultReplaced      Result = "replaced"       // a new grant is in place
	ResultAdded         Result = "added"          // a new integration with its first grant
	ResultDenied        Result = "denied"         // consent was refused in the browser
	ResultCancelled     Result = "cancelled"      // by the person, here
	ResultTimedOut      Result = "timed_out"      // nobody came back from the browser
	ResultWrongAccount  Result = "wrong_account"  // signed in as somebody else
	ResultPartialScopes Result = "partial_scopes" // consent to less than is needed
	ResultLostResources Result = "lost_resources" // the same account, but it no longer sees what it saw before
	ResultNotProven     Result = "not_proven"     // the new grant did not pass the probe
	ResultExchange      Result = "exchange"       // the provider refused to hand out the grant
	ResultNotStored     Result = "not_stored"     // the keychain or the store refused it
	ResultNameTaken     Result = "name_taken"     // another integration took the name meanwhile
	ResultSuperseded    Result = "superseded"     // a newer conversation about the same grant took over

	ResultHostKeys       Result = "host_keys"        // the person believed the bastion's host keys
	ResultHostKeysFailed Result = "host_keys_failed" // the bastion did not show them
)

// Changed says whether the conversation replaced or added a grant, or replaced host keys.
func (r Result) Changed() bool {
	return r == ResultReplaced || r == ResultAdded || r == ResultHostKeys
}

// FieldKind is the kind of input that a form field wants.
type FieldKind string

// The kinds of field.
const (
	FieldText     FieldKind = "text"
	FieldSecret   FieldKind = "secret"
	FieldHost     FieldKind = "host" // a host name or address, without scheme, path or port
	FieldPort     FieldKind = "port"
	FieldURL      FieldKind = "url" // absolute, https
	FieldChoice   FieldKind = "choice"
	FieldNumber   FieldKind = "number"
	FieldTextArea FieldKind = "textarea"
)

// Localized is a text in every language that the app speaks, by language tag: "en", "pt-BR".
type Localized map[string]string

// In returns the text in the given language, or in English where there is none.
func (l Localized) In(lang string) string {
	if s, ok := l[lang]; ok {
		return s
	}
	return l["en"]
}

// Field is one input of a form, described by data.
type Field struct {
	ID       string    `json:"id" yaml:"id"`
	Kind     FieldKind `json:"kind" yaml:"kind"`
	Label    Localized `json:"label" yaml:"label"`
	Help     Localized `json:"help,omitempty" yaml:"help,omitempty"`
	Example  string    `json:"example,omitempty" yaml:"example,omitempty"`
	Default  string    `json:"default,omitempty" yaml:"default,omitempty"`
	Pattern  string    `json:"pattern,omitempty" yaml:"pattern,omitempty"` // Go regular expression, whole value
	Choices  []string  `json:"choices,omitempty" yaml:"choices,omitempty"`
	Optional bool      `json:"optional,omitempty" yaml:"optional,omitempty"`
	Needs    string    `json:"needs,omitempty" yaml:"needs,omitempty"` // NAME, NAME=VALUE or NAME!=VALUE of an earlier field: where it is not so, this one is not asked for
	Lines    bool      `json:"lines,omitempty" yaml:"lines,omitempty"` // of a secret: it has several lines
}

// Secret says whether what is typed into the field is a secret.
func (f Field) Secret() bool { return f.Kind == FieldSecret }

// Step is one turn of a conversation: what is asked, or how it ended.
type Step struct {
	Flow     string            `json:"flow"`
	Kind     StepKind          `json:"kind"`
	Title    Text              `json:"title"`
	Fields   []Field           `json:"fields,omitempty"`
	Values   map[string]string `json:"values,omitempty"`   // prefilled; never a secret
	Problems []InputError      `json:"problems,omitempty"` // of the answer before, by field
	Notice   *Text             `json:"notice,omitempty"`   // what went wrong before, in a sentence
	Import   string            `json:"import,omitempty"`   // the vendor's file that fills the form in: google_client or google_service_account
	Code     bool              `json:"code,omitempty"`     // a form that asks for the one-time code of a second factor, and nothing else
	App      *OAuthApp         `json:"app,omitempty"`      // of a form that asks for the person's own OAuth client
	SSHKey   *SSHKey           `json:"ssh_key,omitempty"`  // of a form that has a private SSH key: its other half
	Consent  *Consent          `json:"consent,omitempty"`
	Device   *Device           `json:"device,omitempty"`
	Wanted   []Permission      `json:"wanted,omitempty"` // what the consent before left out
	Also     []string          `json:"also,omitempty"`   // names of the other integrations that the grant serves
	Question *Question         `json:"question,omitempty"`
	Choices  []string          `json:"choices,omitempty"` // of StepConfirm; keys choice.*
	Outcome  *Outcome          `json:"outcome,omitempty"`
}

// Permission is one scope to consent to, and what it is for in a plain sentence.
type Permission struct {
	ID  string    `json:"id"`
	Why Localized `json:"why,omitempty"`
}

// Question is what a person must know to answer a StepConfirm.
type Question struct {
	About    Result     `json:"about,omitempty"` // how it ends when nothing is to change; "" where a grant is offered to share
	Account  Account    `json:"account"`         // that the new grant belongs to
	Expected Account    `json:"expected"`        // that the old one belongs to
	Lost     []Resource `json:"lost,omitempty"`  // seen before and not any more
	Kept     []Resource `json:"kept,omitempty"`  // seen before and still

	HostKeys *HostKeyQuestion `json:"host_keys,omitempty"` // where a bastion's keys are what it is about
}

// HostKey is a public key by which an SSH server is known.
type HostKey struct {
	Type        string `json:"type"`
	Fingerprint string `json:"fingerprint"` // SHA256:…
}

// HostKeyQuestion is what a person compares before a bastion is believed.
type HostKeyQuestion struct {
	Host   string    `json:"host"`             // host:port
	Before []HostKey `json:"before,omitempty"` // those that are enrolled
	Now    []HostKey `json:"now"`              // those that it shows
}

// SSHKey is the public half of a key, and how it is installed at the bastion.
type SSHKey struct {
	User    string `json:"user"` // at the bastion
	Host    string `json:"host"`
	Public  string `json:"public"`
	Line    string `json:"line"`    // of authorized_keys: it opens the way to the database and nothing else
	Install string `json:"install"` // a shell command that adds it
}

// The answers to a Question; keys choice.*.
const (
	ChoiceKeep   = "keep"       // nothing changes
	ChoiceSwitch = "switch"     // the new grant replaces the old one, knowingly
	ChoiceShared = "use_shared" // the new integration uses the grant that is there
	ChoiceNew    = "new"        // it gets one of its own
	ChoiceTrust  = "trust"      // the bastion's host keys are believed from now on
)

// Consent is a wait for the person in the browser.
type Consent struct {
	URL         string    `json:"url"`
	RedirectURI string    `json:"redirect_uri"`
	Opened      bool      `json:"opened"` // the browser was started
	Paste       bool      `json:"paste"`  // the person pastes the address they ended on
	Pin         bool      `json:"pin"`    // the person types the number that the page shows (RFC 5849 out of band)
	Relay       bool      `json:"relay"`  // the agency's relay page brings the answer back
	Deadline    time.Time `json:"deadline"`
}

// Device is a wait for the person on another page, on this computer or on another.
type Device struct {
	UserCode    string    `json:"user_code"` // what to enter there
	URL         string    `json:"url"`
	URLComplete string    `json:"url_complete,omitempty"` // with the code in it; "" where the server has none
	Opened      bool      `json:"opened"`
	Deadline    time.Time `json:"deadline"`
}

// OAuthApp is how to register one's own OAuth client at the provider.
type OAuthApp struct {
	KeysURL      string    `json:"keys_url"`
	Type         Localized `json:"type,omitempty"`          // what to choose there
	RedirectURIs []string  `json:"redirect_uris,omitempty"` // to register there, exactly so
}

// Outcome is the end of a conversation.
type Outcome struct {
	Result        Result   `json:"result"`
	Text          Text     `json:"text"`
	Finding       *Finding `json:"finding,omitempty"` // of the probe with the new grant
	Account       Account  `json:"account"`           // that the new grant belongs to
	Expected      Account  `json:"expected"`          // that the old one belongs to
	Missing       []string `json:"missing,omitempty"` // scopes
	IntegrationID string   `json:"integration,omitempty"`
	Repaired      []string `json:"repaired,omitempty"` // names of all integrations that use the grant
	// ExpiresAt is when a person will be needed again; zero when that is not known.
	ExpiresAt time.Time `json:"expires_at,omitzero"`
}

// Answer is the person's side of a turn. Secrets travel beside it.
type Answer struct {
	Choice string            `json:"choice,omitempty"` // one of Step.Choices
	Values map[string]string `json:"values,omitempty"`
}
