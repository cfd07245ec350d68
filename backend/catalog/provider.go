// Package catalog answers what is known about each provider: how its grants are obtained, which
// cheap read proves them, and what its documented answers mean.
//
// # Why
// A provider is data, so that a new one needs no Go code and its facts can be checked against their
// sources. Loading is strict: an unknown key, a wrong value or a broken template is an error that
// names file and line.
package catalog

import (
	"regexp"
	"time"

	"relink/backend/integration"
)

// Provider is a kind of source, as its provider.yaml tells it. Strings called templates may contain
// {names} of settings, of the method's fields, and of the grant's secrets where the comment says so.
type Provider struct {
	ID       string   `yaml:"id"`
	Name     string   `yaml:"name"`
	Category string   `yaml:"category"` // analytics, ads, shop, payments, support, database, other
	Family   string   `yaml:"family,omitempty"`
	Synonyms []string `yaml:"synonyms,omitempty"`
	// CommerceIntelligence says that Adobe Commerce Intelligence has an integration of this kind.
	CommerceIntelligence bool                  `yaml:"commerce_intelligence,omitempty"`
	Generic              bool                  `yaml:"generic,omitempty"` // the person fills in the endpoints
	Summary              integration.Localized `yaml:"summary"`           // one plain sentence
	Settings             []integration.Field   `yaml:"settings,omitempty"`
	Methods              []Method              `yaml:"methods"` // the first is the recommended one
	Probe                Probe                 `yaml:"probe"`
	Answers              []Answer              `yaml:"answers,omitempty"` // first match wins
	Links                Links                 `yaml:"links,omitempty"`
	Sources              []string              `yaml:"sources"`
	Unconfirmed          []string              `yaml:"unconfirmed,omitempty"`
	File                 string                `yaml:"-"` // where it was loaded from
	Own                  bool                  `yaml:"-"` // from the user's folder
}

// Database says whether the probe speaks a database's protocol.
func (p Provider) Database() bool { return p.Probe.SQL != nil }

// DefaultInterval is the time between two checks unless a person chooses another.
func (p Provider) DefaultInterval() time.Duration {
	if p.Database() {
		return integration.DefaultDatabaseInterval
	}
	return integration.DefaultInterval
}

// Method finds a way of obtaining a grant, and whether the provider has it.
func (p Provider) Method(kind integration.Method) (Method, bool) {
	for _, m := range p.Methods {
		if m.Kind == kind {
			return m, true
		}
	}
	return Method{}, false
}

// Method is one way of obtaining a grant.
type Method struct {
	Kind   integration.Method    `yaml:"kind"`
	Label  integration.Localized `yaml:"label"`
	Help   integration.Localized `yaml:"help,omitempty"`
	Fields []integration.Field   `yaml:"fields"` // client_id, client_secret, api_key, username, password …; secret ones go to the vault
	OAuth  *OAuth                `yaml:"oauth,omitempty"`
	// Headers carry the credential to the API: header name to template; the name may be a template
	// over settings too. The grant's secrets
	// ({access_token}, {api_key}, {password}) and public parts ({username}) may be used, and
	// {basic:A:B}, the base64 form of RFC 7617 of the templates A and B.
	Headers  map[string]string `yaml:"headers,omitempty"`
	Lifetime Lifetime          `yaml:"lifetime,omitempty"`
}

// Lifetime is how long what the method yields lives; zero where it is not documented.
type Lifetime struct {
	Access  Duration `yaml:"access,omitempty"`  // an access token without expires_in
	Grant   Duration `yaml:"grant,omitempty"`   // the whole grant, from consent
	Idle    Duration `yaml:"idle,omitempty"`    // the grant, when not used
	Rotates bool     `yaml:"rotates,omitempty"` // each renewal replaces the refresh token
	Grace   Duration `yaml:"grace,omitempty"`   // how long a replaced refresh token is still taken, where an answer may be lost
}

// OAuth is the shape of a provider's OAuth 2.0 server. The URLs are templates over settings.
type OAuth struct {
	AuthorizeURL    string            `yaml:"authorize_url"`
	TokenURL        string            `yaml:"token_url"`
	RevokeURL       string            `yaml:"revoke_url,omitempty"`
	Issuer          string            `yaml:"issuer,omitempty"` // RFC 9207: the iss that answers must carry
	ClientAuth      string            `yaml:"client_auth"`      // header, body or none (RFC 6749 section 2.3.1)
	PKCE            string            `yaml:"pkce"`             // s256, or ignored where the server is known to ignore it; sent all the same
	Scopes          []Scope           `yaml:"scopes,omitempty"`
	ScopeSeparator  string            `yaml:"scope_separator,omitempty"` // a space when empty
	AuthorizeParams map[string]string `yaml:"authorize_params,omitempty"`
	TokenParams     map[string]string `yaml:"token_params,omitempty"`
	LoginHint       string            `yaml:"login_hint,omitempty"` // the parameter that takes the expected account's name
	Redirect        Redirect          `yaml:"redirect"`
}

