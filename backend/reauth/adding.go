package reauth

import (
	"context"
	"time"

	"relink/backend/catalog"
	"relink/backend/integration"
	"relink/backend/secret"
)

// Draft is a new integration as the person describes it.
type Draft struct {
	ProviderID string
	Name       string
	Method     integration.Method // the provider's first when ""
	Settings   map[string]string
	Values     map[string]string // the method's fields that are no secret
	Brought    *Brought          // a grant that another tool obtained; its tokens are among the secrets
	UseGrant   string            // the id of an integration whose grant is shared; integration.ChoiceNew for a grant of its own; "" asks where there is one to share
	Choice     string            // ChoiceImport: a vendor's file is among the secrets, and the next step is the form that it filled in; ChoiceMakeKey likewise
}

// Brought is what is known about a grant that another tool obtained.
type Brought struct {
	ObtainedAt      time.Time
	AccessExpiresAt time.Time // zero when not known
	Scopes          []string  // nil when not stated: as requested
}

// Add begins the conversation whose end is a new integration with its first grant. Wrong input is
// returned as integration.InputErrors.
func (c *Conversations) Add(ctx context.Context, d Draft, secrets secret.Fields, o StartOptions) (integration.Step, error) {
	f, err := c.draft(ctx, d)
	if err != nil {
		return integration.Step{}, err
	}
	f.noBrowser, f.brought = o.NoBrowser, d.Brought
	f.dropCode(secrets)
	f.public, f.typed = withDefaults(f.method.Fields, d.Values), secrets
	if d.Choice == ChoiceImport {
		file := secrets[ChoiceImport]
		delete(secrets, ChoiceImport)
		return c.open(f, c.imported(f, file)), nil
	}
	if d.Choice == ChoiceMakeKey && f.takesKey() {
		step, err := c.madeKey(f)
		return c.open(f, step), err
	}
	switch d.UseGrant {
	case integration.ChoiceNew:
	case "":
		if step, ok := c.offer(f); ok {
			return step, nil
		}
	default:
		return c.join(ctx, f, d.UseGrant)
	}
	if problems := c.problems(f); len(problems) > 0 {
		return integration.Step{}, problems
	}
	c.open(f, integration.Step{})
	return c.proceed(ctx, f)
}

// draft checks a new integration's name, provider and settings.
func (c *Conversations) draft(ctx context.Context, d Draft) (*flow, error) {
	if c.Store.ReadOnly() {
		return nil, integration.ErrReadOnly
	}
	provider, ok := c.Providers(d.ProviderID)
	if !ok {
		return nil, integration.InputErrors{{Field: "provider", Code: "provider_unknown", Args: map[string]string{"value": d.ProviderID}}}
	}
	kind := d.Method
	if kind == "" {
		kind = provider.Methods[0].Kind
	}
	settings := withDefaults(provider.Settings, d.Settings)
	problems := catalog.ValidateFields(provider.Settings, settings, nil)
	problems = append(problems, ValidateName(ctx, c.Store, d.Name, "")...)
	if _, ok := provider.Method(kind); !ok {
		problems = append(problems, integration.InputError{Field: "method", Code: "method_unknown", Args: map[string]string{"value": string(kind)}})
	}
	if len(problems) > 0 {
		return nil, problems
	}
	now := c.Now()
	return c.newFlow(integration.Integration{
		ID: integration.NewID("int_", now), ProviderID: provider.ID, Name: CleanName(d.Name), Settings: settings,
		Interval: provider.DefaultInterval(), CreatedAt: now, UpdatedAt: now,
	}, kind, nil)
}
