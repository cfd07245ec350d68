package cli

import (
	"context"
	"errors"
	"fmt"
	"os"

	"relink/backend/catalog"
	"relink/backend/integration"
	"relink/backend/reauth"
	"relink/backend/sandbox"
	"relink/backend/secret"
)

// sampleAccount is the person of the sample world who connected everything.
const sampleAccount = "ana@shop.example"

// samples are the sample integrations: a service of the sandbox, and what to call it.
func samples() []struct{ service, name string } {
	return []struct{ service, name string }{
		{"sample-analytics", "Sample Analytics"},
		{"sample-ads", "Sample Ads"},
		{"sample-shop", "Sample Shop"},
	}
}

// OpenSample puts the parts together over a throw-away folder and a vault in memory, with a sandbox
// world on loopback and its sample integrations connected. Close removes the folder.
func OpenSample(ctx context.Context, o Options) (*Parts, error) {
	dir, err := os.MkdirTemp("", "relink-sample-")
	if err != nil {
		return nil, fmt.Errorf("make a throw-away folder: %w", err)
	}
	o.DataDir, o.Memory = dir, true
	p, err := Open(ctx, o)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	p.throwAway = dir
	if err := p.populate(ctx); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
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
		provider.Own = true
		if err := p.Catalog.Add(provider); err != nil {
			return err
		}
		if err := p.connect(ctx, provider, s.name); err != nil {
			return fmt.Errorf("connect %s: %w", s.name, err)
		}
	}
	return nil
}

// connect adds one sample integration; the consent is given by a browser that is an HTTP client.
func (p *Parts) connect(ctx context.Context, provider catalog.Provider, name string) error {
	id, key := p.World.Client(provider.ID)
	draft := reauth.Draft{ProviderID: provider.ID, Name: name}
	secrets := secret.Fields{"api_key": secret.New(p.World.Service(provider.ID).APIKey())}
	if provider.Methods[0].OAuth != nil {
		draft.Values = map[string]string{"client_id": id}
		secrets = secret.Fields{"client_secret": secret.New(key)}
	}
	step, err := p.Reauth.Add(ctx, draft, secrets, reauth.StartOptions{NoBrowser: true})
	if err != nil {
		return err
	}
	if step.Kind == integration.StepConsent {
		if step, err = p.consent(ctx, step); err != nil {
			return err
		}
	}
	if step.Outcome == nil || !step.Outcome.Result.Changed() {
		return fmt.Errorf("not connected: %v", step.Outcome)
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
	return p.CheckAll(ctx)
}
