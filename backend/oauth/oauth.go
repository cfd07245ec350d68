// Package oauth answers how a grant is obtained, renewed and given back over OAuth 2.0: the consent
// in the system browser, the redirect into this computer, and the requests to the token endpoint.
// It knows no product words.
//
// # Why
// The token requests are spoken with net/http alone, over a bare RoundTripper. A general client
// follows redirects with the body in its hands, tries a second style of client authentication with
// the same one-time token, and puts the server's body into its errors. A RoundTripper cannot follow
// a redirect, each call here is one request, and an error carries only what was read out of the
// answer, never the answer.
package oauth

import (
	"time"

	"relink/backend/secret"
)

// The ways in which a client names itself at the token endpoint (RFC 6749 section 2.3.1). There is
// no default: guessing would send a one-time token twice.
const (
	ClientAuthHeader = "header" // HTTP Basic
	ClientAuthBody   = "body"   // client_id and client_secret in the form
	ClientAuthNone   = "none"   // client_id alone: a public client
)

// Server is an OAuth 2.0 server as its documentation tells it. The URLs must be https, or http on a
// loopback address.
type Server struct {
	AuthorizeURL    string
	TokenURL        string
	RevokeURL       string // "" when it has none
	RevokeBy        string // RevokeByDelete where the token itself asks for its end; "" means RFC 7009
	Issuer          string // the iss that its redirects must carry (RFC 9207); "" when they carry none
	ClientAuth      string // ClientAuthHeader, ClientAuthBody or ClientAuthNone
	ScopeSeparator  string // "" means a space
	AuthorizeParams map[string]string
	TokenParams     map[string]string
	Hosts           []string // hosts that the consent may be opened on; empty means the host of AuthorizeURL alone
	DeviceURL       string   // RFC 8628; "" when it has none
	RefreshURL      string   // "" means TokenURL
	Request         TokenRequest
	Answer          TokenAnswer
	// Captured are values that the server tells beside the token: name to source, "callback:NAME" for a
	// parameter of the redirect or "token:PATH" for a gjson path in the token answer.
	Captured     map[string]string
	LongLived    *LongLived // nil where an access token is not traded for the next
	CodeParam    string     // the redirect's parameter that carries the code; "" means code
	OmitRedirect bool       // the redirect address is registered and not sent, at neither endpoint
}

// TokenRequest is how a server's token requests differ from RFC 6749 section 4.1.3. The names are
// those of parameters, empty for the standard ones.
type TokenRequest struct {
	Encoding     string // EncodingForm, the default, or EncodingJSON
	ClientID     string
	ClientSecret string
	Code         string
	RefreshToken string
	Headers      map[string]string // sent in addition
}

// The encodings of a token request's body.
const (
	EncodingForm = "form"
	EncodingJSON = "json"
)

// TokenAnswer is where a server's token answers differ from RFC 6749 section 5.1: gjson paths, empty for
// the standard names.
type TokenAnswer struct {
	AccessToken      string
	RefreshToken     string
	ExpiresIn        string
	RefreshExpiresIn string // of the whole grant, in seconds
	ExpiresAt        string // of the access token, a date (RFC 3339): where there are no seconds
	RefreshExpiresAt string // of the whole grant, likewise
	Scope            string
	Error            string // of a refusal's code
	Message          string // of a refusal's text
	Good             string // a value at Error that means no error
}

// LongLived is the trade of an access token for one that lives long, which is later traded for the
// next: such a server gives no refresh tokens.
type LongLived struct {
	GrantType string
	Token     string // the parameter that carries the access token
}

// Client is the OAuth client that asks. Secret is empty for a public client.
type Client struct {
	ID     string
	Secret secret.Text
}

// Token is a token endpoint's answer (RFC 6749 section 5.1).
type Token struct {
	Access    secret.Text
	Refresh   secret.Text // empty when the answer has none: the old one stays valid
	Type      string      // as stated, usually Bearer
	ExpiresAt time.Time   // of Access; zero when not stated, and never more than ten years away
	Scopes    []string    // granted, when ScopesStated; otherwise as requested (RFC 6749 section 5.1)
	// ScopesStated says that the answer named the scopes.
	ScopesStated   bool
	GrantExpiresAt time.Time         // of the whole grant; zero when not stated
	Told           map[string]string // what Server.Captured takes from a token answer, by name
}
