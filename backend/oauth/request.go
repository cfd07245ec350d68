package oauth

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"

	"relink/backend/secret"
)

// Request is one request for consent: the address to open, and what proves that an answer belongs
// to it. It takes one answer.
type Request struct {
	url      string
	state    string
	verifier secret.Text
	issuer   string
	redirect string
	local    string // where the relay page sends the answer; "" when none is in between
	answered atomic.Bool

	codeParam  string
	stateParam string
	captured   map[string]string
}

// NewRequest prepares a request for consent with a state and a PKCE verifier of 256 random bits each
// (RFC 6749 section 4.1.1, RFC 7636 section 4, method S256 always). extra adds parameters such as
// login_hint; none of them can replace one of the protocol's own. The error tells why the server's
// address is refused.
func NewRequest(s Server, c Client, redirectURI string, scopes []string, extra map[string]string) (*Request, error) {
	return newRequest(s, c, redirectURI, random(), scopes, extra)
}

func newRequest(s Server, c Client, redirectURI, state string, scopes []string, extra map[string]string) (*Request, error) {
	u, err := safeURL(s.AuthorizeURL)
	if err == nil && len(s.Hosts) > 0 && !onList(u, s.Hosts) {
		err = errAddressHost
	}
	if err != nil {
		return nil, fmt.Errorf("consent address: %w", err)
	}
	r := &Request{state: state, verifier: secret.New(random()), issuer: s.Issuer, redirect: redirectURI, codeParam: s.CodeParam, stateParam: "state", captured: s.Captured}
	if r.codeParam == "" {
		r.codeParam = "code"
	}
	challenge := sha256.Sum256([]byte(r.verifier.Reveal()))
	query := u.Query()
	for _, params := range []map[string]string{s.AuthorizeParams, extra} {
		for _, name := range slices.Sorted(maps.Keys(params)) {
			query.Set(name, params[name])
		}
	}
	query.Set("response_type", "code")
	query.Set("client_id", c.ID)
	if query.Set("redirect_uri", redirectURI); s.OmitRedirect {
		query.Del("redirect_uri")
	}
	query.Set("state", r.state)
	query.Set("code_challenge", base64.RawURLEncoding.EncodeToString(challenge[:]))
	query.Set("code_challenge_method", "S256")
	if len(scopes) > 0 {
		query.Set("scope", strings.Join(scopes, separatorOr(s.ScopeSeparator)))
	}
	u.RawQuery = query.Encode()
	r.url = u.String()
	return r, nil
}

// URL is the address to open in the system browser.
func (r *Request) URL() string { return r.url }

// State is the value that a genuine answer carries (RFC 6749 section 10.12).
func (r *Request) State() string { return r.state }

// Verifier proves at the token endpoint that the code was asked for here.
func (r *Request) Verifier() secret.Text { return r.verifier }

// RedirectURI is where the answer was asked to go; the token endpoint wants it again.
func (r *Request) RedirectURI() string { return r.redirect }

// holds says in constant time whether state is this request's.
func (r *Request) holds(state string) bool {
	return subtle.ConstantTimeCompare([]byte(state), []byte(r.state)) == 1
}

// random returns 256 random bits as 43 characters of base64url, the least that RFC 7636 section 4.1
// allows a verifier.
func random() string {
	var b [32]byte
	rand.Read(b[:]) // crypto/rand never returns an error
	return base64.RawURLEncoding.EncodeToString(b[:])
}

func separatorOr(separator string) string {
	if separator == "" {
		return " "
	}
	return separator
}
