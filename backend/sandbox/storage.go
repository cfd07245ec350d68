package sandbox

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// storage gives the library a service's book. The embedded interface is nil: it stands for the parts
// of OpenID Connect that nothing here asks for.
type storage struct {
	op.Storage
	service *Service
}

var (
	errSpent   = errors.New("the token was used before; all that came from the same consent is revoked")
	errInvalid = errors.New("the token is invalid, expired or revoked")
)

// GetClientByClientID returns the one client that is registered.
func (s storage) GetClientByClientID(_ context.Context, id string) (op.Client, error) {
	b := s.service.book
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.noClient || id != s.service.clientID {
		return nil, oidc.ErrInvalidClient().WithDescription("The OAuth client was not found.")
	}
	auth := oidc.AuthMethodBasic
	if s.service.seed.ClientAuth == "body" {
		auth = oidc.AuthMethodPost
	}
	return client{id: id, auth: auth, scopes: b.scopes}, nil
}

// AuthorizeClientIDSecret checks the client's secret.
func (s storage) AuthorizeClientIDSecret(ctx context.Context, id, secret string) error {
	if _, err := s.GetClientByClientID(ctx, id); err != nil {
		return err
	}
	if _, right := s.service.Client(); subtle.ConstantTimeCompare([]byte(secret), []byte(right)) != 1 {
		return oidc.ErrInvalidClient().WithDescription("The client secret is wrong.")
	}
	return nil
}

// SaveAuthCode files a decided request under its code.
func (s storage) SaveAuthCode(_ context.Context, id, code string) error {
	b := s.service.book
	b.mu.Lock()
	defer b.mu.Unlock()
	request, ok := b.requests[id]
	if !ok {
		return errInvalid
	}
	delete(b.requests, id)
	b.codes[code] = request
	return nil
}

// AuthRequestByCode finds a code that was not yet used. A used one revokes what came from it
// (RFC 6749 section 4.1.2).
func (s storage) AuthRequestByCode(_ context.Context, code string) (op.AuthRequest, error) {
	b := s.service.book
	b.mu.Lock()
	defer b.mu.Unlock()
	request, ok := b.codes[code]
	switch {
	case !ok, b.now().Sub(request.at) > 10*time.Minute:
		return nil, errInvalid
	case request.family != nil:
		request.family.revoked = true
		return nil, errSpent
	}
	return request, nil
}

// TokenRequestByRefreshToken finds the consent of a refresh token. A spent one revokes the family.
func (s storage) TokenRequestByRefreshToken(_ context.Context, token string) (op.RefreshTokenRequest, error) {
	b := s.service.book
	b.mu.Lock()
	defer b.mu.Unlock()
	f, err := b.current(token)
	if err != nil {
		return nil, err
	}
	return renewal{family: f, clientID: s.service.clientID, at: b.now()}, nil
}

// current returns the family whose valid refresh token this is. The caller holds the lock.
func (b *book) current(token string) (*family, error) {
	f, ok := b.refreshed[token]
	switch {
	case !ok || f.revoked || !b.now().Before(f.ends):
		return nil, errInvalid
	case f.refresh != token:
		f.revoked = true
		return nil, errSpent
	}
	return f, nil
}

// CreateAccessAndRefreshTokens gives out an access token and the family's next refresh token.
func (s storage) CreateAccessAndRefreshTokens(_ context.Context, request op.TokenRequest, spent string) (string, string, time.Time, error) {
	b := s.service.book
	b.mu.Lock()
	defer b.mu.Unlock()
	f, err := b.familyOf(request, spent)
	if err != nil {
		return "", "", time.Time{}, oidc.ErrInvalidGrant().WithParent(err)
	}
	if f.refresh == "" || !b.keep {
		f.refresh = "rt_" + rand.Text() + rand.Text()
		b.refreshed[f.refresh] = f
	}
	id, ends := rand.Text(), b.now().Add(b.access)
	b.tokens[id] = access{family: f, ends: ends}
	return id, f.refresh, ends, nil
}

// familyOf returns the family of a renewal, looked at again as another request may have won, or a
// new one for a code. The caller holds the lock.
func (b *book) familyOf(request op.TokenRequest, spent string) (*family, error) {
	switch r := request.(type) {
	case renewal:
		return b.current(spent)
	case *authRequest:
		if r.family != nil {
			r.family.revoked = true
			return nil, errSpent
		}
		r.family = &family{account: r.account, scopes: r.granted, ends: b.now().Add(b.refresh)}
		b.families = append(b.families, r.family)
		return r.family, nil
	}
	return nil, errInvalid
}

// revokeToken ends the family of a token, of whichever kind (RFC 7009 section 2.1). A token that
// is not known changes nothing.
func (b *book) revokeToken(refresh, accessID string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if f, ok := b.refreshed[refresh]; ok {
		f.revoked = true
	}
	if t, ok := b.tokens[accessID]; ok {
		t.family.revoked = true
	}
}
