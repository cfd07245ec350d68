package view

import (
	"maps"
	"strconv"
	"strings"
	"time"

	"relink/backend/integration"
)

// historyHours is how many bars the history bar of a row has.
const historyHours = 24

// Source is what a row is made from.
type Source struct {
	Integration  integration.Integration
	Grant        integration.Grant
	State        integration.State
	ProviderName string
	Checking     bool
	Hours        []integration.Hour
	Now          time.Time
}

// Stamp writes a time as RFC 3339 in UTC, or "" for the zero time.
func Stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// RowOf makes the row of one integration.
func RowOf(s Source) Row {
	row := Row{
		ID: s.Integration.ID, Name: s.Integration.Name, Provider: s.Integration.ProviderID, ProviderName: s.ProviderName,
		Status: string(s.State.StatusAt(s.Now, s.Integration)), Verdict: string(s.State.Finding.Verdict),
		Cause: string(s.State.Finding.Cause), Rule: s.State.Finding.Rule, Next: string(s.State.Finding.Next),
		Repair: string(repair(s.Grant.Method)), Account: AccountName(s.Grant.Account),
		CheckedAt: Stamp(s.State.CheckedAt), SucceededAt: Stamp(s.State.SucceededAt),
		ExpiresAt: Stamp(s.Grant.ExpiresAt), Paused: s.Integration.Paused, Rest: RestOf(s.State.RestAt(s.Now)), History: letters(s.Hours, s.Now),
	}
	if !s.Integration.Paused {
		row.DueAt = Stamp(s.State.DueAt)
	}
	if s.State.Finding.Next == integration.NextWait {
		row.RetryAt = row.DueAt
	}
	if s.State.Incident != nil {
		row.IncidentSince = Stamp(s.State.Incident.OpenedAt)
	}
	if s.Checking {
		row.Status = string(integration.StatusChecking)
	}
	return row
}

// repair is the step that mends a grant of the given method.
func repair(m integration.Method) integration.NextStep {
	switch m {
	case integration.MethodOAuth2Code, integration.MethodOAuth2Device, integration.MethodOAuth1:
		return integration.NextReconnect
	}
	return integration.NextUpdateCredentials
}

// AccountName is what to call an account.
func AccountName(a integration.Account) string {
	if a.Name != "" {
		return a.Name
	}
	return a.ID
}

// Letter is the status of an hour in one letter, and "-" for an hour without a check. A list of a
// thousand rows is asked for at every start, so that its history must be short.
func Letter(status string) byte {
	switch integration.Status(status) {
	case integration.StatusConnected:
		return 'c'
	case integration.StatusExpiresSoon:
		return 'e'
	case integration.StatusRetrying, integration.StatusChecking:
		return 'r'
	case integration.StatusNeedsReauthorization:
		return 'n'
	case integration.StatusWaitingForAdmin:
		return 'a'
	case integration.StatusWaitingForCommerceIntelligence:
		return 'w'
	case integration.StatusPaused:
		return 'p'
	case integration.StatusUnknown:
		return 'u'
	}
	return '-'
}

// letters is the history of a row: a Letter for each of the last 24 hours, oldest first.
func letters(hours []integration.Hour, now time.Time) string {
	var all [historyHours]byte
	for i := range all {
		all[i] = Letter("")
	}
	first := firstHour(now)
	for _, h := range hours {
		if i, ok := slot(h, first); ok {
			all[i] = Letter(string(h.Worst))
		}
	}
	return string(all[:])
}

// firstHour is the oldest of the hours that are shown.
func firstHour(now time.Time) time.Time {
	return now.UTC().Truncate(time.Hour).Add(-(historyHours - 1) * time.Hour)
}

// slot is the place of an hour among those that are shown; ok is false where it has none.
func slot(h integration.Hour, first time.Time) (i int, ok bool) {
	i = int(h.Start.Sub(first) / time.Hour)
	return i, !h.Start.Before(first) && i < historyHours
}

// BarsOf are the last 24 hours, oldest first; an hour without a check is blank.
func BarsOf(hours []integration.Hour, now time.Time) []Bar {
	all := make([]Bar, historyHours)
	first := firstHour(now)
	for i := range all {
		all[i].Start = Stamp(first.Add(time.Duration(i) * time.Hour))
	}
	for _, h := range hours {
		if i, ok := slot(h, first); ok {
			all[i].Status, all[i].OK, all[i].Failing, all[i].Unknown = string(h.Worst), h.OK, h.Failing, h.Unknown
		}
	}
	return all
}

