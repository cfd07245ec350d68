package cli_test

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"relink/backend/cli"
	"relink/backend/diagnosis"
	"relink/backend/integration"
	"relink/backend/locale"
	"relink/backend/secret"
	"relink/backend/view"
	"relink/build/canary"
)

// secretsOf are what the vault holds for a method, one canary for each part.
func secretsOf(m integration.Method) map[string]string {
	parts := map[integration.Method][]string{
		integration.MethodOAuth2Code:              {"access_token", "refresh_token", "id_token", "client_secret", "code", "code_verifier", "state"},
		integration.MethodOAuth2Device:            {"access_token", "refresh_token", "client_secret", "device_code"},
		integration.MethodOAuth2ClientCredentials: {"access_token", "client_secret"},
		integration.MethodServiceAccount:          {"access_token", "private_key"},
		integration.MethodOAuth1:                  {"token", "token_secret", "consumer_secret"},
		integration.MethodAPIKey:                  {"api_key"},
		integration.MethodBasic:                   {"password"},
		integration.MethodDatabaseLogin:           {"password", "ssh_key", "passphrase"},
		integration.MethodLoginToken:              {"access_token", "password", "otp"},
	}[m]
	all := map[string]string{}
	for i, part := range parts {
		all[part] = fmt.Sprintf("CNRY-%s-%s-%032x", m, part, 0x5eed_0f_1e_2d+i*7919)
	}
	if _, ok := all["ssh_key"]; ok {
		all["ssh_key"] = "-----BEGIN OPENSSH PRIVATE KEY-----\nCNRYb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZWQy\n-----END OPENSSH PRIVATE KEY-----\n"
	}
	return all
}

// echo writes secrets into every text that evidence has, turn by turn: a provider that sends back what it was
// sent has a say in any of them.
func echo(v reflect.Value, next func() string) {
	switch v.Kind() {
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range v.NumField() {
			echo(v.Field(i), next)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		echo(v.Elem(), next)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			echo(v.Index(i), next)
		}
	case reflect.String:
		if v.Type() == reflect.TypeFor[string]() { // words of closed lists are no provider's
			v.SetString(next())
		}
	}
}

// told is one integration whose whole state holds secrets.
type toldCase struct {
	row     integration.Integration
	name    string
	secrets map[string]string
}

// canaryHouse is a data folder with an integration for every method and next step, and one for every finding.
type canaryHouse struct {
	t     *testing.T
	parts *cli.Parts
	now   time.Time
	cases []toldCase
}

func (h *canaryHouse) add(m integration.Method, rule diagnosis.Rule) {
	h.t.Helper()
	id, ctx := fmt.Sprintf("%04d", len(h.cases)), h.t.Context()
	secrets := secretsOf(m)
	var values []string
	fields := secret.Fields{}
	for part, value := range secrets {
		values, fields[part] = append(values, value), secret.New(value)
	}
	turn := 0
	next := func() string { turn++; return values[turn%len(values)] }
	provider := ""
	for _, p := range h.parts.Catalog.All() {
		if _, ok := p.Method(m); ok && (provider == "" || p.CommerceIntelligence != nil) {
			provider = p.ID
		}
	}
	if provider == "" {
		h.t.Fatalf("no provider has the method %s", m)
	}
	step := rule.Next
	if step == "" {
		step = integration.NextReconnect
	}
	args := map[string]string{}
	for _, name := range append([]string{"detail", "excerpt", "host", "untilAt", "count", "code", "status", "reason", "missing"}, rule.Args...) {
		args[name] = next()
	}
	f := integration.Finding{Verdict: rule.Verdict, Cause: rule.Cause, Rule: rule.Name, Status: rule.Status, Confidence: rule.Confidence, Next: step,
		Definitive: rule.Definitive, Latch: rule.Latch, Args: args, Known: []integration.Text{{Key: "observation.proof", Args: args}}}
	e := integration.Evidence{}
	echo(reflect.ValueOf(&e).Elem(), next)
	e.ProviderID, e.Method, e.Stage, e.At, e.HTTPStatus = provider, m, integration.StageSignIn, h.now, 401

	g := integration.Grant{ID: "grt_" + id, ProviderID: provider, Method: m, Version: 1, ObtainedAt: h.now.AddDate(0, 0, -40), UsedAt: h.now.Add(-time.Hour),
		Account: integration.Account{ID: next(), Name: "ana@shop.example"}, Scopes: []string{next()}, Public: map[string]string{"client_id": "public"},
		Resources: []integration.Resource{{ID: next(), Name: "Loja ção"}}}
	row := integration.Integration{ID: "int_" + id, ProviderID: provider, Name: "Source " + id, Settings: map[string]string{"shop": "loja"}, Interval: time.Hour, GrantID: g.ID, CreatedAt: g.ObtainedAt, HostKeys: "bastion.example ssh-ed25519 AAAA"}
	state := integration.State{IntegrationID: row.ID, Status: f.Status, Finding: f, Evidence: e, CheckedAt: h.now, Latched: f.Latch}
	state.Incident = &integration.Incident{ID: "inc_" + id, IntegrationID: row.ID, OpenedAt: h.now.Add(-30 * time.Hour), Finding: f}
	act := integration.Act{At: h.now.Add(-time.Minute), IntegrationID: row.ID, GrantID: g.ID, What: "handed_to", Actor: integration.ActorExec, Args: map[string]string{"integration": row.Name, "command": next()}, Scopes: []string{next()}}
	check(h.t, h.parts.Store.Add(ctx, row, g, integration.State{IntegrationID: row.ID}, act))
	check(h.t, h.parts.Store.Record(ctx, []integration.Checked{{State: state}}))
	behind := integration.Finding{Verdict: integration.VerdictFailing, Cause: integration.CauseCommerceIntelligence, Rule: "data-behind", Status: integration.StatusWaitingForCommerceIntelligence,
		Args: map[string]string{"integration": row.Name, "name": next(), "button": next(), "cycleState": next(), "dataPointAt": next(), "toldAt": next()}}
	check(h.t, h.parts.Store.RecordTheirs(ctx, []integration.TheirTurn{{Incident: integration.Incident{ID: "inc_there_" + id, IntegrationID: row.ID, OpenedAt: h.now, Finding: behind, Theirs: true}}}))
	check(h.t, h.parts.Vault.Set(ctx, integration.VaultKey(g.ID, g.Version), secret.Seal(fields)))
	h.cases = append(h.cases, toldCase{row, fmt.Sprintf("%s, %s, %s", m, rule.Name, step), secrets})
}

