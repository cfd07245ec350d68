// Package peers answers whether Relink speaks with servers that nobody of this project wrote: it starts
// them on this computer for the tests, which drive their pages as a browser would.
//
// # Why
// A server and a client by the same hand agree on the same mistakes. The OAuth peer is panva's
// oidc-provider, a certified one, pinned in package-lock.json and installed by build/setup.sh: it
// rotates refresh tokens, and revokes the whole family when an old one comes back. It wants PKCE, and
// prompt=consent with the scope offline_access before it gives a refresh token.
//
// # How
//
//	peer := peers.Start(t, peers.Options{AccessTTL: time.Minute})
//	… oauth.Server{AuthorizeURL: peer.AuthorizeURL(), TokenURL: peer.TokenURL(), Issuer: peer.Issuer, …}
//	address, err := peer.Authorize(ctx, request.URL(), peers.Decision{})        // ends where the redirect would
//	err := peer.Consent(ctx, request.URL(), peers.Decision{Deny: true})         // and follows the redirect, too
//	err := peer.Approve(ctx, verificationURI, userCode, peers.Decision{})       // the pages of the device grant
//	entries := peer.Log(t)                                                      // what reached the endpoints
//
// The clients are PublicClient (no secret) and Client with Secret (HTTP Basic); both may use the code,
// refresh and device grants over any port of 127.0.0.1 with the path /callback, and Client the client
// credentials grant. UserInfoURL is an API that an access token with the scope openid opens: it answers
// {"sub": "ana"}.
package peers

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The clients that the peer knows, the scopes it has, and who signs in unless a Decision says otherwise.
const (
	PublicClient = "desk"
	Client       = "shop"
	Secret       = "CNRY-peer-secret-0123456789abcdef"
	ScopeRead    = "orders:read"
	ScopeWrite   = "orders:write"
	Account      = "ana"
)

// Options are how long what the peer issues lives, in whole seconds; what is 0 lives long enough for a test.
type Options struct {
	AccessTTL  time.Duration // 1 h
	RefreshTTL time.Duration // 24 h
	CodeTTL    time.Duration // 1 min
	DeviceTTL  time.Duration // 1 min
	// KeepRefresh leaves the refresh token as it is when it is used, as servers without rotation do.
	KeepRefresh bool
}

// Peer is one running OpenID Provider.
type Peer struct {
	Issuer string // http://127.0.0.1:PORT
}

// Entry is one request that reached the token, revocation, introspection or device endpoint.
type Entry struct {
	Path      string `json:"path"`
	GrantType string `json:"grantType"`
	Status    int    `json:"status"` // 0 while it is being answered
	Error     string `json:"error"`  // the OAuth error of the answer
}

// Decision is what the person does on the peer's pages: by default Account signs in and allows everything.
type Decision struct {
	Account string
	Deny    bool
	Untick  []string // scopes that the person does not give
}

// PageError is a page on which the consent ended without a redirect: the app hears nothing.
type PageError struct {
	Status int
	Body   string
}

// Error tells the status and the page's beginning.
func (e *PageError) Error() string { return fmt.Sprintf("status %d: %.300s", e.Status, e.Body) }

// Start runs a peer until the test ends.
func Start(t testing.TB, o Options) *Peer {
	t.Helper()
	_, file, _, _ := runtime.Caller(0)
	folder := filepath.Dir(file)
	if _, err := os.Stat(filepath.Join(folder, "node_modules", "oidc-provider")); err != nil {
		t.Fatal("the OAuth peer is not installed: run build/setup.sh test")
	}
	options, err := json.Marshal(map[string]any{
		"publicClient": PublicClient, "client": Client, "secret": Secret, "scopes": []string{ScopeRead, ScopeWrite}, "rotates": !o.KeepRefresh,
		"accessSeconds": seconds(o.AccessTTL, time.Hour), "refreshSeconds": seconds(o.RefreshTTL, 24*time.Hour),
		"codeSeconds": seconds(o.CodeTTL, time.Minute), "deviceSeconds": seconds(o.DeviceTTL, time.Minute),
	})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("node", "--no-warnings", "oidc.mjs", string(options))
	cmd.Dir = folder
	var said strings.Builder
	cmd.Stderr = &said
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("start the OAuth peer: %v", err)
	}
	t.Cleanup(func() {
		_ = stdin.Close()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("the OAuth peer did not start: %v\n%s", err, said.String())
	}
	return &Peer{Issuer: strings.TrimSpace(line)}
}