// FindingOf puts a finding into words. The names and times that its sentences use come from s.
func FindingOf(f integration.Finding, s Source) *Finding {
	if f.Verdict == "" {
		return nil
	}
	args := SentenceArgs(f, s)
	sentence := func(part string) Text { return Text{Key: "finding." + f.Rule + "." + part, Args: args} }
	return &Finding{
		Verdict: string(f.Verdict), Cause: string(f.Cause), Rule: f.Rule, Confidence: string(f.Confidence), Next: string(f.Next),
		What: sentence("what"), Why: sentence("why"), Do: sentence("do"), Known: texts(f.Known), RuledOut: texts(f.RuledOut),
	}
}

// SentenceArgs are the values for the three sentences of a finding: its own, and those of the integration.
func SentenceArgs(f integration.Finding, s Source) map[string]string {
	args := map[string]string{
		"integration": s.Integration.Name, "provider": s.ProviderName, "account": AccountName(s.Grant.Account),
		"retryAt": Stamp(s.State.DueAt), "repair": string(repair(s.Grant.Method)),
	}
	if args["account"] == "" {
		args["account"] = s.ProviderName
	}
	maps.Copy(args, f.Args)
	return args
}

func texts(in []integration.Text) []Text {
	out := make([]Text, len(in))
	for i, t := range in {
		out[i] = TextOf(t)
	}
	return out
}

// TextOf copies a sentence.
func TextOf(t integration.Text) Text { return Text{Key: t.Key, Args: t.Args} }

// FactsOf lists the evidence behind a finding, line by line; what is not known is left out.
func FactsOf(e integration.Evidence) []Fact {
	var facts []Fact
	add := func(key, value string, provider bool) {
		if value != "" && value != "0" && value != "0s" {
			facts = append(facts, Fact{Key: "fact." + key, Value: value, Provider: provider})
		}
	}
	add("stage", string(e.Stage), false)
	add("party", string(e.Party), false)
	add("host", e.Host, false)
	if t := e.Tunnel; t != nil {
		add("bastion", t.Host, false)
		add("bastion_problem", string(t.Problem), false)
		add("host_keys_known", strings.Join(t.Known, ", "), false)
		add("host_key_shown", t.Shown, false)
	}
	add("network", string(e.Network), false)
	add("online", string(e.Online), false)
	add("vault", string(e.Vault), false)
	add("http_status", strconv.Itoa(e.HTTPStatus), false)
	add("oauth_error", e.OAuthError, true)
	add("vendor_code", e.VendorCode, true)
	add("meaning", string(e.Meaning), false)
	add("retry_after", e.RetryAfter.Round(time.Second).String(), false)
	add("clock_offset", e.ClockOffset.Round(time.Second).String(), false)
	add("account", AccountName(e.Account), true)
	add("health", e.Health.Title, true)
	add("missing_scopes", strings.Join(e.MissingScopes, ", "), false)
	add("obtained_at", Stamp(e.Facts.ObtainedAt), false)
	add("used_at", Stamp(e.Facts.UsedAt), false)
	add("access_expires_at", Stamp(e.Facts.AccessExpiresAt), false)
	add("expires_at", Stamp(e.Facts.ExpiresAt), false)
	add("server_version", e.Server.Version, true)
	if e.Server.Writable {
		add("writable", "yes", false)
	}
	if e.Server.Replica {
		add("replica", "yes", false)
	}
	if e.Server.LagKnown {
		add("lag", e.Server.Lag.Round(time.Second).String(), false)
	}
	if c := e.Cycle; c != nil {
		add("cycle_state", c.State, true)
		add("cycle_end", strings.TrimSpace(c.Told+" "+c.Zone), true)
	}
	add("address", e.Address, false)
	add("took", e.Took.Round(time.Millisecond).String(), false)
	add("excerpt", e.Excerpt, true)
	return facts
}

// StepsOf lists the steps of the probe.
func StepsOf(e integration.Evidence) []StepSeen {
	steps := make([]StepSeen, len(e.Steps))
	for i, s := range e.Steps {
		steps[i] = StepSeen{Stage: string(s.Stage), OK: s.OK, TookMS: s.Took.Milliseconds(), Warning: s.Warning}
	}
	return steps
}

// FieldsOf copies form fields.
func FieldsOf(in []integration.Field) []Field {
	out := make([]Field, len(in))
	for i, f := range in {
		out[i] = Field{
			ID: f.ID, Kind: string(f.Kind), Label: LocalizedOf(f.Label), Help: LocalizedOf(f.Help), Example: f.Example,
			Default: f.Default, Pattern: f.Pattern, Choices: append([]string{}, f.Choices...), Optional: f.Optional, Needs: f.Needs, Lines: f.Lines,
		}
	}
	return out
}

// LocalizedOf copies a text in both languages.
func LocalizedOf(l integration.Localized) Localized {
	return Localized{EN: l["en"], PTBR: l.In("pt-BR")}
}

