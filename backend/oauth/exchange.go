package oauth

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"relink/backend/secret"
)

const (
	exchangeLimit = 20 * time.Second // one request, from the dial to the last byte of the answer
	maxAnswer     = 64 << 10         // bytes, after decompression
)

// Exchange speaks to token and revocation endpoints. Each call is one request: no redirect is
// followed, nothing is tried twice, and it ends within 20 s or when ctx does.
type Exchange struct {
	transport http.RoundTripper
	now       func() time.Time
}

// NewExchange returns an Exchange that sends over transport, or over its own one when that is nil.
func NewExchange(transport http.RoundTripper, now func() time.Time) *Exchange {
	if transport == nil {
		transport = newTransport()
	}
	return &Exchange{transport: transport, now: now}
}

// Code trades an authorization code for a token (RFC 6749 section 4.1.3, RFC 7636 section 4.5).
// The error is a *Refusal, a *Fault, or tells that the server's description cannot be used.
func (e *Exchange) Code(ctx context.Context, s Server, c Client, code, verifier secret.Text, redirectURI string) (Token, error) {
	form := url.Values{
		"grant_type":    {"authorization_code"},
		"code":          {code.Reveal()},
		"redirect_uri":  {redirectURI},
		"code_verifier": {verifier.Reveal()},
	}
	if s.OmitRedirect {
		form.Del("redirect_uri")
	}
	return e.token(ctx, s, s.TokenURL, c, form, code, verifier)
}

// Refresh renews a token (RFC 6749 section 6). Where the answer has no refresh token,
// Token.Refresh is empty and the caller keeps the one it has. At a server with a LongLived trade it is
// that trade. Errors are those of Code.
func (e *Exchange) Refresh(ctx context.Context, s Server, c Client, refresh secret.Text) (Token, error) {
	if s.LongLived != nil {
		return e.LongLived(ctx, s, c, refresh)
	}
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refresh.Reveal()}}
	return e.token(ctx, s, s.refreshURL(), c, form, refresh)
}

// token posts a form to an address, with the server's fixed parameters, and reads a token from the answer.
func (e *Exchange) token(ctx context.Context, s Server, address string, c Client, form url.Values, sent ...secret.Text) (Token, error) {
	got, err := e.post(ctx, s, address, c, form, s.TokenParams, sent)
	if err != nil {
		return Token{}, err
	}
	return got.token(s)
}

// Revoke gives a token back (RFC 7009). hint is "refresh_token", "access_token" or "". A token that
// the server does not know counts as revoked, as the RFC says. Errors are those of Code; a Refusal
// with status 503 means that the token still lives.
func (e *Exchange) Revoke(ctx context.Context, s Server, c Client, token secret.Text, hint string) error {
	if s.RevokeURL == "" {
		return errors.New("the server has no revocation endpoint")
	}
	got, err := e.giveBack(ctx, s, c, token, hint)
	if err != nil {
		return err
	}
	if got.status/100 == 2 {
		return nil
	}
	return got.refusal(s.Answer)
}

// RevokeByDelete is a revocation by the request DELETE with the token as a bearer (RFC 6750): Meta's.
const RevokeByDelete = "delete"

// giveBack sends the request of a revocation.
func (e *Exchange) giveBack(ctx context.Context, s Server, c Client, token secret.Text, hint string) (answer, error) {
	if s.RevokeBy != RevokeByDelete {
		form := url.Values{"token": {token.Reveal()}}
		if hint != "" {
			form.Set("token_type_hint", hint)
		}
		return e.post(ctx, s, s.RevokeURL, c, form, nil, []secret.Text{token})
	}
	if _, err := safeURL(s.RevokeURL); err != nil {
		return answer{}, fmt.Errorf("revocation endpoint: %w", err)
	}
	req, err := http.NewRequest(http.MethodDelete, s.RevokeURL, nil)
	if err != nil {
		return answer{}, errors.New("revocation endpoint: no address")
	}
	req.Header.Set("Authorization", "Bearer "+token.Reveal())
	req.Header.Set("Accept", "application/json")
	return e.ask(ctx, req, []secret.Text{token})
}

// post sends one form and reads the whole answer, whatever its status. secrets are those in the form;
// fixed parameters replace none of it.
func (e *Exchange) post(ctx context.Context, s Server, address string, c Client, form url.Values, fixed map[string]string, secrets []secret.Text) (answer, error) {
	if _, err := safeURL(address); err != nil {
		return answer{}, fmt.Errorf("token endpoint: %w", err)
	}
	req, err := newPost(address, s, c, form, fixed)
	if err != nil {
		return answer{}, err
	}
	_, basic, _ := strings.Cut(req.Header.Get("Authorization"), " ")
	return e.ask(ctx, req, append(secrets, c.Secret, secret.New(basic)))
}

// ask sends one request and reads the whole answer, whatever its status. secrets are those in it.
func (e *Exchange) ask(ctx context.Context, req *http.Request, secrets []secret.Text) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, exchangeLimit)
	defer cancel()
	var sent atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { sent.Store(true) }})
	res, err := e.transport.RoundTrip(req.WithContext(ctx))
	if err != nil {
		return answer{}, &Fault{Err: reason(ctx, err), Sent: sent.Load()}
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if err != nil && len(body) <= maxAnswer && !unreadable(err) {
		return answer{}, &Fault{Err: reason(ctx, err), Sent: true}
	}
	return answer{
		status: res.StatusCode,
		header: res.Header,
		body:   body,
		broken: err != nil || len(body) > maxAnswer,
		at:     e.now(),
		sent:   secrets,
	}, nil
}

func newPost(address string, s Server, c Client, form url.Values, fixed map[string]string) (*http.Request, error) {
	switch s.ClientAuth {
	case clientAuthAbsent:
	case ClientAuthHeader:
	case ClientAuthBody:
		form.Set("client_id", c.ID)
		form.Set("client_secret", c.Secret.Reveal())
	case ClientAuthNone:
		form.Set("client_id", c.ID)
	default:
		return nil, fmt.Errorf("client authentication %q: want header, body or none", s.ClientAuth)
	}
	body, kind, err := s.Request.body(form, fixed)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequest(http.MethodPost, address, strings.NewReader(body))
	if err != nil {
		return nil, errors.New("the token endpoint's address cannot be used")
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "Relink")
	if err := s.Request.setHeaders(req.Header); err != nil {
		return nil, err
	}
	req.Header.Del("Authorization")
	if s.ClientAuth == ClientAuthHeader {
		// RFC 6749 section 2.3.1: both halves are form-encoded before they are joined.
		pair := url.QueryEscape(c.ID) + ":" + url.QueryEscape(c.Secret.Reveal())
		req.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(pair)))
	}
	req.Header.Set("Content-Type", kind)
	return req, nil
}

// reason strips what quotes the address from a transport's error, and prefers the deadline over
// what it caused.
func reason(ctx context.Context, err error) error {
	if ended := ctx.Err(); ended != nil {
		return ended
	}
	if quoted := (*url.Error)(nil); errors.As(err, &quoted) {
		return quoted.Err
	}
	return err
}
