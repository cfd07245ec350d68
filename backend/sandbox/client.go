package sandbox

import (
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// client is the registered OAuth client, in the library's words: a native app that takes its
// redirect on any port and path of the loopback interface.
type client struct {
	id     string
	auth   oidc.AuthMethod
	scopes []string
}

func (c client) GetID() string          { return c.id }
func (c client) RedirectURIs() []string { return []string{pastedRedirect} }
func (c client) RedirectURIGlobs() []string {
	return []string{"http://127.0.0.1:*/**", "http://localhost:*/**"}
}
func (c client) PostLogoutRedirectURIs() []string     { return nil }
func (c client) PostLogoutRedirectURIGlobs() []string { return nil }
func (c client) ApplicationType() op.ApplicationType  { return op.ApplicationTypeNative }
func (c client) AuthMethod() oidc.AuthMethod          { return c.auth }
func (c client) ResponseTypes() []oidc.ResponseType {
	return []oidc.ResponseType{oidc.ResponseTypeCode}
}
func (c client) LoginURL(id string) string                                    { return "/authorize?id=" + id }
func (c client) AccessTokenType() op.AccessTokenType                          { return op.AccessTokenTypeBearer }
func (c client) IDTokenLifetime() time.Duration                               { return 0 }
func (c client) DevMode() bool                                                { return false }
func (c client) IDTokenUserinfoClaimsAssertion() bool                         { return false }
func (c client) ClockSkew() time.Duration                                     { return 0 }
func (c client) RestrictAdditionalIdTokenScopes() func([]string) []string     { return unchanged }
func (c client) RestrictAdditionalAccessTokenScopes() func([]string) []string { return unchanged }

func (c client) GrantTypes() []oidc.GrantType {
	return []oidc.GrantType{oidc.GrantTypeCode, oidc.GrantTypeRefreshToken}
}

func (c client) IsScopeAllowed(scope string) bool {
	for _, s := range c.scopes {
		if s == scope {
			return true
		}
	}
	return false
}

func unchanged(scopes []string) []string { return scopes }

// pastedRedirect is the registered https address of those who paste what they end on.
const pastedRedirect = "https://app.example/oauth/done"

// authRequest is one request for consent, and what the person decided.
type authRequest struct {
	oidc.AuthRequest
	id      string
	account Account
	granted []string
	at      time.Time
	family  *family // made from its code
}

func (a *authRequest) GetID() string                      { return a.id }
func (a *authRequest) GetACR() string                     { return "" }
func (a *authRequest) GetAMR() []string                   { return nil }
func (a *authRequest) GetAudience() []string              { return []string{a.ClientID} }
func (a *authRequest) GetAuthTime() time.Time             { return a.at }
func (a *authRequest) GetClientID() string                { return a.ClientID }
func (a *authRequest) GetNonce() string                   { return a.Nonce }
func (a *authRequest) GetSubject() string                 { return a.account.ID }
func (a *authRequest) Done() bool                         { return a.account.ID != "" }
func (a *authRequest) GetResponseMode() oidc.ResponseMode { return "" }

// GetScopes adds the scope by which the library decides to hand out a refresh token: everybody gets one.
func (a *authRequest) GetScopes() []string {
	return append(a.granted[:len(a.granted):len(a.granted)], oidc.ScopeOfflineAccess)
}

func (a *authRequest) GetCodeChallenge() *oidc.CodeChallenge {
	return &oidc.CodeChallenge{Challenge: a.CodeChallenge, Method: a.CodeChallengeMethod}
}

// renewal is a refresh token that was presented, in the library's words.
type renewal struct {
	family   *family
	clientID string
	at       time.Time
}

func (r renewal) GetAMR() []string          { return nil }
func (r renewal) GetAudience() []string     { return []string{r.clientID} }
func (r renewal) GetAuthTime() time.Time    { return r.at }
func (r renewal) GetClientID() string       { return r.clientID }
func (r renewal) GetScopes() []string       { return r.family.scopes }
func (r renewal) GetSubject() string        { return r.family.account.ID }
func (r renewal) SetCurrentScopes([]string) {} // a renewal keeps the scopes of the consent
