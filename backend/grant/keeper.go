// Package grant answers which secrets a grant has right now, and keeps it alive: lock, renewal, hand-out.
//
// # Why
// A rotating refresh token can be spent once. So a renewal runs under a lock that every process of
// Relink honours, looks at the store again after the lock, proves that the vault can be written and
// notes in the journal what it is about to send before it spends the token, and stores what it got
// before anything uses it. An entry that is found in the journal later tells of a renewal that was
// interrupted: recover.go says what may follow from it. An old token is never sent on the chance that
// it might still be good, because a server that sees it twice ends the whole grant.
package grant

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"relink/backend/catalog"
	"relink/backend/integration"
	"relink/backend/oauth"
	"relink/backend/secret"
)

// Store is what renewal needs to remember.
type Store interface {
	Grant(ctx context.Context, id string) (integration.Grant, error)
	// SaveRenewal flips the row to its new version and removes the journal's entry, or returns
	// integration.ErrBusy when the version is no longer from.
	SaveRenewal(ctx context.Context, g integration.Grant, from int) error
	// Journal notes a renewal before its token is sent, safe from a lost power supply; nil removes the entry.
	Journal(ctx context.Context, grantID string, r *integration.Renewal) error
	ReadOnly() bool
}

// Held is a grant together with its secrets, for the step that needs them.
type Held struct {
	Grant   integration.Grant
	Secrets secret.Fields
}

// Renewable says whether a refresh token is at hand that may be sent, or credentials that obtain an access
// token without a consent.
func (h Held) Renewable() bool {
	if h.Grant.RenewalLost() {
		return false
	}
	switch h.Grant.Method {
	case integration.MethodOAuth2ClientCredentials:
		return h.Grant.Public["client_id"] != ""
	case integration.MethodServiceAccount:
		return !h.Secrets["private_key"].Empty()
	case integration.MethodLoginToken: // not where each sign-in wants a code, which only a person has
		return !h.Secrets["password"].Empty() && !h.Grant.NeedsSecondFactor()
	}
	return !h.Secrets["refresh_token"].Empty()
}

// Keeper hands out grants and renews them.
type Keeper struct {
	store    Store
	vault    secret.Vault
	locks    Locks
	exchange *oauth.Exchange
	now      func() time.Time
	patience time.Duration // with a vault that does not take a renewed token

	mu      sync.Mutex
	pauses  map[string]pause // grants whose last renewal failed
	unsaved map[string]Held  // renewed grants that the vault would not take
}

// New returns a Keeper whose locks are files in the folder lockDir.
func New(store Store, vault secret.Vault, exchange *oauth.Exchange, lockDir string, now func() time.Time) *Keeper {
	return &Keeper{
		store: store, vault: vault, locks: Locks{Dir: lockDir}, exchange: exchange, now: now, patience: storePatience,
		pauses: map[string]pause{}, unsaved: map[string]Held{},
	}
}

// Held reads the grant's secrets from the vault, without any request. known may be an older copy of
// the row: when another process replaced the secret meanwhile, the row is read again. The errors
// are the vault's.
func (k *Keeper) Held(ctx context.Context, known integration.Grant) (Held, error) {
	text, err := k.vault.Get(ctx, known.VaultKey())
	for errors.Is(err, secret.ErrMissing) {
		current, readErr := k.store.Grant(ctx, known.ID)
		if readErr != nil || current.Version == known.Version {
			return Held{Grant: known}, err
		}
		known = current
		text, err = k.vault.Get(ctx, known.VaultKey())
	}
	if err != nil {
		return Held{Grant: known}, err
	}
	fields, err := secret.Open(text)
	return Held{Grant: known, Secrets: fields}, err
}

// Use is whom a renewal asks: the provider, and the settings that its addresses are made from.
type Use struct {
	Provider catalog.Provider
	Settings map[string]string
	Asked    bool // a person wants it now: the pause after a failure is not waited for
}

// lifetime is what the catalog knows about how long the grant's tokens live.
func (u Use) lifetime(g integration.Grant) catalog.Lifetime {
	method, _ := u.Provider.Method(g.Method)
	return method.Lifetime
}

// spends says whether a renewal replaces what it is made with.
func (u Use) spends(g integration.Grant) bool {
	return u.lifetime(g).Rotates && !consentless(g.Method)
}

// Fresh returns the grant with an access token that is good for a while, renewing it if it is about
// to end. Where a renewal fails in a way that may pass and the access token still lives, the grant is
// returned as it is: the margin is there for that. One whose renewal was lost is returned too:
// Grant.RenewalLost tells. An error is the vault's, an *oauth.Refusal or *oauth.Fault of the token
// endpoint, integration.ErrBusy, or our own trouble with the store.
func (k *Keeper) Fresh(ctx context.Context, u Use, known integration.Grant) (Held, error) {
	held, err := k.Held(ctx, known)
	if err != nil || !k.due(u, held) {
		return held, err
	}
	fresh, err := k.Renew(ctx, u, held)
	if err != nil && mayPass(err) && k.now().Before(held.Grant.AccessExpiresAt) {
		return held, nil
	}
	return fresh, err
}

func (k *Keeper) due(u Use, h Held) bool {
	at, ok := RenewAt(h.Grant, u.lifetime(h.Grant), k.now())
	return ok && h.Renewable() && !k.now().Before(at)
}

// Forget deletes the secrets of a grant that no integration uses any more.
func (k *Keeper) Forget(ctx context.Context, g integration.Grant) error {
	if err := k.vault.Delete(ctx, g.VaultKey()); err != nil {
		return fmt.Errorf("delete the secret of the removed grant: %w", err)
	}
	return nil
}

// VaultState names a vault's error for the evidence; VaultOK when err is nil, "" when it is none of the vault's.
func VaultState(err error) integration.VaultState {
	for _, s := range []struct {
		err   error
		state integration.VaultState
	}{
		{secret.ErrMissing, integration.VaultMissing},
		{secret.ErrLocked, integration.VaultLocked},
		{secret.ErrAbsent, integration.VaultAbsent},
		{secret.ErrSlow, integration.VaultSlow},
		{secret.ErrRefused, integration.VaultRefused},
		{secret.ErrCorrupt, integration.VaultCorrupt},
	} {
		if errors.Is(err, s.err) {
			return s.state
		}
	}
	if err == nil {
		return integration.VaultOK
	}
	return ""
}
