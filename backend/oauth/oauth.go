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
	Issuer          string // the iss that its redirects must carry (RFC 9207); "" when they carry none
	ClientAuth      string // ClientAuthHeader, ClientAuthBody or ClientAuthNone
	ScopeSeparator  string // "" means a space
	AuthorizeParams map[string]string
	TokenParams     map[string]string
	Hosts           []string // hosts that the consent may be opened on; empty means the host of AuthorizeURL alone
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
	ScopesStated bool
}
