package grant

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"time"

	"relink/backend/catalog"
	"relink/backend/integration"
	"relink/backend/oauth"
	"relink/backend/secret"
)

// How long a provider that cannot be reached is told again that a grant was given back: for a day at
// least, and until a computer that slept meanwhile has tried often enough.
const (
	revokingTime  = 24 * time.Hour
	enoughTries   = 6
	longestPutOff = time.Hour
)

// Ending is what became of a grant at its provider.
type Ending string

// The endings. Here the grant has ended in each of them.
const (
	EndRevoked Ending = "revoked" // the provider took it back
	EndPending Ending = "pending" // the provider was not told yet; Relink goes on trying
	EndRefused Ending = "refused" // the provider cannot be told any more: a person does it on its page
	EndUntold  Ending = "untold"  // the provider has nothing to be told at
	EndBefore  Ending = "before"  // it was given back earlier, and nothing is left to tell
)

// RevocationStore is what giving a grant back needs to remember.
type RevocationStore interface {
	Disconnect(ctx context.Context, d integration.Disconnection) error
	Revocations(ctx context.Context) ([]integration.Revocation, error)
	Revocation(ctx context.Context, id string) (integration.Revocation, error)
	PutOff(ctx context.Context, id, reason string, due time.Time) error
	Settle(ctx context.Context, id string, act integration.Act) error
}

// Revoker gives grants back: here at once, and at the provider by RFC 7009.
type Revoker struct {
	Keeper    *Keeper
	Store     RevocationStore
	Providers func(id string) (catalog.Provider, bool)
}

// Disconnect ends the grant of an integration. Here it has ended when the store says so, in one
// transaction; what its provider is to be told is in the journal by then, with the secret in the vault
// under its old name, so that neither a lost network nor a killed process forgets it. A grant that was
// given back before is left as it is. The error is our own: nothing was changed, unless it tells of the
// secret that could not be deleted.
func (r *Revoker) Disconnect(ctx context.Context, u Use, i integration.Integration) (Ending, error) {
	k := r.Keeper
	if k.store.ReadOnly() {
		return "", integration.ErrReadOnly
	}
	release, err := k.locks.Acquire(ctx, i.GrantID)
	if err != nil {
		return "", err
	}
	defer release()
	row, err := k.store.Grant(ctx, i.GrantID)
	if err != nil {
		return "", fmt.Errorf("read the grant: %w", err)
	}
	if !row.DisconnectedAt.IsZero() {
		return r.endingOf(ctx, row)
	}
	held, err := k.newest(ctx, row)
	if err != nil {
		return "", err
	}
	d := r.disconnection(u, i, row, held)
	// From here on nobody cancels it: half of it would be a lie.
	kept := context.WithoutCancel(ctx)
	if err := r.Store.Disconnect(kept, d); err != nil {
		return "", fmt.Errorf("disconnect the grant: %w", err)
	}
	FaultPoint("disconnect-saved")
	k.hold(Held{Grant: row}, false)
	for version := row.Version; version < d.Grant.Version; version++ {
		if d.Pending != nil && d.Pending.Version == version {
			continue
		}
		if err := k.vault.Delete(kept, integration.VaultKey(row.ID, version)); err != nil {
			return EndUntold, fmt.Errorf("delete the secret of the disconnected grant: %w", err)
		}
	}
	if d.Pending == nil {
		return EndUntold, nil
	}
	return r.tell(ctx, *d.Pending, integration.Act{At: k.now(), IntegrationID: i.ID, GrantID: row.ID})
}

// endingOf says what became of a grant that was given back earlier.
func (r *Revoker) endingOf(ctx context.Context, row integration.Grant) (Ending, error) {
	pending, err := r.Store.Revocations(ctx)
	if slices.ContainsFunc(pending, func(p integration.Revocation) bool { return p.GrantID == row.ID }) {
		return EndPending, err
	}
	return EndBefore, err
}

// newest reads the latest secrets of the grant: a renewal that the vault would not take, one that was
// interrupted after its answer, or the row's. Where there are none, nothing is left to be revoked.
func (k *Keeper) newest(ctx context.Context, row integration.Grant) (Held, error) {
	if fresh, ok := k.unsavedOf(row); ok {
		return fresh, k.vault.Set(ctx, fresh.Grant.VaultKey(), secret.Seal(fresh.Secrets))
	}
	held, err := k.Held(ctx, row)
	if errors.Is(err, secret.ErrMissing) || errors.Is(err, secret.ErrCorrupt) {
		return Held{Grant: row}, nil
	}
	if err != nil {
		return held, err
	}
	if fresh, found, err := k.successor(ctx, held); err != nil || found {
		return fresh, err
	}
	return held, nil
}

