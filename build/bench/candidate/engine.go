package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"relink/backend/catalog"
	"relink/backend/grant"
	"relink/backend/integration"
	"relink/backend/monitor"
	"relink/backend/oauth"
	"relink/backend/probe"
	"relink/backend/secret"
	"relink/backend/store"
	"relink/build/bench/script"
)

// engine is everything that checks.
type engine struct {
	store   *store.Store
	vault   secret.Vault
	monitor *monitor.Monitor
	changed chan struct{} // a result was recorded

	provider []byte // its provider.yaml
}

// provider is the service that the target plays. Its documented answers are the script's.
const provider = `
id: bench
name: Bench
category: other
summary: {en: The target of the bench, pt-BR: O alvo do bench}
settings:
  - {id: number, kind: number, label: {en: Number, pt-BR: Número}}
methods:
  - kind: api_key
    label: {en: Key, pt-BR: Chave}
    fields:
      - {id: api_key, kind: secret, label: {en: Key, pt-BR: Chave}}
    headers: {Authorization: "Bearer {api_key}"}
probe:
  http:
    method: GET
    url: %s/check/{number}
    proof: id
    account: {id: id, name: name}
    per_day: 0
answers:
  - {at: api, status: [401], path: error.code, equals: [key_expired], meaning: credential_expired}
  - {at: api, status: [401], path: error.code, equals: [key_revoked], meaning: credential_revoked}
sources: ["the script of the bench"]
`

func assemble(ctx context.Context, folder, target, vault string) (*engine, error) {
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	e := &engine{changed: make(chan struct{}, 1), vault: secret.NewMemory()}
	if vault == "keychain" {
		e.vault = secret.NewKeychain("relink-bench")
	}
	if target == "" {
		target = "http://127.0.0.1:1"
	}
	e.provider = fmt.Appendf(nil, provider, target)
	p, err := catalog.Parse("bench", e.provider)
	if err != nil {
		return nil, err
	}
	p.Own = true // so that an address of this computer may be asked
	if e.store, err = store.Open(ctx, folder, store.Options{Logger: log}); err != nil {
		return nil, err
	}
	if vault == "memory" {
		if err := e.remember(ctx); err != nil {
			return nil, err
		}
	}
	exchange := oauth.NewExchange(nil, time.Now)
	e.monitor = monitor.New(monitor.Options{
		Store:     e.store,
		Grants:    grant.New(e.store, e.vault, exchange, filepath.Join(folder, "locks"), time.Now),
		Providers: func(id string) (catalog.Provider, bool) { return p, id == p.ID },
		Prober:    probe.New(probe.Options{Now: time.Now}),
		Events: monitor.Events{Changed: func(string) {
			select {
			case e.changed <- struct{}{}:
			default:
			}
		}},
		Log: log, Now: time.Now, Workers: script.AtOnce,
	})
	return e, nil
}

// remember fills the vault in memory, which begins empty in every process.
func (e *engine) remember(ctx context.Context) error {
	rows, err := e.store.Integrations(ctx)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if err := e.keep(ctx, integration.Grant{ID: row.GrantID, Version: 1}); err != nil {
			return err
		}
	}
	return nil
}

func (e *engine) keep(ctx context.Context, g integration.Grant) error {
	return e.vault.Set(ctx, g.VaultKey(), secret.Seal(secret.Fields{"api_key": secret.New("key of " + g.ID)}))
}

// seed adds n integrations, each with a grant of its own, that are due tomorrow once they are checked.
// The provider goes into the data folder too, for the window that opens it.
func (e *engine) seed(ctx context.Context, n int) error {
	own := filepath.Join(filepath.Dir(e.store.Path()), "providers", "bench")
	if err := os.MkdirAll(own, 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(own, "provider.yaml"), e.provider, 0o600); err != nil {
		return err
	}
	now := time.Now().UTC()
	for i := range n {
		g := integration.Grant{
			ID: fmt.Sprintf("grt_%06d", i), ProviderID: "bench", Method: integration.MethodAPIKey, Version: 1, ObtainedAt: now,
		}
		row := integration.Integration{
			ID: fmt.Sprintf("int_%06d", i), ProviderID: "bench", Name: fmt.Sprintf("Shop %06d", i), GrantID: g.ID,
			Settings: map[string]string{"number": strconv.Itoa(i)}, Interval: integration.MaxInterval, CreatedAt: now, UpdatedAt: now,
		}
		if err := e.keep(ctx, g); err != nil {
			return err
		}
		state := integration.State{IntegrationID: row.ID, Status: integration.StatusUnknown}
		act := integration.Act{At: now, IntegrationID: row.ID, GrantID: g.ID, What: "added"}
		if err := e.store.Add(ctx, row, g, state, act); err != nil {
			return err
		}
	}
	return nil
}

// touch records that every integration was checked just now, with the mixed script's outcome: the
// last known truth that a window shows when it opens.
func (e *engine) touch(ctx context.Context) error {
	rows, err := e.store.Integrations(ctx)
	if err != nil {
		return err
	}
	now := time.Now().UTC()
	var batch []integration.Checked
	for i, row := range rows {
		s := integration.State{
			IntegrationID: row.ID, Status: integration.StatusConnected, CheckedAt: now, SucceededAt: now, DueAt: now.Add(row.Interval),
			Finding: integration.Finding{Verdict: integration.VerdictOK, Rule: "works", Confidence: integration.Certain, Next: integration.NextNothing},
		}
		if answer := script.For("mixed", i); answer != script.OK {
			s.Status, s.FailuresInARow = integration.StatusRetrying, 1
			s.Finding = integration.Finding{
				Verdict: integration.VerdictFailing, Cause: integration.CauseThirdParty, Rule: "service-down",
				Confidence: integration.Likely, Next: integration.NextWait,
			}
		}
		s.Evidence = integration.Evidence{ProviderID: row.ProviderID, At: now, Stage: integration.StageDone}
		batch = append(batch, integration.Checked{State: s})
	}
	return e.store.Record(ctx, batch)
}
