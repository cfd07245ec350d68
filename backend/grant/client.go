package grant

import (
	"context"
	"errors"
	"maps"

	"relink/backend/integration"
	"relink/backend/secret"
)

// ErrNotRenewable means that a grant has no refresh token that may be sent.
var ErrNotRenewable = errors.New("the grant has no refresh token to renew it with")

// RenewWith renews the grant with other client credentials, those of a rotated client secret, and keeps
// them with the new tokens. Where the server refuses them, everything stays as it was. It takes the
// grant's lock and notes the renewal like any other; the errors are those of Fresh, and ErrNotRenewable.
func (k *Keeper) RenewWith(ctx context.Context, u Use, known integration.Grant, client secret.Fields) (Held, error) {
	if k.store.ReadOnly() {
		return Held{Grant: known}, integration.ErrReadOnly
	}
	release, err := k.locks.Acquire(ctx, known.ID)
	if err != nil {
		return Held{Grant: known}, err
	}
	defer release()
	current, err := k.reread(ctx, known.ID)
	if err != nil {
		return current, err
	}
	if out, done, err := k.recover(ctx, u, current); err != nil {
		return out, err
	} else if done {
		current = out
	}
	if !current.Renewable() || current.Secrets["refresh_token"].Empty() {
		return current, ErrNotRenewable
	}
	current.Secrets = current.Secrets.Clone()
	maps.Copy(current.Secrets, client)
	return k.renew(ctx, u, current)
}
