package support_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"relink/backend/integration"
	"relink/backend/locale"
	"relink/backend/support"
	"relink/build/canary"
)

var noon = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

func printer(t *testing.T, lang string) locale.Printer {
	t.Helper()
	c, err := locale.Load()
	if err != nil {
		t.Fatal(err)
	}
	return c.At(func() time.Time { return noon }, time.UTC).In(lang)
}

// canaries are secrets of every kind that Relink is handed.
func canaries() map[string]string {
	all := map[string]string{}
	for _, kind := range []string{"access-token", "refresh-token", "client-secret", "code", "state", "api-key", "db-password", "passphrase", "webhook"} {
		all[kind] = "CNRY-" + kind + "-0f1e2d3c4b5a69788796a5b4c3d2e1f0"
	}
	all["ssh-key"] = "CNRYb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZWQy"
	all["shopify"] = "shpat_0123456789abcdef0123456789abcdef"
	all["stripe"] = "sk_live_51H8a9Q2eZvKYlo2C0a1b2c3d4e5f6g7h8"
	return all
}

// echoing are the facts of an integration whose provider sends back whatever it was sent, in every
// field that it has a say in.
func echoing(secret string) support.Facts {
	args := map[string]string{
		"integration": "Shop BR", "provider": "Shopify", "account": "ana@shop.example", "detail": secret, "excerpt": secret, "missing": secret,
		"code": secret, "status": secret, "untilAt": secret, "count": secret, "host": secret, "reason": secret,
	}
	failing := integration.Finding{
		Verdict: integration.VerdictFailing, Cause: integration.CauseAccountChange, Rule: "grant-revoked", Status: integration.StatusNeedsReauthorization,
		Args: args, Known: []integration.Text{{Key: "observation.proof", Args: args}},
	}
	return support.Facts{
		Integration: integration.Integration{ID: "int_7", Name: "Shop BR", ProviderID: "shopify", Settings: map[string]string{"shop": secret}},
		Grant: integration.Grant{
			ID: "grt_1", Account: integration.Account{ID: secret, Name: "ana@shop.example"}, Scopes: []string{secret}, Method: integration.MethodAPIKey,
			Resources: []integration.Resource{{ID: secret, Name: secret}}, Public: map[string]string{"client_id": secret}, ObtainedAt: noon.Add(-90 * time.Hour),
		},
		State: integration.State{
			Finding: failing, Status: integration.StatusNeedsReauthorization, CheckedAt: noon, Latched: true,
			Evidence: integration.Evidence{
				Stage: integration.StageSignIn, HTTPStatus: 401, OAuthError: secret, VendorCode: secret, Excerpt: secret, Host: secret,
				Scopes: []string{secret}, Tunnel: &integration.TunnelSeen{Host: secret, Problem: integration.TunnelKeyChanged, Shown: secret},
			},
			Incident: &integration.Incident{OpenedAt: noon.Add(-time.Hour), Finding: failing},
		},
		ProviderName: "Shopify", Relink: "0.1.0", System: "linux/amd64", Now: noon,
		Changes:     []integration.Change{{At: noon.Add(-time.Hour), Status: integration.StatusNeedsReauthorization, Finding: failing}},
		Acts:        []integration.Act{{At: noon.Add(-time.Minute), What: "handed_to", Actor: integration.ActorCLI, Args: map[string]string{"integration": "Shop BR", "command": secret}, Scopes: []string{secret}}},
		Incidents:   []integration.Incident{{OpenedAt: noon.Add(-time.Hour), NotifiedAt: noon.Add(-time.Hour)}},
		UpdateCycle: &support.UpdateCycle{State: secret},
		Values:      func(f integration.Finding) map[string]string { return f.Args },
	}
}

