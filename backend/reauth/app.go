package reauth

import (
	"cmp"
	"net"
	"net/url"
	"strconv"

	"relink/backend/catalog"
	"relink/backend/integration"
)

// clientFields are the fields that hold the person's own OAuth client.
var clientFields = []string{"client_id", "client_secret", "consumer_key", "consumer_secret"}

// App tells how the person registers their own OAuth client for a way in: where, of which type, and
// with exactly which redirect URIs. relay is the agency's relay page, "" where there is none. It is nil
// for a way in that needs no client of theirs. The provider must be filled in.
func App(p catalog.Provider, m catalog.Method, relay string) *integration.OAuthApp {
	app := &integration.OAuthApp{KeysURL: p.Links.Keys}
	switch {
	case m.OAuth1 != nil && m.OAuth1.AuthorizeURL != "":
		app.RedirectURIs = redirectURIs(m.OAuth1.Redirect, "")
	case m.OAuth == nil || m.Kind == integration.MethodServiceAccount:
		return nil
	case m.Kind != integration.MethodOAuth2Code:
		app.Type = m.OAuth.AppType
	case m.Import == googleClient && m.OAuth.Redirect.Kind == "loopback":
		app.Type = m.OAuth.AppType // an installed app of Google's takes any loopback address, unregistered
	default:
		app.Type, app.RedirectURIs = m.OAuth.AppType, redirectURIs(m.OAuth.Redirect, relay)
	}
	return app
}

// redirectURIs are the addresses to register, exactly so.
func redirectURIs(r catalog.Redirect, relay string) []string {
	host := cmp.Or(r.Host, "127.0.0.1")
	switch r.Kind {
	case "loopback": // with any port: RFC 8252 section 7.3
		return []string{"http://" + host + r.Path}
	case "ports":
		uris := make([]string, len(r.Ports))
		for i, port := range r.Ports {
			uris[i] = "http://" + net.JoinHostPort(host, strconv.Itoa(port)) + cmp.Or(r.Path, "/callback")
		}
		return uris
	case "paste":
		return []string{cmp.Or(relay, r.URI)}
	}
	return nil
}

// ValidateRelay checks the address of a relay page as a person typed it: https, or http on this
// computer's own address; "" means none.
func ValidateRelay(address string) integration.InputErrors {
	field := integration.Field{ID: "relay", Kind: integration.FieldURL, Label: integration.Localized{"en": "Relay page"}, Example: "https://agency.example/relink", Optional: true}
	problems := catalog.ValidateFields([]integration.Field{field}, map[string]string{"relay": address}, nil)
	if u, err := url.Parse(address); len(problems) == 0 && err == nil && u.RawQuery != "" {
		return integration.InputErrors{{Field: "relay", Code: "url_invalid", Args: map[string]string{"field": field.Label["en"], "value": address, "example": field.Example}}}
	}
	return problems
}
