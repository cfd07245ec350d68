package oauth

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/dghubble/oauth1"

	"relink/backend/secret"
)

// OutOfBand is the callback of a server without a redirect: the person reads a number off its page and
// types it (RFC 5849 section 2.1).
const OutOfBand = "oob"

// The methods of signing a request (RFC 5849 section 3.4.2, and the same with SHA-256).
const (
	SignatureSHA1   = "HMAC-SHA1"
	SignatureSHA256 = "HMAC-SHA256"
)

const (
	tokenParam    = "oauth_token"
	verifierParam = "oauth_verifier"
	maxPin        = 256 // bytes
)

// Server1 is an OAuth 1.0a server (RFC 5849) as its documentation tells it. The URLs must be https, or
// http on a loopback address.
type Server1 struct {
	Signature       string // SignatureSHA1 or SignatureSHA256
	Realm           string // "" when it wants none
	RequestTokenURL string
	AuthorizeURL    string
	AccessTokenURL  string
	Hosts           []string // hosts that the consent may be opened on; empty means the host of AuthorizeURL alone
}

// Login1 is who signs: the consumer, and the token of a consent or of a request for one.
type Login1 struct {
	ConsumerKey    string
	ConsumerSecret secret.Text
	Token          secret.Text
	TokenSecret    secret.Text
}

// RequestToken begins a consent (RFC 5849 section 2.1): the Request takes one answer, of which the
// verifier is the Code and the temporary token the state; the Login1 is l with the temporary token, for
// AccessToken. The error is a *Refusal, a *Fault, or tells that the server's description cannot be used.
func (e *Exchange) RequestToken(ctx context.Context, s Server1, l Login1, callback string) (*Request, Login1, error) {
	page, err := safeURL(s.AuthorizeURL)
	if err == nil && len(s.Hosts) > 0 && !onList(page, s.Hosts) {
		err = errAddressHost
	}
	if err != nil {
		return nil, l, fmt.Errorf("consent address: %w", err)
	}
	token, key, err := e.trade1(ctx, s, l, s.RequestTokenURL, secret.Text{}, func(c *oauth1.Config) (string, string, error) {
		c.CallbackURL, c.Endpoint.RequestTokenURL = callback, s.RequestTokenURL
		return c.RequestToken()
	})
	if err != nil {
		return nil, l, err
	}
	query := page.Query()
	query.Set(tokenParam, token)
	page.RawQuery = query.Encode()
	l.Token, l.TokenSecret = secret.New(token), secret.New(key)
	return &Request{url: page.String(), state: token, redirect: callback, codeParam: verifierParam, stateParam: tokenParam}, l, nil
}

// AccessToken ends a consent (RFC 5849 section 2.3) and returns l with the lasting token. l carries the
// temporary one. Errors are those of RequestToken.
func (e *Exchange) AccessToken(ctx context.Context, s Server1, l Login1, verifier secret.Text) (Login1, error) {
	token, key, err := e.trade1(ctx, s, l, s.AccessTokenURL, verifier, func(c *oauth1.Config) (string, string, error) {
		c.Endpoint.AccessTokenURL = s.AccessTokenURL
		return c.AccessToken(l.Token.Reveal(), l.TokenSecret.Reveal(), verifier.Reveal())
	})
	if err == nil {
		l.Token, l.TokenSecret = secret.New(token), secret.New(key)
	}
	return l, err
}

