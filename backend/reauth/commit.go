package reauth

import (
	"context"
	"errors"
	"slices"
	"time"

	"relink/backend/catalog"
	"relink/backend/diagnosis"
	"relink/backend/grant"
	"relink/backend/integration"
	"relink/backend/oauth"
	"relink/backend/secret"
)

// candidate is a grant that nobody uses yet; it exists in memory only.
type candidate struct {
	grant   integration.Grant
	secrets secret.Fields
	held    bool          // its tokens are those of the grant that is there: nobody consented anew
	extra   secret.Fields // of a held one: what was typed beside it
}

// candidate is the grant as it would be after the commit.
func (c *Conversations) candidate(f *flow, token *oauth.Token) candidate {
	now := c.Now()
	public, typed, _ := c.entered(f)
	g := f.old
	if !f.replaces() {
		g = integration.Grant{ID: integration.NewID("grt_", now), ProviderID: f.provider.ID, Method: f.method.Kind}
	}
	g.Public, g.ObtainedAt, g.RenewedAt = public, now, now
	g.UsedAt = time.Time{} // until it is proven, it never worked
	g.AccessExpiresAt, g.ExpiresAt = time.Time{}, time.Time{}
	if life := f.method.Lifetime.GrantLife(public); life > 0 {
		g.ExpiresAt = now.Add(life)
	}
	secrets := typed
	if token != nil {
		g.Scopes = catalog.ScopeIDs(f.scopes())
		g = grant.Renewed(g, *token, f.use(), now)
		secrets = grant.Merge(typed, *token)
	}
	return candidate{grant: g, secrets: secrets}
}

// commit replaces the grant, in the one order that loses nothing: prove, same account, scopes,
// save, record, check all who use it, delete the old. Until the record is flipped, any failure
// leaves the old grant as it was. An outcome without a result means that the conversation goes on:
// with a question to the person, or with one more consent.
func (c *Conversations) commit(ctx context.Context, f *flow, n candidate) integration.Outcome {
	c.inherit(ctx, f, &n)
	seen := c.prove(ctx, f, n)
	if ctx.Err() != nil { // what was broken off proves nothing
		return integration.Outcome{Result: integration.ResultCancelled}
	}
	if refused := c.refuse(f, &n, seen); refused != nil {
		return c.doubt(f, n, seen, *refused)
	}
	return c.settle(ctx, f, n, f.act(c.Now(), "reconnected"))
}

// settle saves a candidate that was found good, and everything that follows from it.
func (c *Conversations) settle(ctx context.Context, f *flow, n candidate, act integration.Act) integration.Outcome {
	if !c.beginSaving(f) {
		return integration.Outcome{Result: integration.ResultCancelled}
	}
	release, err := c.Locks.Acquire(ctx, n.grant.ID)
	if err != nil {
		c.Log.Error("grant not locked", "error", err)
		return integration.Outcome{Result: integration.ResultNotStored, Account: n.grant.Account}
	}
	n.grant.UsedAt = c.Now()
	grant.FaultPoint("commit-proven")
	old, err := c.save(ctx, f, n, act)
	release()
	if errors.Is(err, integration.ErrDuplicate) {
		return integration.Outcome{Result: integration.ResultNameTaken, Account: n.grant.Account}
	}
	if err != nil {
		c.Log.Error("new grant not stored", "error", err)
		return integration.Outcome{Result: integration.ResultNotStored, Account: n.grant.Account}
	}
	grant.FaultPoint("commit-saved")
	repaired, err := c.Monitor.Committed(ctx, n.grant.ID)
	if err != nil {
		c.Log.Error("not checked after the commit", "error", err)
	}
	grant.FaultPoint("commit-checked")
	if old.Version > 0 {
		if err := c.Vault.Delete(ctx, old.VaultKey()); err != nil {
			c.Log.Warn("old secret not deleted", "error", err)
		}
	}
	slices.Sort(repaired)
	outcome := integration.Outcome{
		Result: integration.ResultReplaced, Account: n.grant.As(f.provider.ID).Account, IntegrationID: f.integration.ID, Repaired: repaired, ExpiresAt: n.grant.ExpiresAt,
	}
	if f.adding() {
		outcome.Result = integration.ResultAdded
	}
	if n.held {
		outcome.Repaired = nil
	}
	return outcome
}

// save writes the secret under its new version and then flips the row to it. It returns the row
// that was replaced, read under the lock.
func (c *Conversations) save(ctx context.Context, f *flow, n candidate, act integration.Act) (old integration.Grant, err error) {
	if f.replaces() {
		if old, err = c.Store.Grant(ctx, f.old.ID); err != nil {
			return old, err
		}
	}
	act.GrantID, act.Args["account"] = n.grant.ID, nameOf(n.grant.As(f.provider.ID).Account)
	if n.held {
		return c.saveHeld(ctx, f, n, old, act)
	}
	n.grant.Version, n.grant.Renewal = old.Version+1, nil
	if err := c.Vault.Set(ctx, n.grant.VaultKey(), secret.Seal(n.secrets)); err != nil {
		return old, err
	}
	grant.FaultPoint("commit-kept")
	if f.adding() {
		err = c.add(ctx, f, n.grant, old.Version, act)
	} else {
		err = c.Store.Commit(ctx, integration.GrantCommit{Grant: n.grant, FromVersion: old.Version, Act: act})
	}
	if err != nil {
		_ = c.Vault.Delete(ctx, n.grant.VaultKey())
	}
	return old, err
}

// judge asks diagnosis about evidence that a conversation met.
func (c *Conversations) judge(f *flow, e integration.Evidence) integration.Finding {
	return c.judgeOf(f, f.provider, e)
}

// judgeOf does the same for a provider that shares the grant.
func (c *Conversations) judgeOf(f *flow, p catalog.Provider, e integration.Evidence) integration.Finding {
	e.ProviderID, e.Method, e.Database, e.Vault = p.ID, f.method.Kind, p.Database(), integration.VaultOK
	e.ExpectedAccount, e.At = f.old.As(p.ID).Account, c.Now()
	return diagnosis.Of(e)
}
