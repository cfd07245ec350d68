package reauth

import (
	"context"
	"errors"

	"relink/backend/grant"
	"relink/backend/integration"
	"relink/backend/oauth"
)

// credentials gets a token with what was typed or brought, without any consent: client credentials (RFC
// 6749 section 4.4), or a service account's signed assertion (RFC 7523). What is refused comes back as
// the form, with the reason.
func (c *Conversations) credentials(ctx context.Context, f *flow) integration.Step {
	public, typed, goes := c.entered(f)
	if !goes {
		return c.outcomeStep(f)
	}
	held := grant.Held{Grant: integration.Grant{ProviderID: f.provider.ID, Method: f.method.Kind, Public: public}, Secrets: typed}
	token, err := grant.Obtain(ctx, c.Exchange, f.use(), held)
	switch {
	case errors.Is(err, oauth.ErrKey):
		return c.form(f, integration.InputErrors{{Field: "private_key", Code: "key_unreadable"}})
	case err != nil:
		return c.again(f, c.notHandedOut(f, err))
	}
	return c.tried(ctx, f, c.commit(ctx, f, c.candidate(f, &token)))
}

// tried is the step after a candidate that a form brought: what does not pass the probe comes back as
// the form.
func (c *Conversations) tried(ctx context.Context, f *flow, outcome integration.Outcome) integration.Step {
	if outcome.Result == integration.ResultNotProven {
		return c.again(f, outcome)
	}
	return c.finish(ctx, f, outcome)
}

// again is the form once more, with the reason, so that nothing has to be typed twice.
func (c *Conversations) again(f *flow, outcome integration.Outcome) integration.Step {
	outcome.Text = outcomeText(f, outcome)
	step := c.form(f, nil)
	step.Notice, step.Outcome = &outcome.Text, &outcome
	return step
}
