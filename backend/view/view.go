// Package view answers what leaves the backend for the window and for --json: plain values, without
// a secret and without a Go type that JavaScript would misread.
//
// # Why
// The screen's types are made from these by Wails. Times are RFC 3339 in UTC, "" when not known;
// durations are whole milliseconds; sentences are locale keys with values, so that the reader's
// language is chosen at the edge.
package view

// Overview is the Integrations page.
type Overview struct {
	Rows     []Row   `json:"rows"`
	Cycles   []Cycle `json:"cycles"`   // of the accounts of Commerce Intelligence
	ReadOnly bool    `json:"readOnly"` // the data folder cannot be written: view-only mode
	Vault    string  `json:"vault"`    // "keychain" or "memory"
	Offline  bool    `json:"offline"`  // this computer, as last seen
	Demo     bool    `json:"demo"`     // sample integrations in a throw-away folder
	At       string  `json:"at"`
}

// Row is one integration in the list.
type Row struct {
	ID            string `json:"id"`
	Name          string `json:"name"`
	Provider      string `json:"provider"` // id
	ProviderName  string `json:"providerName"`
	Status        string `json:"status"`
	Verdict       string `json:"verdict"` // "", ok, failing, unknown; of the last check
	Cause         string `json:"cause"`
	Theirs        string `json:"theirs"` // status inside Commerce Intelligence; "" where it has no place there
	Rule          string `json:"rule"`
	Next          string `json:"next"`   // integration.NextStep
	Repair        string `json:"repair"` // reconnect or update_credentials: the label of its repair button
	Account       string `json:"account"`
	CheckedAt     string `json:"checkedAt"`
	SucceededAt   string `json:"succeededAt"`
	DueAt         string `json:"dueAt"`
	RetryAt       string `json:"retryAt"`
	ExpiresAt     string `json:"expiresAt"` // of the grant
	IncidentSince string `json:"incidentSince"`
	Paused        bool   `json:"paused"`
	History       string `json:"history"` // the last 24 hours, oldest first, a letter each: see Letter
}

// Bar is one hour of the history bar.
type Bar struct {
	Start   string `json:"start"`
	Status  string `json:"status"` // the worst of the hour; "" when nothing was checked
	OK      int    `json:"ok"`
	Failing int    `json:"failing"`
	Unknown int    `json:"unknown"`
}

// Text is a sentence of the locale catalog.
type Text struct {
	Key  string            `json:"key"`
	Args map[string]string `json:"args"`
}

// Finding is a verdict in words: three sentences, and what they rest on.
type Finding struct {
	Verdict    string `json:"verdict"`
	Cause      string `json:"cause"`
	Rule       string `json:"rule"`
	Confidence string `json:"confidence"`
	Next       string `json:"next"`
	What       Text   `json:"what"`
	Why        Text   `json:"why"`
	Do         Text   `json:"do"`
	Known      []Text `json:"known"`
	RuledOut   []Text `json:"ruledOut"`
	Section    string `json:"section"` // of the provider's guide, "" where none helps
	Page       string `json:"page"`    // of the provider: a name in Links, "" where none helps
}

// Fact is one line of the evidence, label key and value as plain text.
type Fact struct {
	Key   string `json:"key"` // locale key fact.*
	Value string `json:"value"`
	// Provider marks the third party's own words.
	Provider bool `json:"provider"`
}

// StepSeen is one step of the probe.
type StepSeen struct {
	Stage  string `json:"stage"`
	OK     bool   `json:"ok"`
	TookMS int64  `json:"tookMs"`
	// Warning marks a step that went well and showed something to be mended all the same.
	Warning bool `json:"warning"`
}

// Detail is the panel of one integration.
type Detail struct {
	Row         Row               `json:"row"`
	Hours       []Bar             `json:"hours"`   // the last 24, oldest first; one without a check has status ""
	Finding     *Finding          `json:"finding"` // nil before the first check
	Facts       []Fact            `json:"facts"`
	Steps       []StepSeen        `json:"steps"`
	Changes     []Change          `json:"changes"`  // newest first
	Acts        []Act             `json:"acts"`     // newest first
	Theirs      *TheirSide        `json:"theirs"`   // inside Commerce Intelligence; nil where it has no place there
	HostKeys    []HostKeys        `json:"hostKeys"` // enrolled, of the SSH bastions on its way
	Settings    map[string]string `json:"settings"`
	SettingForm []Field           `json:"settingForm"`
	IntervalMS  int64             `json:"intervalMs"`
	Method      string            `json:"method"`
	AccountID   string            `json:"accountId"`
	Scopes      []string          `json:"scopes"`
	Resources   []Resource        `json:"resources"`
	ObtainedAt  string            `json:"obtainedAt"`
	SharedWith  []string          `json:"sharedWith"` // names of other integrations on the same grant
	Links       Links             `json:"links"`
	Pending     *Revocation       `json:"pending"` // its provider does not know yet that it was disconnected; nil otherwise
	Unconfirmed bool              `json:"unconfirmed"`
	Rest        *Rest             `json:"rest"`  // nil while notices are shown
	Asked       *Asked            `json:"asked"` // nil unless the owner was asked for help
	// OfferSupport says that repairs did not end the incident, or that it is a day old.
	OfferSupport bool `json:"offerSupport"`
}