func seconds(d, usual time.Duration) int {
	if d == 0 {
		d = usual
	}
	return int(d / time.Second)
}

// AuthorizeURL is the authorization endpoint.
func (p *Peer) AuthorizeURL() string { return p.Issuer + "/auth" }

// TokenURL is the token endpoint.
func (p *Peer) TokenURL() string { return p.Issuer + "/token" }

// RevokeURL is the revocation endpoint (RFC 7009).
func (p *Peer) RevokeURL() string { return p.Issuer + "/token/revocation" }

// DeviceURL is the device authorization endpoint (RFC 8628).
func (p *Peer) DeviceURL() string { return p.Issuer + "/device/auth" }

// UserInfoURL is an API that an access token opens.
func (p *Peer) UserInfoURL() string { return p.Issuer + "/me" }

// Log returns what reached the endpoints so far, the first first.
func (p *Peer) Log(t testing.TB) []Entry {
	t.Helper()
	return p.control(t, "/peer/log")
}

// RevokeAll withdraws every grant, as an administrator would.
func (p *Peer) RevokeAll(t testing.TB) {
	t.Helper()
	p.control(t, "/peer/revoke")
}

// Later moves the peer's clock ahead, by whole seconds.
func (p *Peer) Later(t testing.TB, d time.Duration) {
	t.Helper()
	p.control(t, "/peer/later/"+strconv.Itoa(int(d/time.Second)))
}

// Provider is what a provider.yaml for the peer may say differently.
type Provider struct {
	TokenURL string // a proxy in front of the peer's own
	Lifetime string // "access: 1h, rotates: true" unless set
}

// ProviderYAML is a provider.yaml for the catalog, by the id "peer": consent with Client, and a probe of
// UserInfoURL.
func (p *Peer) ProviderYAML(o Provider) []byte {
	if o.TokenURL == "" {
		o.TokenURL = p.TokenURL()
	}
	if o.Lifetime == "" {
		o.Lifetime = "access: 1h, rotates: true"
	}
	return fmt.Appendf(nil, providerYAML, o.Lifetime, p.AuthorizeURL(), o.TokenURL, p.RevokeURL(), p.Issuer, ScopeRead, p.UserInfoURL())
}

const providerYAML = `id: peer
name: Peer
category: other
summary: {en: An OpenID Provider for tests., pt-BR: Um provedor OpenID para testes.}
methods:
  - kind: oauth2_code
    label: {en: Sign in, pt-BR: Entrar}
    fields:
      - id: client_id
        kind: text
        label: {en: Client ID, pt-BR: ID do cliente}
      - id: client_secret
        kind: secret
        label: {en: Client secret, pt-BR: Chave secreta do cliente}
    headers:
      Authorization: "Bearer {access_token}"
    lifetime: {%s}
    oauth:
      authorize_url: %s
      token_url: %s
      revoke_url: %s
      issuer: %s
      client_auth: header
      pkce: s256
      authorize_params: {prompt: consent}
      redirect: {kind: loopback, path: /callback}
      scopes:
        - id: openid
          why: {en: To know who signed in., pt-BR: Para saber quem entrou.}
        - id: offline_access
          why: {en: To renew the sign-in., pt-BR: Para renovar o login.}
        - id: "%s"
          why: {en: To read orders., pt-BR: Para ler pedidos.}
probe:
  http:
    method: GET
    url: %s
    proof: sub
    account: {id: sub, name: sub}
    per_day: 0
sources: ["https://github.com/panva/node-oidc-provider"]
`