func TestS7TheBundleHoldsNoSecretWhateverAProviderEchoes(t *testing.T) {
	for kind, secret := range canaries() {
		for _, personal := range []bool{false, true} {
			facts := echoing(secret)
			facts.Personal = personal
			if personal {
				facts.Grant.Account.ID = ""
			}
			bundle := support.NewBundle(facts)
			for _, lang := range locale.Languages() {
				archive, err := bundle.Zip(printer(t, lang))
				if err != nil {
					t.Fatal(err)
				}
				for what, content := range map[string][]byte{"text": []byte(bundle.Text(printer(t, lang))), "zip": archive} {
					if form := canary.Find(content, secret); form != "" {
						t.Errorf("%s: the %s holds it (%s)", kind, what, form)
					}
				}
			}
		}
	}
	// A scanner that finds nothing anywhere would pass, too.
	facts := echoing("x")
	facts.Integration.Name = canaries()["api-key"]
	if canary.Find([]byte(support.NewBundle(facts).Text(printer(t, "en"))), canaries()["api-key"]) == "" {
		t.Error("the scanner does not find what is there")
	}
}

func TestS7PersonsAndShopsAreVeiledUnlessTicked(t *testing.T) {
	facts := echoing("x")
	facts.Integration.Name = "Ads of ana@shop.example at loja.shop.example"
	facts.Acts = []integration.Act{{At: noon, What: "added", Args: map[string]string{"integration": "Ads", "account": "Acme Ltda"}}}
	veiled, told := support.NewBundle(facts).Text(printer(t, "en")), ""
	facts.Personal = true
	told = support.NewBundle(facts).Text(printer(t, "en"))
	for _, private := range []string{"ana@shop.example", "loja.shop.example", "Acme Ltda"} {
		if strings.Contains(veiled, private) || !strings.Contains(told, private) {
			t.Errorf("%s: veiled %v, told %v", private, !strings.Contains(veiled, private), strings.Contains(told, private))
		}
	}
	if !strings.Contains(veiled, "person-") || !strings.Contains(veiled, "host-") || !strings.Contains(veiled, "account-") {
		t.Errorf("nothing stands in their place:\n%s", veiled)
	}
	if again := support.NewBundle(facts); again.Text(printer(t, "en")) != told {
		t.Error("the same facts make another text")
	}
}

// TestS7ABundleIsNamedFieldsAlone walks the type: a map, an interface or bytes could hold anything.
func TestS7ABundleIsNamedFieldsAlone(t *testing.T) {
	var walk func(path string, typ reflect.Type)
	walk = func(path string, typ reflect.Type) {
		switch {
		case typ == reflect.TypeFor[time.Time](), typ == reflect.TypeFor[integration.Text](): // a key and values that the veil let through
		case typ.Kind() == reflect.Struct:
			for i := range typ.NumField() {
				walk(path+"."+typ.Field(i).Name, typ.Field(i).Type)
			}
		case typ.Kind() == reflect.Slice && typ.Elem().Kind() == reflect.Struct, typ.Kind() == reflect.Pointer:
			walk(path, typ.Elem())
		case typ.Kind() == reflect.String, typ.Kind() == reflect.Int:
		default:
			t.Errorf("%s is a %s", path, typ)
		}
	}
	walk("Bundle", reflect.TypeFor[support.Bundle]())
}

