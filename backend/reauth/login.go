package reauth

import (
	"context"
	"errors"

	"relink/backend/catalog"
	"relink/backend/grant"
	"relink/backend/integration"
	"relink/backend/oauth"
	"relink/backend/secret"
)

// login trades a user's name and password for a token. Where the account has a second factor, the next step
// asks for the one-time code; what is refused comes back as the form, with the reason.
func (c *Conversations) login(ctx context.Context, f *flow) integration.Step {
	held, goes := c.loginOf(f)
	if !goes {
		return c.outcomeStep(f)
	}
	token, err := grant.Obtain(ctx, c.Exchange, f.use(), held)
	var refusal *oauth.Refusal
	switch code := f.method.Trade.Code; {
	case err == nil:
		return c.loggedIn(ctx, f, token, false)
	case code != nil && errors.As(err, &refusal) && code.Wanted(refusal.Detail):
		return c.askCode(f, "reauth.code_wanted")
	}
	return c.again(f, c.notHandedOut(f, err))
}

// loginOf is what was typed, as Obtain wants it; goes says whether the conversation still goes on.
func (c *Conversations) loginOf(f *flow) (held grant.Held, goes bool) {
	public, typed, goes := c.entered(f)
	return grant.Held{Grant: integration.Grant{ProviderID: f.provider.ID, Method: f.method.Kind, Public: public}, Secrets: typed}, goes
}

// askCode is the step that asks for the one-time code alone; notice is the sentence that says why.
func (c *Conversations) askCode(f *flow, notice string) integration.Step {
	f.code = true
	return integration.Step{
		Flow: f.id, Kind: integration.StepForm, Title: title(f), Code: true, Also: f.also(),
		Fields: []integration.Field{f.method.Trade.Code.Field},
		Notice: &integration.Text{Key: notice, Args: map[string]string{"provider": f.provider.Name, "integration": f.integration.Name}},
	}
}

// coded takes the one-time code. It goes into one request and is neither kept with what was typed nor with the grant.
func (c *Conversations) coded(ctx context.Context, f *flow, code secret.Text) integration.Step {
	if code.Empty() {
		step := c.askCode(f, "reauth.code_wanted")
		step.Problems = catalog.ValidateFields(step.Fields, nil, nil)
		return step
	}
	held, goes := c.loginOf(f)
	if !goes {
		return c.outcomeStep(f)
	}
	token, err := grant.ObtainWithCode(ctx, c.Exchange, f.use(), held, code)
	if err == nil {
		return c.loggedIn(ctx, f, token, true)
	}
	outcome := c.notHandedOut(f, err)
	var refusal *oauth.Refusal
	switch {
	case outcome.Finding.Rule == "login-refused": // it is the password that was refused
		f.code = false
		return c.again(f, outcome)
	case errors.As(err, &refusal) && refusal.HTTPStatus/100 == 4 && !refusal.HTML:
		return c.askCode(f, "reauth.code_refused")
	}
	outcome.Text = outcomeText(f, outcome)
	step := c.askCode(f, "reauth.code_wanted")
	step.Notice, step.Outcome = &outcome.Text, &outcome
	return step
}

// loggedIn proves the token and commits it. coded says that a one-time code was needed, which is noted with the grant:
// only a person can renew it.
func (c *Conversations) loggedIn(ctx context.Context, f *flow, token oauth.Token, coded bool) integration.Step {
	f.code = false
	c.mu.Lock()
	f.public = integration.WithSecondFactor(f.public, coded)
	c.mu.Unlock()
	return c.tried(ctx, f, c.commit(ctx, f, c.candidate(f, &token)))
}

// dropCode removes a one-time code that came before it was asked for: what was typed is kept with the grant.
func (f *flow) dropCode(secrets secret.Fields) {
	if f.method.Trade != nil && f.method.Trade.Code != nil {
		delete(secrets, f.method.Trade.Code.Field.ID)
	}
}

// resumesWithCode says whether a person needs to type the one-time code alone, as the login itself is known and was
// not refused.
func (c *Conversations) resumesWithCode(f *flow, rule string) bool {
	return f.method.Trade != nil && f.method.Trade.Code != nil && f.old.NeedsSecondFactor() && rule != "login-refused" && len(c.problems(f)) == 0
}