// Resource is one thing that the grant can see.
type Resource struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Change is a moment at which the finding became another one.
type Change struct {
	At     string `json:"at"`
	Status string `json:"status"`
	Rule   string `json:"rule"`
	What   Text   `json:"what"`
}

// Act is one entry of the audit trail.
type Act struct {
	At          string   `json:"at"`
	Text        Text     `json:"text"`
	What        string   `json:"what"`        // integration.Act
	Actor       string   `json:"actor"`       // window, cli, exec, relink; "" for what is older than this
	Integration string   `json:"integration"` // id; it may be gone
	Name        string   `json:"name"`        // as it was then
	Scopes      []string `json:"scopes"`      // of the grant at that moment
}

// Links are the provider's pages for people; "" where there is none.
type Links struct {
	Keys   string `json:"keys"`
	Revoke string `json:"revoke"`
	Access string `json:"access"`
	Status string `json:"status"`
}

// Localized is a text by language tag.
type Localized struct {
	EN   string `json:"en"`
	PTBR string `json:"ptBR"`
}

// Field is one input of a form.
type Field struct {
	ID       string    `json:"id"`
	Kind     string    `json:"kind"`
	Label    Localized `json:"label"`
	Help     Localized `json:"help"`
	Example  string    `json:"example"`
	Default  string    `json:"default"`
	Pattern  string    `json:"pattern"`
	Choices  []string  `json:"choices"`
	Optional bool      `json:"optional"`
	Needs    string    `json:"needs"` // the setting without which it is not asked for
	Lines    bool      `json:"lines"` // of a secret: it has several lines
}

// Problem is one field's error.
type Problem struct {
	Field string            `json:"field"`
	Code  string            `json:"code"`
	Args  map[string]string `json:"args"`
}

// Step is one turn of a conversation.
type Step struct {
	Flow     string            `json:"flow"`
	Kind     string            `json:"kind"`
	Title    Text              `json:"title"`
	Fields   []Field           `json:"fields"`
	Values   map[string]string `json:"values"`
	Problems []Problem         `json:"problems"`
	Notice   *Text             `json:"notice"`
	Import   string            `json:"import"` // the vendor's file that fills the form in; "" for none
	Code     bool              `json:"code"`   // a form that asks for the one-time code of a second factor, and nothing else
	App      *OAuthApp         `json:"app"`
	SSHKey   *SSHKey           `json:"sshKey"` // of a form that has a private SSH key: its other half
	Consent  *Consent          `json:"consent"`
	Device   *Device           `json:"device"`
	Wanted   []Scope           `json:"wanted"` // what the consent before left out
	Question *Question         `json:"question"`
	Also     []string          `json:"also"` // names of the other integrations that the grant serves
	Choices  []string          `json:"choices"`
	Outcome  *Outcome          `json:"outcome"`
}

// Question is what a person must know to answer a step of kind confirm.
type Question struct {
	About    string     `json:"about"` // integration.Result: how it ends when nothing changes; "" where a grant is offered to share
	Account  string     `json:"account"`
	Expected string     `json:"expected"`
	Lost     []Resource `json:"lost"`
	Kept     []Resource `json:"kept"`

	HostKeys *HostKeys `json:"hostKeys"` // where a bastion's keys are what it is about
}

// HostKey is a public key by which an SSH server is known.
type HostKey struct {
	Type        string `json:"type"`
	Fingerprint string `json:"fingerprint"` // SHA256:…
}

// HostKeys are those of an SSH bastion: enrolled, and shown by it.
type HostKeys struct {
	Host   string    `json:"host"`
	Before []HostKey `json:"before"`
	Now    []HostKey `json:"now"`
}

// SSHKey is the public half of a key, and how it is installed at the bastion.
type SSHKey struct {
	User    string `json:"user"`
	Host    string `json:"host"`
	Public  string `json:"public"`
	Line    string `json:"line"`    // of authorized_keys
	Install string `json:"install"` // a shell command that adds the line
}