// files are all that leaves the house about an integration.
func (h *canaryHouse) files(c toldCase) map[string][]byte {
	h.t.Helper()
	all, ctx := map[string][]byte{}, h.t.Context()
	for _, lang := range locale.Languages() {
		for _, format := range []string{"text", "html", "pdf"} {
			content, err := h.parts.CardFile(ctx, view.CardRequest{ID: c.row.ID, Lang: lang, To: "Ana", Format: format})
			check(h.t, err)
			all["card, "+format+", "+lang] = content
		}
	}
	preview, err := h.parts.Card(ctx, view.CardRequest{ID: c.row.ID})
	check(h.t, err)
	all["the card's preview"] = fmt.Appendf(nil, "%+v", preview)
	for _, personal := range []bool{false, true} {
		ticket, err := h.parts.Support(ctx, c.row.ID, personal)
		check(h.t, err)
		all[fmt.Sprintf("bundle, text, personal %v", personal)] = []byte(ticket.Text)
		path := filepath.Join(h.t.TempDir(), "bundle.zip")
		check(h.t, h.parts.SaveBundle(ctx, c.row.ID, personal, path))
		content, err := os.ReadFile(path)
		check(h.t, err)
		all[fmt.Sprintf("bundle, zip, personal %v", personal)] = content
	}
	return all
}

// TestS7BundleAndCardOfEveryMethodAndEveryFindingHoldNoSecret makes all that leaves the house, from a data
// folder whose vault, evidence, findings, history and acts hold secrets of the method.
func TestS7BundleAndCardOfEveryMethodAndEveryFindingHoldNoSecret(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	p, err := cli.Open(t.Context(), cli.Options{DataDir: t.TempDir(), Memory: true, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return now }, Lang: "en"})
	check(t, err)
	t.Cleanup(func() { _ = p.Close() })
	h := &canaryHouse{t: t, parts: p, now: now}
	methods := []integration.Method{
		integration.MethodOAuth2Code, integration.MethodOAuth2Device, integration.MethodOAuth2ClientCredentials, integration.MethodServiceAccount,
		integration.MethodOAuth1, integration.MethodAPIKey, integration.MethodBasic, integration.MethodDatabaseLogin, integration.MethodLoginToken,
	}
	steps := map[integration.NextStep]diagnosis.Rule{}
	for n, rule := range diagnosis.Rules() {
		h.add(methods[n%len(methods)], rule)
		if _, known := steps[rule.Next]; !known && rule.Verdict == integration.VerdictFailing {
			steps[rule.Next] = rule
		}
	}
	for _, m := range methods {
		for _, rule := range steps {
			h.add(m, rule)
		}
	}
	check(t, p.Monitor.Load(t.Context()))
	files, seen := 0, map[string]bool{}
	for _, c := range h.cases {
		for what, content := range h.files(c) {
			files++
			kind, _, _ := strings.Cut(what, ", personal")
			for part, value := range c.secrets {
				for _, line := range strings.Split(value, "\n") { // the body of a key, and not its frame, is what is secret
					if strings.HasPrefix(line, "-----") {
						continue
					}
					if form := canary.Inside(content, line); form != "" {
						t.Errorf("%s: the %s holds the %s (%s)", c.name, what, part, form)
					}
				}
			}
			// A scanner that finds nothing anywhere would pass, too.
			seen[kind] = seen[kind] || canary.Inside(content, c.row.Name) != ""
		}
	}
	for kind, found := range seen {
		if !found {
			t.Errorf("the scanner cannot read %s", kind)
		}
	}
	if files < 1000 || len(seen) < 9 {
		t.Errorf("%d files of %d kinds prove little", files, len(seen))
	}
	t.Logf("%d states, %d files", len(h.cases), files)
}
