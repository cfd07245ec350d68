package reauth

import (
	"context"
	"maps"

	"relink/backend/integration"
	"relink/backend/secret"
)

// Answer takes the person's answer to the last step and returns the next one.
func (c *Conversations) Answer(ctx context.Context, id string, a integration.Answer, secrets secret.Fields) (integration.Step, error) {
	f, err := c.find(id)
	if err != nil {
		return integration.Step{}, err
	}
	c.mu.Lock()
	ended, waiting, asked := f.outcome != nil, f.waiting, f.asked != nil
	c.mu.Unlock()
	switch {
	case ended:
		return c.outcomeStep(f), nil
	case c.overtaken(f):
		return c.finish(ctx, f, integration.Outcome{Result: integration.ResultSuperseded}), nil
	case c.removed(f):
		return c.finish(ctx, f, integration.Outcome{Result: integration.ResultCancelled}), nil
	case asked:
		return c.decide(ctx, f, a.Choice)
	case waiting != nil:
		return c.pasted(ctx, f, waiting, a.Values["redirect"])
	}
	f.typing.Lock()
	defer f.typing.Unlock()
	if step, moved := c.moved(f); moved { // by the same answer, sent twice
		return step, nil
	}
	if f.code {
		return c.coded(ctx, f, secrets[f.method.Trade.Code.Field.ID]), nil
	}
	file := secrets[ChoiceImport]
	delete(secrets, ChoiceImport)
	f.dropCode(secrets)
	c.enter(f, a.Values, secrets)
	if a.Choice == ChoiceImport && f.method.Import != "" {
		return c.imported(f, file), nil
	}
	if a.Choice == ChoiceMakeKey && f.takesKey() {
		return c.madeKey(f)
	}
	if problems := c.problems(f); len(problems) > 0 {
		return c.form(f, problems), nil
	}
	return c.proceed(ctx, f)
}

// moved says whether the conversation is past its form, and what it asks now.
func (c *Conversations) moved(f *flow) (integration.Step, bool) {
	c.mu.Lock()
	form := f.outcome == nil && f.waiting == nil && f.asked == nil
	c.mu.Unlock()
	if form {
		return integration.Step{}, false
	}
	return c.outcomeStep(f), true
}

// enter adds what was typed; a secret that was left out is the one typed before.
func (c *Conversations) enter(f *flow, values map[string]string, secrets secret.Fields) {
	c.mu.Lock()
	defer c.mu.Unlock()
	maps.Copy(f.public, values)
	for name, text := range secrets {
		if !text.Empty() && f.typed != nil {
			f.typed[name] = text
		}
	}
}

// proceed goes on once all fields are well: to a page of the provider's, or to the proof.
func (c *Conversations) proceed(ctx context.Context, f *flow) (integration.Step, error) {
	if f.brought != nil {
		return c.bring(ctx, f), nil
	}
	if f.joins {
		if step, done := c.joined(ctx, f); done {
			return step, nil
		}
	}
	if f.repair {
		f.repair = false
		if step, done, err := c.mendClient(ctx, f); done || err != nil {
			return step, err
		}
	}
	switch f.method.Kind {
	case integration.MethodOAuth2Code:
		return c.consent(ctx, f)
	case integration.MethodOAuth2Device:
		return c.device(ctx, f)
	case integration.MethodOAuth2ClientCredentials, integration.MethodServiceAccount:
		return c.credentials(ctx, f), nil
	case integration.MethodLoginToken:
		return c.login(ctx, f), nil
	case integration.MethodOAuth1:
		if f.asksPerson() {
			return c.consent1(ctx, f)
		}
	case integration.MethodDatabaseLogin:
		if step, asked := c.enroll(ctx, f); asked {
			return step, nil
		}
	}
	return c.tried(ctx, f, c.commit(ctx, f, c.candidate(f, nil))), nil
}
