package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/gofrs/flock"

	"relink/backend/catalog"
	"relink/backend/commerce"
	"relink/backend/integration"
	"relink/backend/reauth"
	"relink/backend/sandbox"
	"relink/backend/secret"
)

// sampleAccount is the person of the sample world who connected everything.
const sampleAccount = "ana@shop.example"

// sample is a sample integration: a service of the sandbox, what to call it, and the button that Commerce
// Intelligence would have for it.
type sample struct{ service, name, button string }

func samples() []sample {
	return []sample{
		{"sample-analytics", "Sample Analytics", "Sample Analytics"},
		{"sample-ads", "Sample Ads", "Authorize"},
		{"sample-shop", "Sample Shop", "Save & Test"},
	}
}

// sampleUpdate is how long ago the sample account of Commerce Intelligence was last updated.
const sampleUpdate = 3 * time.Hour

// OpenSample puts the parts together over a throw-away folder and a vault in memory, with a sandbox
// world on loopback and its sample integrations connected. Close removes the folder.
func OpenSample(ctx context.Context, o Options) (*Parts, error) {
	throwAwayOld()
	dir, err := os.MkdirTemp("", samplePrefix)
	if err != nil {
		return nil, fmt.Errorf("make a throw-away folder: %w", err)
	}
	used := flock.New(filepath.Join(dir, lockName), flock.SetPermissions(0o600))
	if _, err := used.TryLock(); err != nil {
		return nil, errors.Join(fmt.Errorf("claim a throw-away folder: %w", err), os.RemoveAll(dir))
	}
	o.DataDir, o.Memory = dir, true
	p, err := Open(ctx, o)
	if err != nil {
		return nil, errors.Join(err, used.Close(), os.RemoveAll(dir))
	}
	p.throwAway, p.throwAwayUsed = dir, used
	if err := p.populate(ctx); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

// samplePrefix begins the names of throw-away folders.
const samplePrefix = "relink-sample-"

// throwAwayOld removes the folders of samples that could not: their program was killed, or its display went away. One
// that is in use is locked; one without a lock is just being made.
func throwAwayOld() {
	old, _ := filepath.Glob(filepath.Join(os.TempDir(), samplePrefix+"*", lockName))
	for _, path := range old {
		folder, err := os.Lstat(filepath.Dir(path))
		file, fileErr := os.Lstat(path)
		if err != nil || fileErr != nil || !folder.IsDir() || !file.Mode().IsRegular() {
			continue // whoever shares the folder for temporary files can put a link there
		}
		lock := flock.New(path, flock.SetFlag(os.O_RDWR))
		if got, err := lock.TryLock(); got && err == nil {
			_ = os.RemoveAll(filepath.Dir(path))
		}
		_ = lock.Close()
	}
}

// populate starts the world and connects its services, as a person would: by consent and by key.
func (p *Parts) populate(ctx context.Context) error {
	world, err := sandbox.Start(ctx, sandbox.Options{Now: p.Now})
	if err != nil {
		return fmt.Errorf("start the sample world: %w", err)
	}
	p.World = world
	for _, s := range samples() {
		provider, err := catalog.Parse(s.service, world.ProviderYAML(s.service))
		if err != nil {
			return fmt.Errorf("read the sample provider %s: %w", s.service, err)
		}
		provider.CommerceIntelligence = &catalog.Theirs{Name: provider.Name, Button: s.button, Again: integration.Localized{
			"en": "Choose the same shops again.", "pt-BR": "Escolha de novo as mesmas lojas.",
		}}
		id, key := world.Client(provider.ID)
		draft := reauth.Draft{Name: s.name}
		secrets := secret.Fields{"api_key": secret.New(world.Service(provider.ID).APIKey())}
		if provider.Methods[0].OAuth != nil {
			draft.Values = map[string]string{"client_id": id}
			secrets = secret.Fields{"client_secret": secret.New(key)}
		}
		if err := p.connect(ctx, provider, draft, secrets); err != nil {
			return err
		}
	}
	return p.connectWarehouse(ctx)
}

// connectWarehouse connects an account of Commerce Intelligence, described as the real one is.
func (p *Parts) connectWarehouse(ctx context.Context) error {
	warehouse, err := p.World.OpenWarehouse(p.Now)
	if err != nil {
		return err
	}
	warehouse.Finish("Completed Successfully", p.Now().Add(-sampleUpdate))
	provider, _ := p.Catalog.Provider(commerce.ProviderID)
	probe := *provider.Probe.HTTP
	probe.URL = warehouse.URL + "/client/{client_id}/fullupdatestatus"
	provider.ID, provider.Family, provider.Name, provider.Links, provider.Status = "sample-warehouse", commerce.ProviderID, "Sample Commerce Intelligence", catalog.Links{}, nil
	provider.Probe.HTTP = &probe
	draft := reauth.Draft{Name: provider.Name, Settings: map[string]string{"client_id": strconv.Itoa(warehouse.Client)}}
	return p.connect(ctx, provider, draft, secret.Fields{"api_key": secret.New(warehouse.Key)})
}

// connect adds one sample integration; the consent is given by a browser that is an HTTP client.
func (p *Parts) connect(ctx context.Context, provider catalog.Provider, draft reauth.Draft, secrets secret.Fields) error {
	provider.Own = true
	if err := p.Catalog.Add(provider); err != nil {
		return err
	}
	draft.ProviderID = provider.ID
	step, err := p.Reauth.Add(ctx, draft, secrets, reauth.StartOptions{NoBrowser: true})
	if err == nil && step.Kind == integration.StepConsent {
		step, err = p.consent(ctx, step)
	}
	if err == nil && (step.Outcome == nil || !step.Outcome.Result.Changed()) {
		err = fmt.Errorf("not connected: %v", step.Outcome)
	}
	if err != nil {
		return fmt.Errorf("connect %s: %w", draft.Name, err)
	}
	return nil
}

// consent signs in to the sample world and allows everything.
func (p *Parts) consent(ctx context.Context, step integration.Step) (integration.Step, error) {
	if err := p.World.Consent(ctx, step.Consent.URL, sampleAccount, true, nil); err != nil {
		return step, fmt.Errorf("consent in the sample world: %w", err)
	}
	return p.Reauth.Await(ctx, step.Flow)
}

// BreakSample withdraws one sample grant at its provider, and checks everything.
func (p *Parts) BreakSample(ctx context.Context) error {
	p.World.Service("sample-ads").Revoke()
	_, err := p.CheckAll(ctx)
	return err
}
