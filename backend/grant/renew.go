package grant

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"relink/backend/integration"
	"relink/backend/oauth"
	"relink/backend/secret"
)

// storePatience is how long a renewed token is kept in memory while its write is tried again.
const storePatience = 30 * time.Second

// Renew exchanges the refresh token for a new access token, or obtains one anew with the credentials of
// a method that has no consent, under the grant's lock. When somebody else renewed it since held was read, theirs is returned and no request is sent; while the pause after
// a failure lasts, that failure is returned again. Errors as of Fresh.
func (k *Keeper) Renew(ctx context.Context, u Use, held Held) (Held, error) {
	if k.store.ReadOnly() {
		return held, integration.ErrReadOnly
	}
	release, err := k.locks.Acquire(ctx, held.Grant.ID)
	if err != nil {
		return held, err
	}
	defer release()
	current, err := k.reread(ctx, held.Grant.ID)
	if err != nil || current.Grant.Version != held.Grant.Version {
		return current, err
	}
	if out, done, err := k.recover(ctx, u, current); done || err != nil {
		return out, err
	}
	if err := k.waiting(u, current.Grant); err != nil {
		return current, err
	}
	return k.renew(ctx, u, current)
}

// reread looks at the store again: what was read before the lock may be spent.
func (k *Keeper) reread(ctx context.Context, grantID string) (Held, error) {
	row, err := k.store.Grant(ctx, grantID)
	if err != nil {
		return Held{}, fmt.Errorf("read the grant again: %w", err)
	}
	return k.Held(ctx, row)
}

// renew spends the token, and once more if the answer was lost and the provider's grace allows it.
func (k *Keeper) renew(ctx context.Context, u Use, held Held) (Held, error) {
	for {
		fresh, err := k.spend(ctx, u, held)
		k.remember(held.Grant, err)
		if err == nil {
			return fresh, nil
		}
		again, readErr := k.reread(context.WithoutCancel(ctx), held.Grant.ID)
		if readErr == nil && again.Grant.Version != held.Grant.Version {
			return again, nil // whoever renewed it past our lock has the truth, and ours is no verdict on it
		}
		if readErr != nil || again.Grant.Renewal == nil || !u.spends(held.Grant) || !unanswered(err) {
			return held, err
		}
		if !k.mayRepeat(u, again) {
			return k.lose(ctx, again)
		}
		held = again
	}
}

// unanswered says that a request may have reached the server and its answer did not reach us.
func unanswered(err error) bool {
	var fault *oauth.Fault
	return errors.As(err, &fault) && fault.Sent
}

// spend sends the refresh token or the credentials once and stores the answer. The caller holds the lock.
func (k *Keeper) spend(ctx context.Context, u Use, held Held) (Held, error) {
	ask, err := k.asking(ctx, u, held)
	if err != nil {
		return held, err
	}
	if err := ctx.Err(); err != nil {
		return held, fmt.Errorf("renew the grant: %w", err)
	}
	// From here on nobody cancels it: an answer that is not waited for is lost with its token.
	ctx = context.WithoutCancel(ctx)
	next := held.Grant
	next.Version, next.Renewal = next.Version+1, nil
	FaultPoint("renewal-begun")
	// The new entry is written with the old secret first: a vault that cannot be written must be
	// noticed before the token is spent, not after.
	if err := k.vault.Set(ctx, next.VaultKey(), secret.Seal(held.Secrets)); err != nil {
		return held, err
	}
	FaultPoint("renewal-prepared")
	entry := integration.Renewal{Version: held.Grant.Version, Fingerprint: held.Secrets["refresh_token"].Fingerprint(), StartedAt: k.now()}
	if first := held.Grant.Renewal; first != nil {
		entry.StartedAt, entry.Repeated = first.StartedAt, true
	}
	if err := k.store.Journal(ctx, held.Grant.ID, &entry); err != nil {
		k.drop(ctx, next.VaultKey())
		return held, fmt.Errorf("note the renewal: %w", err)
	}
	FaultPoint("renewal-noted")
	token, err := ask(ctx)
	FaultPoint("renewal-answered")
	if err != nil {
		return held, errors.Join(err, k.refused(ctx, u, held, err))
	}
	fresh := Held{Grant: Renewed(next, token, u, k.now()), Secrets: Merge(held.Secrets, token)}
	if err := k.keep(ctx, fresh, held.Grant.Version); err != nil {
		return fresh, err
	}
	FaultPoint("renewal-saved")
	k.drop(ctx, held.Grant.VaultKey())
	return fresh, nil
}

