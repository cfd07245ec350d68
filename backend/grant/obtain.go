package grant

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"relink/backend/catalog"
	"relink/backend/integration"
	"relink/backend/oauth"
	"relink/backend/secret"
)

// consentless says whether a method obtains its access tokens with credentials alone, as often as it likes.
func consentless(m integration.Method) bool {
	return m == integration.MethodOAuth2ClientCredentials || m == integration.MethodServiceAccount || m == integration.MethodLoginToken
}

// Obtain gets an access token with the credentials of a method that has no consent: client credentials,
// a service account's key, or a user's name and password. Of held it needs Grant.Method, Grant.Public and the Secrets. The errors are
// those of oauth.Exchange, and secret.ErrCorrupt when a credential is empty or is no key (oauth.ErrKey too).
func Obtain(ctx context.Context, exchange *oauth.Exchange, u Use, held Held) (oauth.Token, error) {
	method, err := usable(u, held)
	if err != nil {
		return oauth.Token{}, err
	}
	if method.Trade != nil {
		return exchange.Login(ctx, login(method.Trade.URL, method.Trade.Token, method.Trade.Body, held))
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

// ObtainWithCode is Obtain at an account with a second factor. The code is what the person typed just now; it
// is sent once and not kept. Errors as of Obtain.
func ObtainWithCode(ctx context.Context, exchange *oauth.Exchange, u Use, held Held, code secret.Text) (oauth.Token, error) {
	method, err := usable(u, held)
	if err != nil {
		return oauth.Token{}, err
	}
	if method.Trade == nil || method.Trade.Code == nil {
		return oauth.Token{}, fmt.Errorf("the method %s takes no code", held.Grant.Method)
	}
	second := *method.Trade.Code
	held.Secrets = held.Secrets.Clone()
	held.Secrets[second.Field.ID] = code
	return exchange.Login(ctx, login(second.URL, method.Trade.Token, second.Body, held))
}

// login is a trade with the grant's own values in its members.
func login(url, token string, body map[string]string, held Held) oauth.Login {
	l := oauth.Login{URL: url, Token: token, Params: map[string]string{}, Secrets: map[string]secret.Text{}}
	for member, template := range body {
		name := strings.Trim(template, "{}")
		text, hidden := held.Secrets[name]
		switch {
		case name == template:
			l.Params[member] = template
		case hidden:
			l.Secrets[member] = text
		default:
			l.Params[member] = held.Grant.Public[name]
		}
	}
	return l
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
