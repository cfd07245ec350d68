package sandbox

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// temporary is a request for consent of OAuth 1.0a (RFC 5849 section 2.1).
type temporary struct {
	secret, callback, verifier string
	account                    Account
}

// lasting is a token that signs requests until it is revoked.
type lasting struct {
	secret string
	family *family
}

// signatures are what the OAuth 1.0a side of a service remembers.
type signatures struct {
	temporary map[string]*temporary
	lasting   map[string]*lasting
	nonces    map[string]bool
}

func newSignatures() signatures {
	return signatures{map[string]*temporary{}, map[string]*lasting{}, map[string]bool{}}
}

// outOfBand asks for a number in place of a redirect.
const outOfBand = "oob"

// signedRequest gives out a temporary token.
func (s *Service) signedRequest(w http.ResponseWriter, r *http.Request) {
	params, problem := s.signature(r, "")
	callback := params["oauth_callback"]
	back, err := url.Parse(callback)
	if problem == "" && callback != outOfBand && (err != nil || back.Scheme != "https" && back.Hostname() != "127.0.0.1") {
		problem = "parameter_rejected"
	}
	if problem != "" {
		refuseSigned(w, problem)
		return
	}
	token, t := rand.Text(), &temporary{secret: rand.Text(), callback: callback}
	s.hand(t.secret)
	s.book.mu.Lock()
	s.book.signed.temporary[token] = t
	s.book.mu.Unlock()
	answerForm(w, url.Values{"oauth_token": {token}, "oauth_token_secret": {t.secret}, "oauth_callback_confirmed": {"true"}})
}

// signedConsent shows the consent page of a temporary token.
func (s *Service) signedConsent(w http.ResponseWriter, r *http.Request) {
	token := r.URL.Query().Get("oauth_token")
	s.book.mu.Lock()
	_, known := s.book.signed.temporary[token]
	s.book.mu.Unlock()
	if !known {
		http.Error(w, "This request for access is not known.", http.StatusBadRequest)
		return
	}
	s.oauth.show(w, &authRequest{id: token}, s.seed.Accounts[0])
}

// decideSigned takes the form of the consent page; false when the request is not one of OAuth 1.0a.
func (s *Service) decideSigned(w http.ResponseWriter, r *http.Request, account Account, known bool) bool {
	token, allowed := r.PostForm.Get("request"), r.PostForm.Get("decision") == "allow"
	s.book.mu.Lock()
	t, waiting := s.book.signed.temporary[token]
	if waiting && known && allowed {
		t.account, t.verifier = account, rand.Text()[:8]
	}
	s.book.mu.Unlock()
	if !waiting {
		return false
	}
	query := url.Values{"oauth_token": {token}, "oauth_verifier": {t.verifier}}
	if t.verifier == "" {
		query = url.Values{"oauth_token": {token}, "oauth_problem": {"user_refused"}}
	}
	if t.callback == outOfBand {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, `<!doctype html><title>Number</title><p>Your number: <output>`+t.verifier+`</output></p>`)
		return true
	}
	separator := "?"
	if strings.Contains(t.callback, "?") {
		separator = "&"
	}
	w.Header().Set("Location", t.callback+separator+query.Encode())
	w.WriteHeader(http.StatusFound)
	return true
}

// signedAccess trades a decided temporary token for a lasting one, once.
func (s *Service) signedAccess(w http.ResponseWriter, r *http.Request) {
	token := signedParams(r)["oauth_token"]
	s.book.mu.Lock()
	t := s.book.signed.temporary[token]
	s.book.mu.Unlock()
	if t == nil {
		refuseSigned(w, "token_rejected")
		return
	}
	params, problem := s.signature(r, t.secret)
	if problem == "" && (t.verifier == "" || subtle.ConstantTimeCompare([]byte(params["oauth_verifier"]), []byte(t.verifier)) != 1) {
		problem = "verifier_invalid"
	}
	if problem != "" {
		refuseSigned(w, problem)
		return
	}
	b := s.book
	b.mu.Lock()
	f := &family{account: t.account, scopes: b.scopes, ends: b.now().Add(b.refresh)}
	b.families = append(b.families, f)
	next, kept := rand.Text(), &lasting{rand.Text(), f}
	b.signed.lasting[next] = kept
	delete(b.signed.temporary, token)
	b.mu.Unlock()
	s.hand(next, kept.secret, t.verifier)
	answerForm(w, url.Values{"oauth_token": {next}, "oauth_token_secret": {kept.secret}})
}

