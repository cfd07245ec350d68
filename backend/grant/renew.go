package grant

import (
	"context"
	"errors"
	"fmt"
	"time"

	"relink/backend/catalog"
	"relink/backend/integration"
	"relink/backend/oauth"
	"relink/backend/secret"
)

// storePatience is how long a renewed token is kept in memory while its write is tried again.
const storePatience = 30 * time.Second

// Renew exchanges the refresh token for a new access token, under the grant's lock. When somebody
// else renewed it since held was read, theirs is returned and no request is sent. Errors as of Fresh.
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
	return k.spend(ctx, u, current)
}

// reread looks at the store again: what was read before the lock may be spent.
func (k *Keeper) reread(ctx context.Context, grantID string) (Held, error) {
	row, err := k.store.Grant(ctx, grantID)
	if err != nil {
		return Held{}, fmt.Errorf("read the grant again: %w", err)
	}
	return k.Held(ctx, row)
}

// spend sends the refresh token once and stores the answer. The caller holds the lock.
func (k *Keeper) spend(ctx context.Context, u Use, held Held) (Held, error) {
	server, client, err := Endpoint(u, held)
	if err != nil {
		return held, err
	}
	next := held.Grant
	next.Version++
	// The new entry is written with the old secret first: a vault that cannot be written must be
	// noticed before the token is spent, not after.
	if err := k.vault.Set(ctx, next.VaultKey(), secret.Seal(held.Secrets)); err != nil {
		return held, err
	}
	token, err := k.exchange.Refresh(ctx, server, client, held.Secrets["refresh_token"])
	if err != nil {
		k.drop(ctx, next.VaultKey())
		return held, err
	}
	fresh := Held{Grant: Renewed(next, token, u, k.now()), Secrets: Merge(held.Secrets, token)}
	if err := k.keep(ctx, fresh, held.Grant.Version); err != nil {
		return fresh, err
	}
	k.drop(ctx, held.Grant.VaultKey())
	return fresh, nil
}

// keep stores a renewed token: the vault first, then the row that points to it. The provider has
// already retired the old token, so a cancelled check does not stop the write, and a vault that
// refuses is asked again for a while.
func (k *Keeper) keep(ctx context.Context, fresh Held, from int) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storePatience)
	defer cancel()
	wait := 200 * time.Millisecond
	for {
		err := k.vault.Set(ctx, fresh.Grant.VaultKey(), secret.Seal(fresh.Secrets))
		if err == nil {
			err = k.store.SaveRenewal(ctx, fresh.Grant, from)
		}
		if err == nil || errors.Is(err, integration.ErrBusy) {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("store the renewed grant: %w", err)
		case <-time.After(wait):
			wait *= 2
		}
	}
}

// drop deletes a vault entry that nothing points to; one left behind does no harm.
func (k *Keeper) drop(ctx context.Context, key string) {
	_ = k.vault.Delete(context.WithoutCancel(ctx), key)
}

// Endpoint is the OAuth server of the grant's method, with its addresses filled in, and the client
// that the grant belongs to.
func Endpoint(u Use, held Held) (oauth.Server, oauth.Client, error) {
	provider, err := u.Provider.For(u.Settings)
	if err != nil {
		return oauth.Server{}, oauth.Client{}, fmt.Errorf("fill in the provider's addresses: %w", err)
	}
	method, ok := provider.Method(held.Grant.Method)
	if !ok || method.OAuth == nil {
		return oauth.Server{}, oauth.Client{}, fmt.Errorf("provider %s has no OAuth server for %s", provider.ID, held.Grant.Method)
	}
	for _, f := range method.Fields { // no request goes out with an empty credential
		if f.Secret() && !f.Optional && held.Secrets[f.ID].Empty() {
			return oauth.Server{}, oauth.Client{}, fmt.Errorf("%w: %s is empty", secret.ErrCorrupt, f.ID)
		}
	}
	return Server(*method.OAuth), Client(held.Grant.Public, held.Secrets), nil
}

// Server is the catalog's description of an OAuth server, as the protocol wants it.
func Server(o catalog.OAuth) oauth.Server {
	return oauth.Server{
		AuthorizeURL: o.AuthorizeURL, TokenURL: o.TokenURL, RevokeURL: o.RevokeURL, Issuer: o.Issuer,
		ClientAuth: o.ClientAuth, ScopeSeparator: o.ScopeSeparator, AuthorizeParams: o.AuthorizeParams, TokenParams: o.TokenParams,
	}
}

// Client is the person's OAuth client, from the grant's public parts and its secrets.
func Client(public map[string]string, secrets secret.Fields) oauth.Client {
	return oauth.Client{ID: public["client_id"], Secret: secrets["client_secret"]}
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
	if t.ScopesStated {
		g.Scopes = t.Scopes
	}
	return g
}
