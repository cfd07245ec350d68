package reauth

import (
	"context"
	"slices"
	"time"

	"relink/backend/catalog"
	"relink/backend/diagnosis"
	"relink/backend/grant"
	"relink/backend/integration"
	"relink/backend/oauth"
	"relink/backend/probe"
	"relink/backend/secret"
)

// candidate is a grant that nobody uses yet; it exists in memory only.
type candidate struct {
	grant   integration.Grant
	secrets secret.Fields
}

// candidate is the grant as it would be after the commit.
func (c *Conversations) candidate(f *flow, token *oauth.Token) candidate {
	now := c.Now()
	public, typed, _ := c.entered(f)
	g := f.old
	if f.adding() {
		g = integration.Grant{ID: integration.NewID("grt_", now), ProviderID: f.provider.ID, Method: f.method.Kind}
	}
	g.Public, g.ObtainedAt, g.RenewedAt, g.UsedAt = public, now, now, now
	g.AccessExpiresAt, g.ExpiresAt = time.Time{}, time.Time{}
	if life := f.method.Lifetime.GrantLife(public); life > 0 {
		g.ExpiresAt = now.Add(life)
	}
	secrets := typed
	if token != nil {
		g.Scopes = scopeIDs(f.scopes())
		g = grant.Renewed(g, *token, f.use(), now)
		secrets = grant.Merge(typed, *token)
	}
	return candidate{g, secrets}
}

// commit replaces the grant, in the one order that loses nothing: prove, same account, scopes,
// save, record, check all who use it, delete the old. Until the record is flipped, any failure
// leaves the old grant as it was. An outcome without a result means that the conversation goes on:
// with a question to the person, or with one more consent.
func (c *Conversations) commit(ctx context.Context, f *flow, n candidate) integration.Outcome {
	evidence := c.Prober.Run(ctx, probe.Target{Provider: f.provider, Integration: f.integration, Grant: n.grant, Secrets: n.secrets})
	if refused := c.refuse(f, &n, evidence); refused != nil {
		return c.doubt(f, n, evidence, *refused)
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
	grant.FaultPoint("commit-proven")
	old, err := c.save(ctx, f, n, act)
	release()
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
		Result: integration.ResultReplaced, Account: n.grant.Account, IntegrationID: f.integration.ID, Repaired: repaired, ExpiresAt: n.grant.ExpiresAt,
	}
	if f.adding() {
		outcome.Result = integration.ResultAdded
	}
	return outcome
}

// refuse says why the candidate must not replace the old grant, or returns nil. The candidate's row
// carries then what the proof showed.
func (c *Conversations) refuse(f *flow, n *candidate, e integration.Evidence) *integration.Outcome {
	if e.Stage != integration.StageDone && !f.spent {
		finding := c.judge(f, e)
		return &integration.Outcome{Result: integration.ResultNotProven, Finding: &finding}
	}
	n.grant.Account, n.grant.Resources = e.Account, e.Resources
	if e.Scopes != nil {
		n.grant.Scopes = e.Scopes
	}
	if old := f.old.Account; old.ID != "" && e.Account.ID != "" && old.ID != e.Account.ID {
		return &integration.Outcome{Result: integration.ResultWrongAccount, Account: e.Account}
	}
	if missing := f.missing(n.grant.Scopes); len(missing) > 0 {
		return &integration.Outcome{Result: integration.ResultPartialScopes, Account: e.Account, Missing: missing}
	}
	if lost := f.lost(e); len(lost) > 0 {
		return &integration.Outcome{Result: integration.ResultLostResources, Account: e.Account, Missing: named(lost)}
	}
	return nil
}

// save writes the secret under its new version and then flips the row to it. It returns the row
// that was replaced, read under the lock.
func (c *Conversations) save(ctx context.Context, f *flow, n candidate, act integration.Act) (old integration.Grant, err error) {
	if !f.adding() {
		if old, err = c.Store.Grant(ctx, f.old.ID); err != nil {
			return old, err
		}
	}
	n.grant.Version, n.grant.Renewal = old.Version+1, nil
	if err := c.Vault.Set(ctx, n.grant.VaultKey(), secret.Seal(n.secrets)); err != nil {
		return old, err
	}
	grant.FaultPoint("commit-kept")
	act.GrantID, act.Args["account"] = n.grant.ID, nameOf(n.grant.Account)
	if f.adding() {
		act.What, f.integration.GrantID = "added", n.grant.ID
		err = c.Store.Add(ctx, f.integration, n.grant, integration.State{IntegrationID: f.integration.ID, Status: integration.StatusUnknown}, act)
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
	e.ProviderID, e.Method, e.Database, e.Vault = f.provider.ID, f.method.Kind, f.provider.Database(), integration.VaultOK
	e.ExpectedAccount, e.At = f.old.Account, c.Now()
	return diagnosis.Of(e)
}

// scopes are all that the flow's consent asks for.
func (f *flow) scopes() []catalog.Scope {
	if f.method.OAuth == nil {
		return nil
	}
	return f.method.OAuth.Scopes
}

// missing are the scopes that are needed and not granted. An alias or a superset counts.
func (f *flow) missing(granted []string) []string { return probe.MissingScopes(f.scopes(), granted) }

// lost are the resources that the old grant saw and the new one does not. A list that goes on
// elsewhere proves nothing about what is not on it.
func (f *flow) lost(e integration.Evidence) []integration.Resource {
	if e.Partial {
		return nil
	}
	return integration.Missing(f.old.Resources, e.Resources)
}

// named are resources as a person is told of them.
func named(resources []integration.Resource) []string {
	names := make([]string, len(resources))
	for i, r := range resources {
		names[i] = r.ID
		if r.Name != "" {
			names[i] = r.Name + " (" + r.ID + ")"
		}
	}
	return names
}