// trade1 has the library make one request, which this package sends, and judges the answer itself: the
// library's errors quote it.
func (e *Exchange) trade1(ctx context.Context, s Server1, l Login1, address string, verifier secret.Text, ask func(*oauth1.Config) (token, key string, err error)) (string, string, error) {
	if _, err := safeURL(address); err != nil {
		return "", "", fmt.Errorf("token endpoint: %w", err)
	}
	config, err := config1(s, l)
	if err != nil {
		return "", "", err
	}
	c := &courier{send: func(req *http.Request) (answer, error) {
		signed := secret.New(req.Header.Get("Authorization"))
		return e.ask(ctx, req, []secret.Text{l.ConsumerSecret, l.Token, l.TokenSecret, verifier, signed})
	}}
	config.HTTPClient = &http.Client{Transport: c, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	token, key, err := ask(config)
	switch {
	case c.err != nil:
		return "", "", c.err
	case !c.arrived:
		return "", "", errors.New("the request to the token endpoint could not be made")
	case err != nil, c.got.broken, !visible(token), !visible(key), len(token) > maxCredential, len(key) > maxCredential:
		return "", "", c.got.refusal1()
	}
	return token, key, nil
}

// maxCredential bounds a token, which becomes a part of an address.
const maxCredential = 4 << 10 // bytes

func config1(s Server1, l Login1) (*oauth1.Config, error) {
	config := &oauth1.Config{ConsumerKey: l.ConsumerKey, ConsumerSecret: l.ConsumerSecret.Reveal(), Realm: s.Realm, Noncer: oauth1.HexNoncer{}}
	switch s.Signature {
	case SignatureSHA1:
		config.Signer = &oauth1.HMACSigner{ConsumerSecret: config.ConsumerSecret}
	case SignatureSHA256:
		config.Signer = &oauth1.HMAC256Signer{ConsumerSecret: config.ConsumerSecret}
	default:
		return nil, fmt.Errorf("signature %q: want HMAC-SHA1 or HMAC-SHA256", s.Signature)
	}
	return config, nil
}

// courier sends the library's requests as this package sends its own, and keeps the last answer.
type courier struct {
	send    func(*http.Request) (answer, error)
	arrived bool
	got     answer
	err     error
}

// RoundTrip sends one request, within the exchange's limits.
func (c *courier) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.Header.Set("User-Agent", "Relink")
	req.Header.Set("Accept", "application/x-www-form-urlencoded")
	if c.got, c.err = c.send(req); c.err != nil {
		return nil, c.err
	}
	c.arrived = true
	return &http.Response{StatusCode: c.got.status, Header: c.got.header, Body: io.NopCloser(bytes.NewReader(c.got.body)), Request: req}, nil
}

// refusal1 reads what an OAuth 1.0a endpoint tells instead of a token: the extension's oauth_problem, in
// a form or in JSON, or nothing.
func (a answer) refusal1() *Refusal {
	r := newRefusal(a.status, a.header, a.at)
	code, words := "", ""
	if form, err := url.ParseQuery(strings.TrimSpace(string(a.body))); err == nil && !a.broken {
		code, words = form.Get("oauth_problem"), form.Get("oauth_problem_advice")
	}
	if m, ok := a.members(); ok && code == "" {
		code, _ = text(m.top["oauth_problem"])
		words, _ = scalar(m.top["message"])
	}
	r.Code, r.Description = printable(blank(code, a.sent), maxCode), printable(blank(words, a.sent), maxDescription)
	if r.Code == "" {
		r.HTML = a.html()
		r.Malformed = !r.HTML && a.status/100 == 2
	}
	return r
}

// refused1 reads a refusal out of a redirect, and the token that it is about. Twitter's denied names the
// token; others send the extension's oauth_problem beside it.
func refused1(query url.Values) (refused, token string) {
	if denied := query.Get("denied"); denied != "" {
		return "access_denied", denied
	}
	switch problem := query.Get("oauth_problem"); problem {
	case "user_refused", "permission_denied":
		return "access_denied", query.Get(tokenParam)
	default:
		return problem, query.Get(tokenParam)
	}
}

// pin takes the number that a server's page showed. Nothing but the person's eyes ties it to the request.
func (r *Request) pin(typed string) (Callback, error) {
	typed = strings.Join(strings.Fields(typed), "")
	switch {
	case typed == "":
		return Callback{}, CallbackError{Code: PastedNoCode}
	case !visible(typed), len(typed) > maxPin:
		return Callback{}, CallbackError{Code: PastedNotURL}
	case !r.answered.CompareAndSwap(false, true):
		return Callback{}, CallbackError{Code: PastedWrongState}
	}
	return Callback{Code: secret.New(typed)}, nil
}

// Signed1 returns a transport that signs each request and sends it over next (RFC 5849 section 3). The
// error tells that the server's description cannot be used.
func Signed1(s Server1, l Login1, next http.RoundTripper) (http.RoundTripper, error) {
	config, err := config1(s, l)
	if err != nil {
		return nil, err
	}
	if next == nil { // the library would take the default one
		return nil, errors.New("signed requests need a transport")
	}
	signer := oauth1.NewClient(context.WithValue(context.Background(), oauth1.HTTPClient, &http.Client{Transport: next}), config, oauth1.NewToken(l.Token.Reveal(), l.TokenSecret.Reveal()))
	return signed1{signer.Transport}, nil
}

type signed1 struct{ next http.RoundTripper }

// RoundTrip refuses what the library would sign wrongly: a parameter that occurs twice.
func (t signed1) RoundTrip(req *http.Request) (*http.Response, error) {
	if query, err := url.ParseQuery(req.URL.RawQuery); err != nil || repeated(query) {
		return nil, errors.New("the address cannot be signed")
	}
	return t.next.RoundTrip(req)
}