func (p *Peer) control(t testing.TB, path string) []Entry {
	t.Helper()
	resp, err := browser("").Get(p.Issuer + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var log []Entry
	if err := json.NewDecoder(resp.Body).Decode(&log); err != nil {
		t.Fatal(err)
	}
	return log
}

// Refreshes returns the log's entries of refresh requests.
func (p *Peer) Refreshes(t testing.TB) []Entry {
	t.Helper()
	return slices.DeleteFunc(p.Log(t), func(e Entry) bool { return e.GrantType != "refresh_token" })
}

// Authorize goes through the pages of a consent and returns the address that the last redirect leads
// to, which it does not open. A page without a way on is a *PageError.
func (p *Peer) Authorize(ctx context.Context, address string, d Decision) (string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", err
	}
	resp, err := p.walk(ctx, u.Query().Get("redirect_uri"), address, d, "")
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	if next, err := resp.Location(); err == nil {
		return next.String(), nil
	}
	body, _ := io.ReadAll(resp.Body)
	return "", &PageError{resp.StatusCode, string(body)}
}

// Consent does as Authorize and opens the address that it ends on, as the person's browser would.
func (p *Peer) Consent(ctx context.Context, address string, d Decision) error {
	back, err := p.Authorize(ctx, address, d)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, back, nil)
	if err != nil {
		return err
	}
	resp, err := browser("").Do(req)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// Approve goes through the pages of a device grant: it types the code, confirms it and decides.
func (p *Peer) Approve(ctx context.Context, verificationURI, userCode string, d Decision) error {
	resp, err := p.walk(ctx, "", verificationURI, d, userCode)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if body, _ := io.ReadAll(resp.Body); resp.StatusCode >= 400 && !d.Deny {
		return &PageError{resp.StatusCode, string(body)}
	}
	return nil
}

// browser keeps cookies and stops at the address that belongs to the app.
func browser(stop string) *http.Client {
	jar, _ := cookiejar.New(nil) // it has no error to return
	return &http.Client{Jar: jar, Timeout: 20 * time.Second, Transport: &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			if stop != "" && strings.HasPrefix(r.URL.String(), stop) {
				return http.ErrUseLastResponse
			}
			if len(via) > 20 {
				return errors.New("the pages lead in a circle")
			}
			return nil
		}}
}

var (
	formAction = regexp.MustCompile(`<form[^>]*action="([^"]+)"`)
	formInput  = regexp.MustCompile(`<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"`)
)

// walk fills in one form after the other until the person has decided or there is none; the last
// answer is returned.
func (p *Peer) walk(ctx context.Context, stop, address string, d Decision, userCode string) (*http.Response, error) {
	client := browser(stop)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	decided := false
	for range 10 {
		resp, err := client.Do(req)
		if err != nil {
			return nil, err
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil {
			return nil, err
		}
		resp.Body = io.NopCloser(strings.NewReader(string(body)))
		form := formAction.FindSubmatch(body)
		if form == nil || decided || resp.StatusCode != http.StatusOK {
			return resp, nil
		}
		next, err := resp.Request.URL.Parse(html.UnescapeString(string(form[1])))
		if err != nil {
			return nil, err
		}
		filled := fill(body, d, userCode)
		decided = filled.Has("decision")
		if req, err = http.NewRequestWithContext(ctx, http.MethodPost, next.String(), strings.NewReader(filled.Encode())); err != nil {
			return nil, err
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return nil, errors.New("the forms have no end")
}

// fill is the form of a page as the person sends it.
func fill(body []byte, d Decision, userCode string) url.Values {
	form := url.Values{}
	for _, input := range formInput.FindAllSubmatch(body, -1) {
		name, value := string(input[1]), html.UnescapeString(string(input[2]))
		if scope, _ := url.QueryUnescape(value); name != "scope" || !slices.Contains(d.Untick, scope) {
			form.Add(name, value)
		}
	}
	if form.Has("login") {
		form.Set("login", Account)
		if d.Account != "" {
			form.Set("login", d.Account)
		}
		form.Set("decision", "allow")
		if d.Deny {
			form.Set("decision", "deny")
		}
	}
	if userCode != "" && !form.Has("login") {
		form.Set("user_code", userCode)
	}
	return form
}
