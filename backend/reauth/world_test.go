package reauth_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"relink/backend/catalog"
	"relink/backend/grant"
	"relink/backend/integration"
	"relink/backend/monitor"
	"relink/backend/oauth"
	"relink/backend/probe"
	"relink/backend/reauth"
	"relink/backend/sandbox"
	"relink/backend/secret"
	"relink/backend/store"
)

// parts are everything that a conversation needs, over a real database file and the sandbox.
type parts struct {
	t       *testing.T
	world   *sandbox.World
	store   *store.Store
	vault   *stubbornVault
	monitor *monitor.Monitor
	reauth  *reauth.Conversations
	catalog *catalog.Catalog
	dir     string
	relay   string
	added   int
}

// stubbornVault is a vault that can be told to refuse writes.
type stubbornVault struct {
	secret.Vault
	refuse bool
}

func (v *stubbornVault) Set(ctx context.Context, key string, value secret.Text) error {
	if v.refuse {
		return secret.ErrLocked
	}
	return v.Vault.Set(ctx, key, value)
}

// newParts puts everything together; edits change the providers' descriptions.
func newParts(t *testing.T, edits ...*strings.Replacer) *parts {
	t.Helper()
	ctx := t.Context()
	dir := t.TempDir()
	log := slog.New(slog.DiscardHandler)
	world, err := sandbox.Start(context.Background(), sandbox.Options{})
	check(t, err)
	t.Cleanup(func() { _ = world.Close() })
	s, err := store.Open(ctx, dir, store.Options{Now: time.Now, Logger: log})
	check(t, err)
	t.Cleanup(func() { _ = s.Close() })
	c, err := catalog.Load("")
	check(t, err)
	describe := func(id string, yaml []byte) {
		text := string(yaml)
		for _, edit := range edits {
			text = edit.Replace(text)
		}
		p, err := catalog.Parse(id, []byte(text))
		check(t, err)
		check(t, c.Add(p))
	}
	for _, service := range world.Services() {
		describe(service.ProviderID(), service.ProviderYAML())
	}
	main := world.Service("sample-analytics")
	describe("sample-profile", main.RelatedYAML("sample-profile", "Sample Profile", sandbox.ScopeProfile, ""))
	describe("sample-orders", main.RelatedYAML("sample-orders", "Sample Orders", sandbox.ScopeOrders, "developer_token"))
	p := &parts{t: t, world: world, store: s, vault: &stubbornVault{Vault: secret.NewMemory()}, catalog: c, dir: dir}
	locks := filepath.Join(dir, "locks")
	exchange := oauth.NewExchange(nil, time.Now)
	prober := probe.New(probe.Options{Now: time.Now})
	keeper := grant.New(s, p.vault, exchange, locks, time.Now)
	p.monitor = monitor.New(monitor.Options{Store: s, Grants: keeper, Providers: c.Provider, Prober: prober, Log: log, Now: time.Now})
	check(t, p.monitor.Load(ctx))
	p.reauth = reauth.New(reauth.Options{
		Store: s, Vault: p.vault, Keeper: keeper, Locks: grant.Locks{Dir: locks}, Monitor: p.monitor, Prober: prober, Exchange: exchange,
		Providers: c.Provider, Browser: oauth.OpenBrowser, Page: func() oauth.PageTexts { return oauth.PageTexts{Title: "Relink"} },
		Relay: func() string { return p.relay }, Log: log, Now: time.Now,
	})
	return p
}

// provide adds a provider to the catalog: the service's own, under another id and with these replacements.
func (p *parts) provide(id, service string, replace ...string) {
	p.t.Helper()
	yaml := string(p.world.Service(service).ProviderYAML())
	for i := 0; i < len(replace); i += 2 {
		if !strings.Contains(yaml, replace[i]) {
			p.t.Fatalf("the provider has no %q:\n%s", replace[i], yaml)
		}
		yaml = strings.ReplaceAll(yaml, replace[i], replace[i+1])
	}
	parsed, err := catalog.Parse(id, []byte(strings.Replace(yaml, "id: "+service, "id: "+id, 1)))
	check(p.t, err)
	check(p.t, p.catalog.Add(parsed))
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// add connects a service of the world with Ana's account and returns the new integration's id.
func (p *parts) add(service string) string {
	p.t.Helper()
	id, key := p.world.Client(service)
	draft := reauth.Draft{ProviderID: service, Name: "My " + service}
	secrets := secret.Fields{"api_key": secret.New(p.world.Service(service).APIKey())}
	if service != "sample-shop" {
		draft.Values = map[string]string{"client_id": id}
		secrets = secret.Fields{"client_secret": secret.New(key)}
	}
	step, err := p.reauth.Add(p.t.Context(), draft, secrets, reauth.StartOptions{NoBrowser: true})
	check(p.t, err)
	if step.Kind == integration.StepConsent {
		step = p.consent(step, sandbox.Ana, true, nil)
	}
	if step.Outcome == nil || step.Outcome.Result != integration.ResultAdded {
		p.t.Fatalf("not added: %+v", step.Outcome)
	}
	return step.Outcome.IntegrationID
}

// consent answers in the browser and returns how the conversation ended.
func (p *parts) consent(step integration.Step, account string, allow bool, scopes []string) integration.Step {
	p.t.Helper()
	check(p.t, p.world.Consent(p.t.Context(), step.Consent.URL, account, allow, scopes))
	end, err := p.reauth.Await(p.t.Context(), step.Flow)
	check(p.t, err)
	return end
}

// start begins to repair an integration.
func (p *parts) start(id string) integration.Step {
	p.t.Helper()
	step, err := p.reauth.Start(p.t.Context(), id, reauth.StartOptions{NoBrowser: true})
	check(p.t, err)
	return step
}

// kept is all that a failed conversation must leave as it was: the grant's row, its secret, the integration's row.
type kept struct {
	Grant       integration.Grant
	Secret      string
	Integration integration.Integration
}

func (p *parts) kept(id string) kept {
	p.t.Helper()
	i, err := p.store.Integration(p.t.Context(), id)
	check(p.t, err)
	g, err := p.store.Grant(p.t.Context(), i.GrantID)
	check(p.t, err)
	text, err := p.vault.Get(p.t.Context(), g.VaultKey())
	check(p.t, err)
	return kept{g, text.Reveal(), i}
}

// replaced gives the YAML line that begins with the key another value.
func replaced(yaml, key, value string) string {
	lines := strings.Split(yaml, "\n")
	for i, line := range lines {
		if before, _, ok := strings.Cut(line, key); ok && strings.TrimSpace(before) == "" {
			lines[i] = before + key + " " + strconv.Quote(value)
		}
	}
	return strings.Join(lines, "\n")
}

// addTo begins to add an integration of the provider, by the first of its ways in.
func (p *parts) addTo(provider string, values, secrets map[string]string) integration.Step {
	p.t.Helper()
	fields := secret.Fields{}
	for name, value := range secrets {
		fields[name] = secret.New(value)
	}
	p.added++
	draft := reauth.Draft{ProviderID: provider, Name: provider + " " + strconv.Itoa(p.added), Values: values}
	step, err := p.reauth.Add(p.t.Context(), draft, fields, reauth.StartOptions{NoBrowser: true})
	check(p.t, err)
	return step
}
