package grant

import (
	"context"
	"errors"
	"fmt"

	"relink/backend/catalog"
	"relink/backend/integration"
	"relink/backend/oauth"
	"relink/backend/secret"
)

// consentless says whether a method obtains its access tokens with credentials alone, as often as it likes.
func consentless(m integration.Method) bool {
	return m == integration.MethodOAuth2ClientCredentials || m == integration.MethodServiceAccount
}

// Obtain gets an access token with the credentials of a method that has no consent: client credentials, or
// a service account's key. Of held it needs Grant.Method, Grant.Public and the Secrets. The errors are
// those of oauth.Exchange, and secret.ErrCorrupt when a credential is empty or is no key (oauth.ErrKey too).
func Obtain(ctx context.Context, exchange *oauth.Exchange, u Use, held Held) (oauth.Token, error) {
	method, err := usable(u, held)
	if err != nil {
		return oauth.Token{}, err
	}
	server, err := located(ctx, exchange, *method.OAuth)
	if err != nil {
		return oauth.Token{}, err
	}
	scopes := catalog.ScopeIDs(method.OAuth.Scopes)
	switch held.Grant.Method {
	case integration.MethodOAuth2ClientCredentials:
		return exchange.ClientCredentials(ctx, server, Client(held.Grant.Public, held.Secrets), scopes)
	case integration.MethodServiceAccount:
		t, err := exchange.Assert(ctx, server, assertion(method, held, scopes))
		if errors.Is(err, oauth.ErrKey) {
			err = fmt.Errorf("%w: %w", secret.ErrCorrupt, err)
		}
		return t, err
	}
	return oauth.Token{}, fmt.Errorf("the method %s needs a person", held.Grant.Method)
}

func assertion(m catalog.Method, held Held, scopes []string) oauth.Assertion {
	public := held.Grant.Public
	a := oauth.Assertion{Issuer: public["client_email"], Subject: public["subject"], KeyID: public["private_key_id"], Key: held.Secrets["private_key"], Scopes: scopes}
	if m.Assertion != nil {
		a.Audience = m.Assertion.Audience
	}
	return a
}

// asking returns the request of a renewal, which is to be made once: with the refresh token, or with the
// credentials of a method without a consent. The error comes before anything is sent.
func (k *Keeper) asking(ctx context.Context, u Use, held Held) (func(context.Context) (oauth.Token, error), error) {
	method, err := usable(u, held)
	if err != nil {
		return nil, err
	}
	if consentless(held.Grant.Method) {
		return func(ctx context.Context) (oauth.Token, error) { return Obtain(ctx, k.exchange, u, held) }, nil
	}
	server, err := located(ctx, k.exchange, *method.OAuth)
	return func(ctx context.Context) (oauth.Token, error) {
		return k.exchange.Refresh(ctx, server, Client(held.Grant.Public, held.Secrets), held.Secrets["refresh_token"])
	}, err
}