// StepOf copies a turn of a conversation; the findings in it are put into words with s.
func StepOf(st integration.Step, s Source) Step {
	out := Step{
		Flow: st.Flow, Kind: string(st.Kind), Title: TextOf(st.Title), Fields: FieldsOf(st.Fields), Values: st.Values,
		Problems: ProblemsOf(st.Problems), Choices: append([]string{}, st.Choices...), Import: st.Import, Code: st.Code,
		Wanted: wantedOf(st.Wanted), Also: append([]string{}, st.Also...),
	}
	if q := st.Question; q != nil {
		out.Question = &Question{
			About: string(q.About), Account: AccountName(q.Account), Expected: AccountName(q.Expected),
			Lost: ResourcesOf(q.Lost), Kept: ResourcesOf(q.Kept),
		}
	}
	if q := st.Question; q != nil && q.HostKeys != nil {
		keys := HostKeysOf(*q.HostKeys)
		out.Question.HostKeys = &keys
	}
	if k := st.SSHKey; k != nil {
		out.SSHKey = &SSHKey{User: k.User, Host: k.Host, Public: k.Public, Line: k.Line, Install: k.Install}
	}
	out.App = AppOf(st.App)
	if st.Notice != nil {
		notice := TextOf(*st.Notice)
		out.Notice = &notice
	}
	if c := st.Consent; c != nil {
		out.Consent = &Consent{URL: c.URL, RedirectURI: c.RedirectURI, Opened: c.Opened, Paste: c.Paste, Pin: c.Pin, Relay: c.Relay, Deadline: Stamp(c.Deadline)}
	}
	if d := st.Device; d != nil {
		out.Device = &Device{UserCode: d.UserCode, URL: d.URL, URLComplete: d.URLComplete, Opened: d.Opened, Deadline: Stamp(d.Deadline)}
	}
	if o := st.Outcome; o != nil {
		out.Outcome = &Outcome{
			Result: string(o.Result), Text: TextOf(o.Text), Account: AccountName(o.Account), Expected: AccountName(o.Expected),
			Missing: append([]string{}, o.Missing...), Integration: o.IntegrationID, Repaired: append([]string{}, o.Repaired...), Changed: o.Result.Changed(),
			ExpiresAt: Stamp(o.ExpiresAt),
		}
		if o.Finding != nil {
			out.Outcome.Finding = TriedOf(*o.Finding, s)
		}
	}
	return out
}

// HostKeysOf copies the keys of a bastion.
func HostKeysOf(q integration.HostKeyQuestion) HostKeys {
	return HostKeys{Host: q.Host, Before: hostKeysOf(q.Before), Now: hostKeysOf(q.Now)}
}

func hostKeysOf(in []integration.HostKey) []HostKey {
	out := make([]HostKey, len(in))
	for i, k := range in {
		out[i] = HostKey{Type: k.Type, Fingerprint: k.Fingerprint}
	}
	return out
}

func wantedOf(in []integration.Permission) []Scope {
	out := make([]Scope, len(in))
	for i, p := range in {
		out[i] = Scope{ID: p.ID, Why: LocalizedOf(p.Why)}
	}
	return out
}

// ResourcesOf copies what a grant sees.
func ResourcesOf(in []integration.Resource) []Resource {
	out := make([]Resource, len(in))
	for i, r := range in {
		out[i] = Resource{ID: r.ID, Name: r.Name}
	}
	return out
}

// AppOf copies how an OAuth client is registered.
func AppOf(a *integration.OAuthApp) *OAuthApp {
	if a == nil {
		return nil
	}
	return &OAuthApp{KeysURL: a.KeysURL, Type: LocalizedOf(a.Type), RedirectURIs: append([]string{}, a.RedirectURIs...)}
}

// ProblemsOf copies input problems.
func ProblemsOf(in []integration.InputError) []Problem {
	out := make([]Problem, len(in))
	for i, p := range in {
		out[i] = Problem{Field: p.Field, Code: p.Code, Args: p.Args}
	}
	return out
}

// ChangesOf copies changes of a finding, in their order.
func ChangesOf(in []integration.Change, s Source) []Change {
	out := make([]Change, len(in))
	for i, c := range in {
		out[i] = Change{At: Stamp(c.At), Status: string(c.Status), Rule: c.Finding.Rule}
		if f := FindingOf(c.Finding, s); f != nil {
			out[i].What = f.What
		}
	}
	return out
}

// ActsOf copies entries of the audit trail, in their order.
func ActsOf(in []integration.Act) []Act {
	out := make([]Act, len(in))
	for i, a := range in {
		out[i] = Act{
			At: Stamp(a.At), Text: Text{Key: "act." + a.What, Args: a.Args}, What: a.What, Actor: a.Actor,
			Integration: a.IntegrationID, Name: a.Args["integration"], Scopes: append([]string{}, a.Scopes...),
		}
	}
	return out
}