// disconnection is what the store is to record. The new version leaves out the one that an interrupted
// renewal may have prepared.
func (r *Revoker) disconnection(u Use, i integration.Integration, row integration.Grant, held Held) integration.Disconnection {
	now := r.Keeper.now()
	next := row
	next.Version, next.DisconnectedAt, next.Renewal = row.Version+2, now, nil
	next.AccessExpiresAt, next.ExpiresAt = time.Time{}, time.Time{}
	d := integration.Disconnection{Grant: next, FromVersion: row.Version, Act: integration.Act{
		At: now, IntegrationID: i.ID, GrantID: row.ID, What: "disconnected",
		Args: map[string]string{"integration": i.Name, "account": accountName(row.As(i.ProviderID).Account)},
	}}
	if Revocable(u, row) && len(revocable(held.Secrets)) > 0 {
		d.Pending = &integration.Revocation{
			ID: integration.NewID("rev_", now), GrantID: row.ID, Version: held.Grant.Version, ProviderID: u.Provider.ID, Method: row.Method,
			Settings: i.Settings, Public: row.Public, Account: accountName(row.As(i.ProviderID).Account), IntegrationID: i.ID, Name: i.Name, BegunAt: now, DueAt: now,
		}
	}
	return d
}

func accountName(a integration.Account) string {
	if a.Name != "" {
		return a.Name
	}
	return a.ID
}

// Revocable says whether the provider has an endpoint at which the grant can be given back.
func Revocable(u Use, g integration.Grant) bool {
	provider, err := u.Provider.For(u.Settings)
	if err != nil {
		return false
	}
	method, ok := provider.Method(g.Method)
	return ok && method.OAuth != nil && method.OAuth.RevokeURL != ""
}

