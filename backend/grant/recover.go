package grant

import (
	"context"
	"errors"
	"time"

	"relink/backend/integration"
	"relink/backend/secret"
)

// recover looks for a renewal that did not come to its end, before another one begins; done says that
// held is the outcome and nothing may be sent. The caller holds the lock.
//
//   - The new token was received and the vault would not take it: it is offered again.
//   - It is in the vault and the row does not point to it: it is adopted.
//   - It was asked for and is nowhere. Where the old token stays good (no rotation), or is taken once more
//     within the provider's grace, it is sent again; one replay is all that a grace allows. Else nobody can
//     tell whether the provider replaced it, and sending it could end the grant for whoever has the new one:
//     the renewal is lost, which the journal remembers until a person authorizes anew.
func (k *Keeper) recover(ctx context.Context, u Use, held Held) (out Held, done bool, err error) {
	if fresh, ok := k.unsavedOf(held.Grant); ok {
		err := k.keep(ctx, fresh, held.Grant.Version)
		return fresh, true, err
	}
	if fresh, found, err := k.successor(ctx, held); err != nil || found {
		if err == nil {
			err = k.store.SaveRenewal(ctx, fresh.Grant, held.Grant.Version)
		}
		if err == nil {
			k.drop(ctx, held.Grant.VaultKey())
		}
		return fresh, true, err
	}
	switch r := held.Grant.Renewal; {
	case r == nil:
		return held, false, nil
	case r.Lost:
		return held, true, nil
	case k.mayRepeat(u, held):
		return held, false, nil
	}
	out, err = k.lose(ctx, held)
	return out, true, err
}

// successor is the next version, if the vault holds one with other tokens than this version's: only a
// renewal that succeeded, or a new consent that was proven, writes such an entry.
func (k *Keeper) successor(ctx context.Context, held Held) (Held, bool, error) {
	next := held.Grant
	next.Version++
	sealed, err := k.vault.Get(ctx, next.VaultKey())
	if errors.Is(err, secret.ErrMissing) || errors.Is(err, secret.ErrCorrupt) {
		return Held{}, false, nil // a damaged one was never written to its end
	}
	if err != nil {
		return Held{}, false, err
	}
	fields, err := secret.Open(sealed)
	if err != nil || sameTokens(fields, held.Secrets) {
		return Held{}, false, nil
	}
	life := next.AccessExpiresAt.Sub(next.RenewedAt)
	if next.RenewedAt = k.now(); next.Renewal != nil {
		next.RenewedAt = next.Renewal.StartedAt
	}
	if !next.AccessExpiresAt.IsZero() {
		next.AccessExpiresAt = next.RenewedAt.Add(min(life, time.Hour)) // what the answer stated is gone with it
	}
	next.Renewal = nil
	return Held{Grant: next, Secrets: fields}, true, nil
}

func sameTokens(a, b secret.Fields) bool {
	return a["access_token"].Fingerprint() == b["access_token"].Fingerprint() &&
		a["refresh_token"].Fingerprint() == b["refresh_token"].Fingerprint()
}

// mayRepeat says whether the token of an open entry may be sent once more. An entry that tells of
// another version or token than the vault holds comes with a restored copy, and allows nothing. Credentials
// without a consent are not spent by their use.
func (k *Keeper) mayRepeat(u Use, held Held) bool {
	r, life := held.Grant.Renewal, u.lifetime(held.Grant)
	if consentless(held.Grant.Method) {
		return true
	}
	if r.Version != held.Grant.Version || r.Fingerprint != held.Secrets["refresh_token"].Fingerprint() {
		return false
	}
	since := k.now().Sub(r.StartedAt)
	return !u.spends(held.Grant) || !r.Repeated && since >= 0 && since < time.Duration(life.Grace)
}

// lose gives the renewal up: what the vault holds is never sent again.
func (k *Keeper) lose(ctx context.Context, held Held) (Held, error) {
	lost := *held.Grant.Renewal
	lost.Lost = true
	if err := k.store.Journal(context.WithoutCancel(ctx), held.Grant.ID, &lost); err != nil {
		return held, err
	}
	held.Grant.Renewal = &lost
	next := integration.VaultKey(held.Grant.ID, held.Grant.Version+1)
	k.drop(ctx, next)
	return held, nil
}

func (k *Keeper) unsavedOf(g integration.Grant) (Held, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	fresh, ok := k.unsaved[g.ID]
	return fresh, ok && fresh.Grant.Version == g.Version+1
}
