package sandbox

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"html"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

const consentStyle = `:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;margin:0;min-height:100vh;display:grid;place-items:center}` +
	`main{max-width:32rem;padding:2rem}fieldset{margin:1rem 0;border:1px solid #8886;border-radius:.5rem}label{display:block;padding:.25rem 0}` +
	`button{font:inherit;padding:.5rem 1.25rem;margin-right:.5rem;border-radius:.5rem;border:1px solid #8886}`

// authorize is the authorization endpoint (RFC 6749 section 3.1): it shows the consent page. A
// request that cannot be trusted to redirect ends here, as at real servers.
func (o *oauthServer) authorize(w http.ResponseWriter, r *http.Request) {
	parsed, err := op.ParseAuthorizeRequest(r, o.decoder)
	if err != nil {
		http.Error(w, "The request cannot be read.", http.StatusBadRequest)
		return
	}
	c, err := o.storage.GetClientByClientID(r.Context(), parsed.ClientID)
	if err == nil {
		err = op.ValidateAuthReqRedirectURI(c, parsed.RedirectURI, parsed.ResponseType)
	}
	if err != nil {
		http.Error(w, "This app is not registered here: its client id or its redirect address is not known.", http.StatusBadRequest)
		return
	}
	parsed.IDTokenHint = ""
	_, err = op.ValidateAuthRequestClient(r.Context(), parsed, c, nil)
	if err == nil && (parsed.CodeChallenge == "" || parsed.CodeChallengeMethod != oidc.CodeChallengeMethodS256) {
		err = oidc.ErrInvalidRequest().WithDescription("PKCE with S256 is needed.")
	}
	if err != nil {
		e := oidc.DefaultToServerError(err, "")
		o.redirect(w, r, parsed, url.Values{"error": {string(e.ErrorType)}, "error_description": {e.Description}})
		return
	}
	request := &authRequest{AuthRequest: *parsed, id: rand.Text(), at: o.service.now()}
	b := o.service.book
	b.mu.Lock()
	b.requests[request.id] = request
	selected := b.acting(o.hinted(parsed.LoginHint))
	b.mu.Unlock()
	o.show(w, request, selected)
}

// hinted is the account that login_hint names, or the first.
func (o *oauthServer) hinted(hint string) Account {
	if a, ok := o.service.account(hint); ok {
		return a
	}
	return o.service.seed.Accounts[0]
}

func (o *oauthServer) show(w http.ResponseWriter, request *authRequest, selected Account) {
	name := html.EscapeString(o.service.seed.Name)
	var b strings.Builder
	b.WriteString(`<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">` +
		`<title>` + name + `: allow access?</title><style>` + consentStyle + `</style></head><body><main><h1>` + name + `</h1>` +
		`<p>An app on this computer asks to read from your account.</p><form method="post" action="/authorize">` +
		`<input type="hidden" name="request" value="` + request.id + `"><fieldset><legend>Account</legend>`)
	for _, a := range o.service.seed.Accounts {
		b.WriteString(choice("radio", "account", a.Name, a.Name, a.ID == selected.ID))
	}
	b.WriteString(`</fieldset><fieldset><legend>Permissions</legend>`)
	for _, scope := range request.Scopes {
		b.WriteString(choice("checkbox", "scope", scope, scope+": "+o.why(scope), true))
	}
	b.WriteString(`</fieldset><p><button type="submit" name="decision" value="allow">Allow</button>` +
		`<button type="submit" name="decision" value="deny">Deny</button></p></form></main></body></html>`)
	sum := sha256.Sum256([]byte(consentStyle))
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	// Chromium holds the redirect that follows a form to form-action too.
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+
		"'; base-uri 'none'; form-action 'self' http://127.0.0.1:* http://localhost:* https://app.example; frame-ancestors 'none'")
	_, _ = w.Write([]byte(b.String())) // the browser may be gone
}

func choice(kind, name, value, label string, on bool) string {
	checked := ""
	if on {
		checked = " checked"
	}
	return `<label><input type="` + kind + `" name="` + name + `" value="` + html.EscapeString(value) + `"` + checked + `> ` + html.EscapeString(label) + `</label>`
}

func (o *oauthServer) why(scope string) string {
	for _, s := range o.service.seed.Scopes {
		if s.ID == scope {
			return s.Why[0]
		}
	}
	return ""
}

// decide takes the form of the consent page.
func (o *oauthServer) decide(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 16<<10)
	_ = r.ParseForm() // an unreadable form has no request in it
	account, known := o.service.account(r.PostForm.Get("account"))
	if o.service.decideSigned(w, r, account, known) {
		return
	}
	b := o.service.book
	b.mu.Lock()
	request, waiting := b.requests[r.PostForm.Get("request")]
	if waiting && known {
		request.account = account
		request.granted = b.left(slices.DeleteFunc(slices.Clone([]string(request.Scopes)), func(s string) bool { return !slices.Contains(r.PostForm["scope"], s) }))
	}
	b.mu.Unlock()
	switch {
	case !waiting:
		http.Error(w, "This request was answered before. Start again in the app.", http.StatusBadRequest)
	case r.PostForm.Get("decision") != "allow":
		b.forget(request.id)
		o.redirect(w, r, &request.AuthRequest, url.Values{"error": {"access_denied"}, "error_description": {"The person did not allow it."}})
	case !known:
		http.Error(w, "Choose an account.", http.StatusBadRequest)
	default:
		code, err := op.CreateAuthRequestCode(r.Context(), request, o.storage, o.sealer)
		if err != nil {
			http.Error(w, "This request was answered before. Start again in the app.", http.StatusBadRequest)
			return
		}
		o.redirect(w, r, &request.AuthRequest, url.Values{"code": {code}})
	}
}

func (b *book) forget(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.requests, id)
}

// redirect sends the browser back with the answer, our state and our name (RFC 9207).
func (o *oauthServer) redirect(w http.ResponseWriter, r *http.Request, request *oidc.AuthRequest, answer url.Values) {
	answer.Set("state", request.State)
	answer.Set("iss", o.service.URL())
	separator := "?"
	if strings.Contains(request.RedirectURI, "?") {
		separator = "&"
	}
	http.Redirect(w, r, request.RedirectURI+separator+answer.Encode(), http.StatusFound)
}