// revocable are the kinds of token at hand, in the order in which they are given back: without its
// refresh token nobody can make a new access token meanwhile.
func revocable(f secret.Fields) []string {
	var kinds []string
	for _, kind := range []string{"refresh_token", "access_token"} {
		if !f[kind].Empty() {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

// RetryDue tells the providers whose turn it is, and returns how many are still to be told. One that
// another process is telling is left to it.
func (r *Revoker) RetryDue(ctx context.Context) (pending int, err error) {
	if r.Keeper.store.ReadOnly() {
		return 0, nil
	}
	all, err := r.Store.Revocations(ctx)
	if err != nil {
		return 0, err
	}
	pending = len(all)
	var trouble error
	for _, one := range all {
		// One that is due in more than a day was put off by a clock that was set back since.
		if wait := one.DueAt.Sub(r.Keeper.now()); wait > 0 && wait <= revokingTime || ctx.Err() != nil {
			continue
		}
		ending, err := r.retry(ctx, one)
		if err == nil && ending != EndPending {
			pending--
		}
		if !errors.Is(err, integration.ErrBusy) {
			trouble = errors.Join(trouble, err)
		}
	}
	return pending, trouble
}

// retry tells one provider, under the grant's lock.
func (r *Revoker) retry(ctx context.Context, one integration.Revocation) (Ending, error) {
	release, err := r.Keeper.locks.Acquire(ctx, one.GrantID)
	if err != nil {
		return EndPending, err
	}
	defer release()
	current, err := r.Store.Revocation(ctx, one.ID)
	if errors.Is(err, integration.ErrNotFound) {
		return EndRevoked, nil // by another process, meanwhile
	}
	if err != nil {
		return EndPending, err
	}
	act := integration.Act{At: r.Keeper.now(), IntegrationID: one.IntegrationID, GrantID: one.GrantID, Actor: integration.ActorTimer}
	row, err := r.Keeper.store.Grant(ctx, one.GrantID)
	if err == nil && row.DisconnectedAt.IsZero() {
		// It was reconnected meanwhile. Some providers end all logins of an account with one of them, so
		// giving the old one back now could end the new one.
		return r.settle(ctx, current, act, EndUntold, "reconnected")
	}
	if err != nil && !errors.Is(err, integration.ErrNotFound) {
		return EndPending, err
	}
	return r.tell(ctx, current, act)
}

// tell sends the revocation once and records how it went. The caller holds the grant's lock.
func (r *Revoker) tell(ctx context.Context, one integration.Revocation, act integration.Act) (Ending, error) {
	text, err := r.Keeper.vault.Get(ctx, one.VaultKey())
	var held secret.Fields
	if err == nil {
		held, err = secret.Open(text)
	}
	switch {
	case errors.Is(err, secret.ErrMissing), errors.Is(err, secret.ErrCorrupt):
		return r.settle(ctx, one, act, EndRefused, "secret_gone")
	case err != nil:
		return r.putOff(ctx, one, "keychain", 0)
	}
	verdict := r.send(ctx, one, held)
	FaultPoint("revocation-answered")
	tooLong := r.Keeper.now().Sub(one.BegunAt) >= revokingTime && one.Tries+1 >= enoughTries
	switch {
	case verdict.ending == EndPending && !tooLong:
		return r.putOff(ctx, one, verdict.reason, verdict.wait)
	case verdict.ending == EndPending:
		return r.settle(ctx, one, act, EndRefused, verdict.reason)
	}
	return r.settle(ctx, one, act, verdict.ending, verdict.reason)
}

// verdict is what one try taught.
type verdict struct {
	ending Ending
	reason string
	wait   time.Duration // that the provider asked for
}

// send gives back each token once.
func (r *Revoker) send(ctx context.Context, one integration.Revocation, held secret.Fields) verdict {
	provider, ok := r.Providers(one.ProviderID)
	if !ok {
		return verdict{ending: EndRefused, reason: "provider_gone"}
	}
	filled, err := provider.For(one.Settings)
	if err != nil {
		return verdict{ending: EndRefused, reason: "provider_gone"}
	}
	method, ok := filled.Method(one.Method)
	if !ok || method.OAuth == nil || method.OAuth.RevokeURL == "" {
		return verdict{ending: EndRefused, reason: "provider_gone"}
	}
	taken := false
	for _, kind := range revocable(held) {
		err := r.Keeper.exchange.Revoke(ctx, Server(*method.OAuth), Client(one.Public, held), held[kind], kind)
		if v := judge(err); v.ending != EndRevoked && !(taken && v.ending == EndRefused) {
			return v
		}
		taken = true // what is refused after that is a token that went with the first
	}
	return verdict{ending: EndRevoked}
}

// judge reads the answer to a revocation. A token that the server does not know is gone, whichever
// way it says so (RFC 7009 section 2.2); 503 means that the token still lives (section 2.2.1).
func judge(err error) verdict {
	var refusal *oauth.Refusal
	var fault *oauth.Fault
	switch {
	case err == nil:
		return verdict{ending: EndRevoked}
	case errors.As(err, &fault):
		return verdict{ending: EndPending, reason: "network"}
	case !errors.As(err, &refusal):
		return verdict{ending: EndRefused, reason: "provider_gone"}
	case refusal.Code == "invalid_token", refusal.Code == "invalid_grant":
		return verdict{ending: EndRevoked}
	}
	passing := []int{http.StatusRequestTimeout, http.StatusConflict, http.StatusLocked, http.StatusTooEarly, http.StatusTooManyRequests}
	reason := "http_" + strconv.Itoa(refusal.HTTPStatus)
	if refusal.HTTPStatus >= 500 || refusal.HTTPStatus < 400 || refusal.HTML || slices.Contains(passing, refusal.HTTPStatus) {
		return verdict{ending: EndPending, reason: reason, wait: refusal.RetryAfter}
	}
	return verdict{ending: EndRefused, reason: reason}
}

// putOff plans the next try: after a minute, then twice as long each time and an hour at most, a fifth
// more or less, and not before the time that the provider named.
func (r *Revoker) putOff(ctx context.Context, one integration.Revocation, reason string, atLeast time.Duration) (Ending, error) {
	wait := min(firstPause<<min(one.Tries, 10), longestPutOff)
	wait = max(wait*8/10+rand.N(wait*4/10), atLeast)
	if err := r.Store.PutOff(context.WithoutCancel(ctx), one.ID, reason, r.Keeper.now().Add(wait)); err != nil {
		return EndPending, fmt.Errorf("put the revocation off: %w", err)
	}
	return EndPending, nil
}

// settle deletes the secret and then the entry: one that is left without its secret ends at the next try.
func (r *Revoker) settle(ctx context.Context, one integration.Revocation, act integration.Act, ending Ending, reason string) (Ending, error) {
	ctx = context.WithoutCancel(ctx)
	if err := r.Keeper.vault.Delete(ctx, one.VaultKey()); err != nil {
		return r.putOff(ctx, one, "keychain", 0)
	}
	act.What = map[Ending]string{EndRevoked: "revoked", EndRefused: "not_revoked", EndUntold: "revocation_dropped"}[ending]
	act.Args = map[string]string{"integration": one.Name, "account": one.Account, "provider": one.ProviderID}
	if ending != EndRevoked {
		act.Args["reason"] = reason
	}
	if err := r.Store.Settle(ctx, one.ID, act); err != nil {
		return EndPending, fmt.Errorf("settle the revocation: %w", err)
	}
	return ending, nil
}