// Scope is one permission to ask for, and why, in a plain sentence.
type Scope struct {
	ID       string                `yaml:"id"`
	Why      integration.Localized `yaml:"why"`
	Optional bool                  `yaml:"optional,omitempty"`
	Aliases  []string              `yaml:"aliases,omitempty"` // other names and supersets that the server may answer with
}

// Redirect is which redirect URI the provider accepts (RFC 8252 section 7).
type Redirect struct {
	Kind  string `yaml:"kind"`           // loopback: any port; ports: one of the registered Ports; paste: the person pastes the address
	Host  string `yaml:"host,omitempty"` // in the URI: 127.0.0.1 (the default) or localhost; the listener binds 127.0.0.1 alone
	Ports []int  `yaml:"ports,omitempty"`
	Path  string `yaml:"path,omitempty"` // /callback when empty
	URI   string `yaml:"uri,omitempty"`  // for paste: the registered https address
}

// Probe is the one cheap read that proves a grant. Exactly one of its parts is set.
type Probe struct {
	HTTP *HTTPProbe `yaml:"http,omitempty"`
	SQL  *SQLProbe  `yaml:"sql,omitempty"`
}

// HTTPProbe is a request and what proves its success. Paths are in gjson's syntax.
type HTTPProbe struct {
	Method  string            `yaml:"method"`            // GET, or POST where the vendor's read is one
	URL     string            `yaml:"url"`               // template over settings
	Headers map[string]string `yaml:"headers,omitempty"` // templates over settings and secrets
	Body    string            `yaml:"body,omitempty"`    // template over settings; sent as JSON
	Proof   string            `yaml:"proof"`             // path that must exist and be neither null nor empty; "-" when any 2xx with JSON is proof
	Account struct {
		ID   string `yaml:"id,omitempty"`
		Name string `yaml:"name,omitempty"`
	} `yaml:"account,omitempty"`
	Resources *struct {
		List string `yaml:"list"` // path of the array
		ID   string `yaml:"id"`   // within an element; "" for an array of strings
		Name string `yaml:"name,omitempty"`
	} `yaml:"resources,omitempty"`
	ScopesHeader string `yaml:"scopes_header,omitempty"` // response header that lists the granted scopes
	PerDay       int    `yaml:"per_day"`                 // how many such requests the vendor allows a day, 0 when it does not say
}

// SQLProbe is a query over a database's own protocol.
type SQLProbe struct {
	Driver string `yaml:"driver"` // postgresql or mysql
	Query  string `yaml:"query"`  // one row: account, and optionally database
	// TableSetting names the setting with the table that must be readable; empty settings are skipped.
	TableSetting string `yaml:"table_setting,omitempty"`
}

// Answer says what one of the provider's documented answers means. All conditions that are set must hold.
type Answer struct {
	At      string              `yaml:"at"`                // token, authorize, api or driver
	Status  []int               `yaml:"status,omitempty"`  // HTTP
	Header  string              `yaml:"header,omitempty"`  // must be present
	Path    string              `yaml:"path,omitempty"`    // gjson path in a JSON body; its value is tested by Equals or Matches
	Equals  []string            `yaml:"equals,omitempty"`  // one of; of the path's value, or of the database's error code
	Matches string              `yaml:"matches,omitempty"` // regular expression on the path's value; on the text of the body or of the database's message without a path, or beside equals
	Code    string              `yaml:"code,omitempty"`    // the vendor code to show; the matched value when empty
	Meaning integration.Meaning `yaml:"meaning"`
	// Unconfirmed marks a rule from general knowledge, without a source that was read.
	Unconfirmed bool   `yaml:"unconfirmed,omitempty"`
	Note        string `yaml:"note,omitempty"`

	pattern *regexp.Regexp // Matches, compiled when the file was loaded
}

// Links are pages for people; templates over settings.
type Links struct {
	Keys       string `yaml:"keys,omitempty"`        // where a key is made or an OAuth client registered
	Revoke     string `yaml:"revoke,omitempty"`      // where a grant is withdrawn
	Access     string `yaml:"access,omitempty"`      // where roles are given
	Status     string `yaml:"status,omitempty"`      // for people
	StatusJSON string `yaml:"status_json,omitempty"` // for machines
	Guide      string `yaml:"guide,omitempty"`
}
