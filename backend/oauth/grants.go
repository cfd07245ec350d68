package oauth

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"

	"relink/backend/secret"
)

// clientAuthAbsent is a request that names no client: an assertion stands for it.
const clientAuthAbsent = "absent"

// ClientCredentials obtains a token for the client itself (RFC 6749 section 4.4). Errors are those of Code.
func (e *Exchange) ClientCredentials(ctx context.Context, s Server, c Client, scopes []string) (Token, error) {
	form := url.Values{"grant_type": {"client_credentials"}}
	if len(scopes) > 0 {
		form.Set("scope", strings.Join(scopes, separatorOr(s.ScopeSeparator)))
	}
	return e.token(ctx, s, s.TokenURL, c, form)
}

// LongLived trades an access token for one that lives long, at RefreshURL. Token.Refresh is what the
// next trade is made with: the new access token, where the answer names nothing else. Errors are those
// of Code.
func (e *Exchange) LongLived(ctx context.Context, s Server, c Client, access secret.Text) (Token, error) {
	if s.LongLived == nil || s.LongLived.Token == "" || slices.Contains([]string{"", "password"}, strings.ToLower(strings.TrimSpace(s.LongLived.GrantType))) {
		return Token{}, errors.New("the server has no long-lived tokens")
	}
	form := url.Values{"grant_type": {s.LongLived.GrantType}, s.LongLived.Token: {access.Reveal()}}
	t, err := e.token(ctx, s, s.refreshURL(), c, form, access)
	if err == nil && t.Refresh.Empty() {
		t.Refresh = t.Access
	}
	return t, err
}

// Assert trades a signed assertion for a token (RFC 7523 section 2.1). The assertion stands for the
// client. The error is ErrKey when the private key cannot be read, or one of Code's.
func (e *Exchange) Assert(ctx context.Context, s Server, a Assertion) (Token, error) {
	if a.Audience == "" {
		a.Audience = s.TokenURL
	}
	signed, err := a.sign(e.now(), separatorOr(s.ScopeSeparator))
	if err != nil {
		return Token{}, err
	}
	s.ClientAuth = clientAuthAbsent
	form := url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "assertion": {signed.Reveal()}}
	return e.token(ctx, s, s.TokenURL, Client{}, form, signed)
}

func (s Server) refreshURL() string {
	if s.RefreshURL == "" {
		return s.TokenURL
	}
	return s.RefreshURL
}