func TestS7TheZipIsOursAloneAndHoldsTwoPlainNames(t *testing.T) {
	bundle := support.NewBundle(echoing("x"))
	content, err := bundle.Zip(printer(t, "en"))
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := filepath.Join(t.TempDir(), "elsewhere")
	path := filepath.Join(t.TempDir(), "bundle.zip")
	if err := os.WriteFile(elsewhere, []byte("kept"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(elsewhere, path); err != nil && runtime.GOOS != "windows" {
		t.Fatal(err)
	}
	if err := support.Save(path, content); err != nil {
		t.Fatal(err)
	}
	stat, err := os.Lstat(path)
	if err != nil || runtime.GOOS != "windows" && stat.Mode() != 0o600 {
		t.Errorf("mode %v, %v", stat.Mode(), err)
	}
	if kept, _ := os.ReadFile(elsewhere); string(kept) != "kept" {
		t.Error("a link was followed")
	}
	archive, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	var names []string
	for _, f := range archive.File {
		names = append(names, f.Name)
		if !f.Mode().IsRegular() || strings.ContainsAny(f.Name, `/\`) {
			t.Errorf("member %s is %v", f.Name, f.Mode())
		}
	}
	if strings.Join(names, " ") != "relink-support.txt relink-support.json" {
		t.Errorf("members: %v", names)
	}
	member, err := archive.File[0].Open()
	if err != nil {
		t.Fatal(err)
	}
	defer member.Close()
	if text, _ := io.ReadAll(member); string(text) != bundle.Text(printer(t, "en")) {
		t.Error("the zip holds another text than the preview")
	}
}

func TestTheBundleTellsWhatASupportDeskAsksFor(t *testing.T) {
	facts := echoing("x")
	facts.State.Evidence.VendorCode, facts.State.Evidence.OAuthError = "ACCESS_DENIED-42", "invalid_grant"
	facts.Grant.RenewedAt = noon.Add(-2 * time.Hour)
	bundle := support.NewBundle(facts)
	text := bundle.Text(printer(t, "en"))
	for _, want := range []string{
		"Shop BR", "Shopify", "401", "invalid_grant", "ACCESS_DENIED-42", "SSH host keys: changed", "2026-11-26 10:00 UTC", "grant-revoked",
		"Relink 0.1.0, linux/amd64", "The incident began.", "A notice was shown.", "[Command line]",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	if portuguese := bundle.Text(printer(t, "pt-BR")); !strings.Contains(portuguese, "Chaves de host SSH: mudaram") {
		t.Error(portuguese)
	}
	fields, err := json.Marshal(bundle)
	if err != nil || !bytes.Contains(fields, []byte(`"host_keys":"changed"`)) {
		t.Errorf("%s, %v", fields, err)
	}
}

func TestATicketIsOfferedAfterTwoFailedRepairsOrADay(t *testing.T) {
	open := integration.State{Incident: &integration.Incident{OpenedAt: noon}}
	try := func(result integration.Result, at time.Time) integration.Act {
		return integration.Act{At: at, What: "not_reconnected", Args: map[string]string{"result": string(result)}}
	}
	failed, cancelled, earlier := try(integration.ResultNotProven, noon), try(integration.ResultCancelled, noon), try(integration.ResultDenied, noon.Add(-time.Hour))
	for _, c := range []struct {
		name  string
		state integration.State
		acts  []integration.Act
		after time.Duration
		want  bool
	}{
		{"nothing is broken", integration.State{}, []integration.Act{failed, failed}, 48 * time.Hour, false},
		{"one try", open, []integration.Act{failed, cancelled, cancelled, earlier}, time.Hour, false},
		{"two tries", open, []integration.Act{failed, failed}, time.Hour, true},
		{"almost a day", open, nil, 24*time.Hour - time.Second, false},
		{"a day", open, nil, 24 * time.Hour, true},
	} {
		if got := support.Offered(c.state.Incident, c.acts, noon.Add(c.after)); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func TestTheTimelineTellsWhatWasSeenTriedAndChangedInOrder(t *testing.T) {
	finding := integration.Finding{Rule: "grant-revoked", Verdict: integration.VerdictFailing}
	n := integration.Incident{OpenedAt: noon, NotifiedAt: noon.Add(time.Second), ClosedAt: noon.Add(time.Hour), Ending: integration.EndingTemporary}
	changes := []integration.Change{
		{At: noon.Add(2 * time.Hour), Finding: finding}, // of the next incident
		{At: noon, Finding: finding}, {At: noon.Add(-time.Minute), Finding: finding}, {At: noon.Add(-2 * time.Hour), Finding: finding},
	}
	acts := []integration.Act{{At: noon.Add(time.Minute), What: "edited", Actor: integration.ActorCLI}}
	var got []string
	for _, m := range support.Timeline(n, changes, acts, func(integration.Finding) map[string]string { return nil }) {
		got = append(got, string(m.Kind)+" "+m.Text.Key+" "+m.Who)
	}
	want := []string{
		"seen finding.grant-revoked.what ", "seen finding.grant-revoked.what ", "opened incident.opened ", "told incident.told ",
		"tried act.edited cli", "ended incident.ended_by_itself ",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
