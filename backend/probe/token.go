package probe

import (
	"errors"
	"net/url"
	"strings"

	"relink/backend/catalog"
	"relink/backend/integration"
	"relink/backend/oauth"
)

// FromTokenError turns what a token endpoint answered to a method, or why it did not, into evidence. The caller
// adds the facts about the grant. An error of another kind yields evidence that nothing matches.
func FromTokenError(err error, p catalog.Provider, method integration.Method) integration.Evidence {
	m, _ := p.Method(method)
	e := integration.Evidence{ProviderID: p.ID, OwnHost: p.Generic || m.Trade != nil && p.OwnHost, Host: tokenHost(p, m), Vault: integration.VaultOK, Party: integration.PartyNobody, Stage: integration.StageSignIn}
	refusal, refused := asRefusal(err)
	fault, faulty := asFault(err)
	switch {
	case refused:
		refusedBy(&e, refusal, p, method)
	case faulty:
		stage, kind := Network(fault.Err)
		e.Network = kind
		if stage != integration.StageRequest {
			e.Stage = stage
		}
	}
	return e
}

// tokenHost is the token endpoint's host, where the catalog names it without a setting in it: the method's, or
// that of the first method that has one.
func tokenHost(p catalog.Provider, first catalog.Method) string {
	for _, m := range append([]catalog.Method{first}, p.Methods...) {
		address := ""
		switch {
		case m.OAuth != nil:
			address = m.OAuth.TokenURL
		case m.Trade != nil:
			address = m.Trade.URL
		}
		if u, err := url.Parse(address); err == nil && address != "" && !strings.Contains(address, "{") {
			return u.Host
		}
	}
	return ""
}

func asRefusal(err error) (oauth.Refusal, bool) {
	var pointer *oauth.Refusal
	if errors.As(err, &pointer) && pointer != nil {
		return *pointer, true
	}
	var value oauth.Refusal
	return value, errors.As(err, &value)
}

func asFault(err error) (oauth.Fault, bool) {
	var pointer *oauth.Fault
	if errors.As(err, &pointer) && pointer != nil {
		return *pointer, true
	}
	var value oauth.Fault
	return value, errors.As(err, &value)
}

func refusedBy(e *integration.Evidence, r oauth.Refusal, p catalog.Provider, method integration.Method) {
	e.Party = integration.PartyTokenEndpoint
	e.HTTPStatus, e.OAuthError, e.RetryAfter = r.HTTPStatus, r.Code, r.RetryAfter
	e.HTML, e.Malformed = r.HTML, r.Malformed
	e.Excerpt = printable(r.Description, maxExcerpt)
	body := r.Detail
	if body == "" {
		body = r.Description
	}
	if meant, ok, code := catalog.Match(p.Answers, "token", method, r.HTTPStatus, nil, []byte(body), r.Code); ok {
		e.Meaning, e.Unconfirmed, e.VendorCode = meant.Meaning, meant.Unconfirmed, printable(code, maxCode)
	}
}