// signed lets in whoever signs with a lasting token.
func (s *Service) signed(serve func(http.ResponseWriter, caller)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		b := s.book
		b.mu.Lock()
		token := b.signed.lasting[signedParams(r)["oauth_token"]]
		b.mu.Unlock()
		if token == nil {
			refuse(w, http.StatusUnauthorized, "token_unknown", "The token is not known.")
			return
		}
		if _, problem := s.signature(r, token.secret); problem != "" {
			refuse(w, http.StatusUnauthorized, problem, "The signature does not fit.")
			return
		}
		b.mu.Lock()
		gone, c := token.family.revoked, caller{b.acting(token.family.account), b.left(token.family.scopes)}
		b.mu.Unlock()
		if gone {
			refuse(w, http.StatusUnauthorized, "token_revoked", "The token was revoked.")
			return
		}
		serve(w, c)
	}
}

// signature checks a request as RFC 5849 sections 3.4 and 3.5.1 say, and returns its parameters, or the
// problem in the words of the protocol's extension.
func (s *Service) signature(r *http.Request, tokenSecret string) (params map[string]string, problem string) {
	params = signedParams(r)
	id, key := s.Client()
	digest := map[string]func() hash.Hash{"HMAC-SHA1": sha1.New, "HMAC-SHA256": sha256.New}[params["oauth_signature_method"]]
	switch {
	case params["oauth_consumer_key"] != id:
		return params, "consumer_key_unknown"
	case digest == nil:
		return params, "signature_method_rejected"
	}
	mac := hmac.New(digest, []byte(escaped(key)+"&"+escaped(tokenSecret)))
	_, _ = mac.Write([]byte(baseString(r, params)))
	given, err := base64.StdEncoding.DecodeString(params["oauth_signature"])
	if err != nil || !hmac.Equal(given, mac.Sum(nil)) {
		return params, "signature_invalid"
	}
	s.book.mu.Lock()
	defer s.book.mu.Unlock()
	nonce := params["oauth_timestamp"] + params["oauth_nonce"]
	if s.book.signed.nonces[nonce] {
		return params, "nonce_used"
	}
	s.book.signed.nonces[nonce] = true
	return params, ""
}

// signedParams are the parameters of the Authorization header (RFC 5849 section 3.5.1).
func signedParams(r *http.Request) map[string]string {
	params := map[string]string{}
	list, _ := strings.CutPrefix(r.Header.Get("Authorization"), "OAuth ")
	for pair := range strings.SplitSeq(list, ",") {
		name, quoted, _ := strings.Cut(strings.TrimSpace(pair), "=")
		if value, err := url.PathUnescape(strings.Trim(quoted, `"`)); err == nil && name != "" {
			params[name] = value
		}
	}
	return params
}

// baseString is RFC 5849 section 3.4.1. The sandbox's requests have no form in their body.
func baseString(r *http.Request, params map[string]string) string {
	var pairs []string
	for name, value := range params {
		if name != "realm" && name != "oauth_signature" {
			pairs = append(pairs, escaped(name)+"="+escaped(value))
		}
	}
	for name, values := range r.URL.Query() {
		for _, value := range values {
			pairs = append(pairs, escaped(name)+"="+escaped(value))
		}
	}
	slices.Sort(pairs)
	return r.Method + "&" + escaped("http://"+r.Host+r.URL.EscapedPath()) + "&" + escaped(strings.Join(pairs, "&"))
}

// escaped is RFC 5849 section 3.6.
func escaped(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

func refuseSigned(w http.ResponseWriter, problem string) {
	w.Header().Set("Content-Type", "application/x-www-form-urlencoded")
	w.WriteHeader(http.StatusUnauthorized)
	_, _ = io.WriteString(w, "oauth_problem="+problem)
}

func answerForm(w http.ResponseWriter, form url.Values) {
	w.Header().Set("Content-Type", "application/x-www-form-urlencoded")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = io.WriteString(w, form.Encode())
}

// ConsentNumber consents on the page and returns the number that it shows, where nothing is redirected.
func (w *World) ConsentNumber(ctx context.Context, authorizeURL, account string) (string, error) {
	p, err := w.open(ctx, http.MethodGet, authorizeURL, nil)
	if err != nil {
		return "", fmt.Errorf("open the consent page: %w", err)
	}
	form := url.Values{"request": between(p.body, `name="request" value="`, `"`), "account": {account}, "decision": {"allow"}}
	if p, err = w.open(ctx, http.MethodPost, p.relative("/authorize"), form); err != nil {
		return "", fmt.Errorf("answer the consent page: %w", err)
	}
	number := between(p.body, "<output>", "</output>")
	if len(number) != 1 {
		return "", errors.New("the page shows no number")
	}
	return number[0], nil
}