// refused brings the journal up to date after a renewal without a token. What may have been spent
// keeps its entry; a request that was not sent leaves things as they were before it; and what somebody
// else renewed meanwhile, past our lock, is not touched.
func (k *Keeper) refused(ctx context.Context, u Use, held Held, err error) error {
	if row, readErr := k.store.Grant(ctx, held.Grant.ID); readErr == nil && row.Version != held.Grant.Version {
		return k.store.Journal(ctx, held.Grant.ID, nil)
	}
	var entry *integration.Renewal
	var fault *oauth.Fault
	lost := errors.As(err, &fault)
	switch {
	case ended(err):
	case lost && !fault.Sent:
		entry = held.Grant.Renewal
	case u.spends(held.Grant) && (lost || held.Grant.Renewal != nil):
		return nil
	}
	k.drop(ctx, integration.VaultKey(held.Grant.ID, held.Grant.Version+1))
	return k.store.Journal(ctx, held.Grant.ID, entry)
}

// keep stores a renewed token: the vault first, then the row that points to it. The provider has
// already retired the old token, so a cancelled check does not stop the write, and a vault that
// refuses is asked again for a while. After that the token stays in memory for the next renewal.
func (k *Keeper) keep(ctx context.Context, fresh Held, from int) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), k.patience)
	defer cancel()
	wait := 200 * time.Millisecond
	for {
		err := k.vault.Set(ctx, fresh.Grant.VaultKey(), secret.Seal(fresh.Secrets))
		if err == nil {
			FaultPoint("renewal-kept")
			err = k.store.SaveRenewal(ctx, fresh.Grant, from)
		}
		if err == nil || errors.Is(err, integration.ErrBusy) {
			k.hold(fresh, false)
			return err
		}
		select {
		case <-ctx.Done():
			k.hold(fresh, true)
			return fmt.Errorf("store the renewed grant: %w", err)
		case <-time.After(wait):
			wait *= 2
		}
	}
}

// hold keeps a renewed grant that could not be stored in memory, or lets go of it.
func (k *Keeper) hold(fresh Held, unsaved bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.unsaved, fresh.Grant.ID)
	if unsaved {
		k.unsaved[fresh.Grant.ID] = fresh
	}
}

// drop deletes a vault entry that nothing points to; one left behind does no harm.
func (k *Keeper) drop(ctx context.Context, key string) {
	_ = k.vault.Delete(context.WithoutCancel(ctx), key)
}

// Merge puts a token's secrets over the old ones. A missing refresh token keeps the old one (RFC 6749 section 6).
func Merge(old secret.Fields, t oauth.Token) secret.Fields {
	f := old.Clone()
	if f == nil {
		f = secret.Fields{}
	}
	f["access_token"] = t.Access
	if !t.Refresh.Empty() {
		f["refresh_token"] = t.Refresh
	}
	return f
}

// Renewed puts what a token answer states over the grant's row. A missing scope means as before (RFC 6749 section 6).
func Renewed(g integration.Grant, t oauth.Token, u Use, now time.Time) integration.Grant {
	g.RenewedAt = now
	g.AccessExpiresAt = t.ExpiresAt
	if method, ok := u.Provider.Method(g.Method); ok && t.ExpiresAt.IsZero() && method.Lifetime.Access > 0 {
		g.AccessExpiresAt = now.Add(time.Duration(method.Lifetime.Access))
	}
	if g.NeedsSecondFactor() {
		g.ExpiresAt = g.AccessExpiresAt // after it a person is needed
	}
	if t.ScopesStated {
		g.Scopes = t.Scopes
	}
	if !t.GrantExpiresAt.IsZero() {
		g.ExpiresAt = t.GrantExpiresAt
	}
	g.Public = WithTold(g.Public, t.Told)
	return g
}

// WithTold adds what a server told beside its token to the grant's public parts.
func WithTold(public, told map[string]string) map[string]string {
	if len(told) == 0 {
		return public
	}
	all := make(map[string]string, len(public)+len(told))
	maps.Copy(all, public)
	maps.Copy(all, told)
	return all
}