// Consent is a wait for the person in the browser.
type Consent struct {
	URL         string `json:"url"`
	RedirectURI string `json:"redirectUri"`
	Opened      bool   `json:"opened"`
	Paste       bool   `json:"paste"`
	Pin         bool   `json:"pin"`
	Relay       bool   `json:"relay"`
	Deadline    string `json:"deadline"`
}

// Device is a wait for the person who enters a code on another page.
type Device struct {
	UserCode    string `json:"userCode"`
	URL         string `json:"url"`
	URLComplete string `json:"urlComplete"`
	Opened      bool   `json:"opened"`
	Deadline    string `json:"deadline"`
}

// OAuthApp is how to register one's own OAuth client at the provider.
type OAuthApp struct {
	KeysURL      string    `json:"keysUrl"`
	Type         Localized `json:"type"`
	RedirectURIs []string  `json:"redirectUris"`
}

// Outcome is the end of a conversation.
type Outcome struct {
	Result      string   `json:"result"`
	Text        Text     `json:"text"`
	Finding     *Finding `json:"finding"`
	Account     string   `json:"account"`
	Expected    string   `json:"expected"`
	Missing     []string `json:"missing"`
	Integration string   `json:"integration"`
	Repaired    []string `json:"repaired"`
	ExpiresAt   string   `json:"expiresAt"` // when a person will be needed again; "" when not known
	Changed     bool     `json:"changed"`
}

// Answer is the person's side of a turn. The secrets in Values and Secrets are taken out at once by
// the bridge and never come back.
type Answer struct {
	Choice  string            `json:"choice"`
	Values  map[string]string `json:"values"`
	Secrets map[string]string `json:"secrets"`
}

// Draft is a new integration as typed.
type Draft struct {
	Provider string            `json:"provider"`
	Name     string            `json:"name"`
	Method   string            `json:"method"`
	Settings map[string]string `json:"settings"`
	UseGrant string            `json:"useGrant"` // the id of an integration whose sign-in is shared; "new" for one of its own; "" asks
	Answer   Answer            `json:"answer"`   // the method's fields
	// Connection is a pasted connection string, whose secrets stand in for those that were not typed; "" for none.
	Connection string `json:"connection"`
}

// Offer is a sign-in that a new integration may share.
type Offer struct {
	Integration string   `json:"integration"` // the id of one that uses it: Draft.UseGrant
	Account     string   `json:"account"`
	Users       []string `json:"users"` // names of those that use it
}

// Edit is what may change about an integration without touching its grant.
type Edit struct {
	ID         string            `json:"id"`
	Name       string            `json:"name"`
	IntervalMS int64             `json:"intervalMs"`
	Settings   map[string]string `json:"settings"`
}

// Preferences are the app's settings.
type Preferences struct {
	Language      string `json:"language"` // "", en, pt-BR; "" follows the system
	Theme         string `json:"theme"`    // "", light, dark; "" follows the system
	Notifications bool   `json:"notifications"`
	OnClose       string `json:"onClose"`    // "", background, quit; "" asks once
	Relay         string `json:"relay"`      // the https address of the agency's relay page, "" for none
	QuietHours    string `json:"quietHours"` // when nothing is told, as 22:00-07:00; "" for never
	QuietDays     string `json:"quietDays"`  // whole days, as sat,sun; "" for none
	System        string `json:"system"`     // the language that "" stands for; cannot be set
}

// About is what the Settings page and doctor tell of Relink itself.
type About struct {
	Version    string `json:"version"`
	DataDir    string `json:"dataDir"`
	ReadOnly   bool   `json:"readOnly"`
	Vault      string `json:"vault"`
	VaultState string `json:"vaultState"` // integration.VaultState
	Tray       bool   `json:"tray"`       // a tray host is registered
	Language   string `json:"language"`   // in use
	Providers  int    `json:"providers"`
	OwnFolder  string `json:"ownFolder"` // of the user's own providers
}

// Doctor is what `relink doctor` found out about this side.
type Doctor struct {
	About  About   `json:"about"`
	Checks []Check `json:"checks"`
}

// Check is one line of the doctor.
type Check struct {
	Key  string `json:"key"` // locale key doctor.*
	OK   bool   `json:"ok"`
	Text Text   `json:"text"`
}

// Failure is an error as the window gets it.
type Failure struct {
	Text     Text      `json:"text"`
	Problems []Problem `json:"problems"`
	// Unexpected marks a bug: the support bundle is offered.
	Unexpected bool `json:"unexpected"`
}
