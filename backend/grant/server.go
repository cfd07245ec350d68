package grant

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"relink/backend/catalog"
	"relink/backend/oauth"
	"relink/backend/secret"
)

// usable is the grant's method with its templates filled in, when all of its credentials are there.
func usable(u Use, held Held) (catalog.Method, error) {
	provider, err := u.Provider.For(u.Settings)
	if err != nil {
		return catalog.Method{}, fmt.Errorf("fill in the provider's addresses: %w", err)
	}
	method, ok := provider.Method(held.Grant.Method)
	if !ok || method.OAuth == nil && method.Trade == nil {
		return catalog.Method{}, fmt.Errorf("provider %s has no OAuth server for %s", provider.ID, held.Grant.Method)
	}
	for _, f := range method.Fields { // no request goes out with an empty credential
		if f.Secret() && !f.Optional && held.Secrets[f.ID].Empty() {
			return catalog.Method{}, fmt.Errorf("%w: %s is empty", secret.ErrCorrupt, f.ID)
		}
	}
	if method.OAuth == nil {
		return method, nil
	}
	filled := WithFields(*method.OAuth, held.Grant.Public)
	method.OAuth = &filled
	return method, nil
}

// WithFields fills the method's fields that are no secret into the templates of its parameters and
// headers; the settings are there already (catalog.Provider.For).
func WithFields(o catalog.OAuth, public map[string]string) catalog.OAuth {
	o.AuthorizeParams, o.ForceParams = filled(o.AuthorizeParams, public), filled(o.ForceParams, public)
	o.TokenParams, o.Request.Headers = filled(o.TokenParams, public), filled(o.Request.Headers, public)
	return o
}

func filled(templates, values map[string]string) map[string]string {
	pairs := make([]string, 0, 2*len(values))
	for _, name := range slices.Sorted(maps.Keys(values)) {
		pairs = append(pairs, "{"+name+"}", values[name])
	}
	all, fill := maps.Clone(templates), strings.NewReplacer(pairs...)
	for name, template := range all {
		all[name] = fill.Replace(template)
	}
	return all
}

// Discovered is the server with what its metadata fills in and demands (oauth.Exchange.Metadata, with its
// errors), or as the catalog says where the provider has no metadata.
func Discovered(ctx context.Context, exchange *oauth.Exchange, o catalog.OAuth) (oauth.Server, error) {
	server := Server(o)
	if o.MetadataURL == "" {
		return server, nil
	}
	return exchange.Metadata(ctx, server, o.MetadataURL)
}

// located is the server for a token request: its metadata is read where the catalog has no token endpoint.
func located(ctx context.Context, exchange *oauth.Exchange, o catalog.OAuth) (oauth.Server, error) {
	if o.TokenURL != "" {
		return Server(o), nil
	}
	return Discovered(ctx, exchange, o)
}

// Server is the catalog's description of an OAuth server, as the protocol wants it.
func Server(o catalog.OAuth) oauth.Server {
	return oauth.Server{
		AuthorizeURL: o.AuthorizeURL, DeviceURL: o.DeviceURL, TokenURL: o.TokenURL, RefreshURL: o.RefreshURL, RevokeURL: o.RevokeURL, RevokeBy: o.RevokeBy,
		Issuer: o.Issuer, ClientAuth: o.ClientAuth, ScopeSeparator: o.ScopeSeparator,
		AuthorizeParams: o.AuthorizeParams, TokenParams: o.TokenParams, Hosts: hosts(o.AuthorizeURL, o.ConsentHosts),
		Request: oauth.TokenRequest(o.Request), Answer: oauth.TokenAnswer(o.Answer), Captured: o.Captured, LongLived: longLived(o.LongLived),
		CodeParam: o.Redirect.Code, OmitRedirect: o.Redirect.Omit,
	}
}

func longLived(l *catalog.LongLived) *oauth.LongLived {
	if l == nil {
		return nil
	}
	converted := oauth.LongLived(*l)
	return &converted
}

// hosts are those that a person may be sent to: the listed ones and that of the consent's own page.
func hosts(authorizeURL string, listed []string) []string {
	if len(listed) == 0 {
		return nil
	}
	all := slices.Clone(listed)
	if u, err := url.Parse(authorizeURL); err == nil && u.Host != "" {
		all = append(all, u.Host)
	}
	return all
}

// Client is the person's OAuth client, from the grant's public parts and its secrets.
func Client(public map[string]string, secrets secret.Fields) oauth.Client {
	return oauth.Client{ID: public["client_id"], Secret: secrets["client_secret"]}
}

// Server1 is the catalog's description of an OAuth 1.0a server, as the protocol wants it.
func Server1(o catalog.OAuth1) oauth.Server1 {
	return oauth.Server1{
		Signature: o.Signature, Realm: o.Realm, RequestTokenURL: o.RequestTokenURL, AuthorizeURL: o.AuthorizeURL, AccessTokenURL: o.AccessTokenURL,
	}
}

// Login1 is who signs a request of OAuth 1.0a, from the grant's public parts and its secrets.
func Login1(public map[string]string, secrets secret.Fields) oauth.Login1 {
	return oauth.Login1{
		ConsumerKey: public["consumer_key"], ConsumerSecret: secrets["consumer_secret"], Token: secrets["access_token"], TokenSecret: secrets["token_secret"],
	}
}
