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
		g.Scopes = nil
		if f.method.OAuth != nil {
			g.Scopes = scopeIDs(f.method.OAuth.Scopes)
		}
		g = grant.Renewed(g, *token, f.use(), now)
		secrets = grant.Merge(typed, *token)
	}
	return candidate{g, secrets}
}

// commit replaces the grant, in the one order that loses nothing: prove, same account, scopes,
// save, record, check all who use it, delete the old. Until the record is flipped, any failure
// leaves the old grant as it was.
func (c *Conversations) commit(ctx context.Context, f *flow, n candidate) integration.Outcome {
	evidence := c.Prober.Run(ctx, probe.Target{Provider: f.provider, Integration: f.integration, Grant: n.grant, Secrets: n.secrets})
	if refused := c.refuse(f, &n, evidence); refused != nil {
		return *refused
	}
	if !c.beginSaving(f) {
		return integration.Outcome{Result: integration.ResultCancelled}
	}
	release, err := c.Locks.Acquire(ctx, n.grant.ID)
	if err != nil {
		c.Log.Error("grant not locked", "error", err)
		return integration.Outcome{Result: integration.ResultNotStored, Account: n.grant.Account}
	}
	grant.FaultPoint("commit-proven")
	old, err := c.save(ctx, f, n)
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
	outcome := integration.Outcome{Result: integration.ResultReplaced, Account: n.grant.Account, IntegrationID: f.integration.ID, Repaired: repaired}
	if f.adding() {
		outcome.Result = integration.ResultAdded
	}
	return outcome
}

// refuse says why the candidate must not replace the old grant, or returns nil; then the
// candidate's row carries what the proof showed.
func (c *Conversations) refuse(f *flow, n *candidate, e integration.Evidence) *integration.Outcome {
	if e.Stage != integration.StageDone && !f.spent {
		finding := c.judge(f, e)
		return &integration.Outcome{Result: integration.ResultNotProven, Finding: &finding}
	}
	if old := f.old.Account; old.ID != "" && e.Account.ID != "" && old.ID != e.Account.ID {
		return &integration.Outcome{Result: integration.ResultWrongAccount, Account: e.Account}
	}
	if e.Scopes != nil {
		n.grant.Scopes = e.Scopes
	}
	if missing := missingScopes(f.method, n.grant.Scopes); len(missing) > 0 {
		return &integration.Outcome{Result: integration.ResultPartialScopes, Account: e.Account, Missing: missing}
	}
	if lost := lostResources(f.old.Resources, e.Resources); len(lost) > 0 {
		return &integration.Outcome{Result: integration.ResultLostResources, Account: e.Account, Missing: lost}
	}
	n.grant.Account, n.grant.Resources = e.Account, e.Resources
	return nil
}

// save writes the secret under its new version and then flips the row to it. It returns the row
// that was replaced, read under the lock.
func (c *Conversations) save(ctx context.Context, f *flow, n candidate) (old integration.Grant, err error) {
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
	act := f.act(c.Now(), "reconnected")
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

// missingScopes are those that the catalog needs and the grant lacks. An alias or a superset counts.
func missingScopes(m catalog.Method, granted []string) []string {
	if m.OAuth == nil {
		return nil
	}
	var missing []string
	for _, s := range m.OAuth.Scopes {
		has := func(name string) bool { return slices.Contains(granted, name) }
		if !s.Optional && !has(s.ID) && !slices.ContainsFunc(s.Aliases, has) {
			missing = append(missing, s.ID)
		}
	}
	return missing
}

// lostResources are those that the old grant saw and the new one does not. A probe that lists none
// proves nothing about them.
func lostResources(before, now []integration.Resource) []string {
	if len(now) == 0 {
		return nil
	}
	var lost []string
	for _, r := range before {
		if !slices.ContainsFunc(now, func(x integration.Resource) bool { return x.ID == r.ID }) {
			lost = append(lost, r.Name+" ("+r.ID+")")
		}
	}
	return lost
}
