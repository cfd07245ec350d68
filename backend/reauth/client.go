package reauth

import (
	"context"
	"slices"

	"relink/backend/integration"
	"relink/backend/secret"
)

// mendClient tries the client that was entered by a renewal, where the refresh token still lives: a
// rotated client secret then needs no consent. done is false where the person must consent after all:
// another client, no refresh token, a refusal, or a grant that is not well with the new client either.
func (c *Conversations) mendClient(ctx context.Context, f *flow) (step integration.Step, done bool, err error) {
	public, typed, goes := c.entered(f)
	if !goes || f.method.OAuth == nil || public["client_id"] != f.old.Public["client_id"] {
		return step, false, nil // a refresh token is bound to its client (RFC 6749 section 6)
	}
	if !c.beginSaving(f) {
		return c.outcomeStep(f), true, nil
	}
	client := secret.Fields{"client_secret": typed["client_secret"]}
	held, err := c.Keeper.RenewWith(ctx, f.use(), f.old, client)
	if err != nil {
		c.Log.Info("the new client cannot renew the grant", "integration", f.integration.ID)
		c.resume(f)
		return step, false, nil
	}
	repaired, err := c.Monitor.Committed(ctx, held.Grant.ID)
	if err != nil {
		c.Log.Error("not checked after the commit", "error", err)
	}
	seen, err := c.Monitor.One(f.integration.ID)
	if err != nil || !seen.State.Finding.OK() {
		c.resume(f) // with newer tokens stored, which the commit reads under its lock
		return step, false, nil
	}
	act := f.act(c.Now(), "client_replaced")
	if err := c.Store.AddAct(ctx, act); err != nil {
		c.Log.Error("audit trail not written", "error", err)
	}
	slices.Sort(repaired)
	return c.finish(ctx, f, integration.Outcome{
		Result: integration.ResultReplaced, Account: held.Grant.Account, IntegrationID: f.integration.ID, Repaired: repaired, ExpiresAt: held.Grant.ExpiresAt,
	}), true, nil
}

// resume lets the conversation be cancelled again after a try that did not end it.
func (c *Conversations) resume(f *flow) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f.saving = false
}
