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
	"strings"
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
	// CommerceIntelligence is the integration of this kind that Adobe Commerce Intelligence has, nil where it has none.
	CommerceIntelligence *Theirs               `yaml:"commerce_intelligence,omitempty"`
	Generic              bool                  `yaml:"generic,omitempty"`  // the person fills in the endpoints
	OwnHost              bool                  `yaml:"own_host,omitempty"` // a setting names the host: a shop that the person runs
	Interval             Duration              `yaml:"interval,omitempty"` // between two checks, where the usual one is too often
	Summary              integration.Localized `yaml:"summary"`            // one plain sentence
	Settings             []integration.Field   `yaml:"settings,omitempty"`
	Methods              []Method              `yaml:"methods"` // the first is the recommended one
	Probe                Probe                 `yaml:"probe"`
	Answers              []Answer              `yaml:"answers,omitempty"` // first match wins
	Links                Links                 `yaml:"links,omitempty"`
	Status               *StatusPage           `yaml:"status,omitempty"` // for machines; nil where there is none
	Sources              []string              `yaml:"sources"`
	Unconfirmed          []string              `yaml:"unconfirmed,omitempty"`
	File                 string                `yaml:"-"` // where it was loaded from
	Own                  bool                  `yaml:"-"` // from the user's folder
}

// Database says whether the probe speaks a database's protocol.
func (p Provider) Database() bool { return p.Probe.SQL != nil }

// DefaultInterval is the time between two checks unless a person chooses another.
func (p Provider) DefaultInterval() time.Duration {
	switch {
	case p.Interval > 0:
		return time.Duration(p.Interval)
	case p.Database():
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
	// Import names a vendor's file that fills the fields in: google_client or google_service_account.
	Import    string     `yaml:"import,omitempty"`
	OAuth     *OAuth     `yaml:"oauth,omitempty"`     // of the methods oauth2_… and service_account
	Assertion *Assertion `yaml:"assertion,omitempty"` // of service_account
	OAuth1    *OAuth1    `yaml:"oauth1,omitempty"`    // of oauth1
	Trade     *Trade     `yaml:"trade,omitempty"`     // of login_token
	// Headers carry the credential to the API: header name to template; the name may be a template
	// over settings too. The grant's secrets
	// ({access_token}, {api_key}, {password}) and public parts ({username}) may be used, and
	// {basic:A:B}, the base64 form of RFC 7617 of the templates A and B.
	Headers map[string]string `yaml:"headers,omitempty"`
	// Query carries it in the address' query, for a vendor that takes it nowhere else: parameter to
	// template, as in Headers. It goes over https alone, no redirect is followed with it, and it is put
	// into the address at the moment of sending, so that nothing else ever holds the two together.
	Query    map[string]string `yaml:"query,omitempty"`
	Lifetime Lifetime          `yaml:"lifetime,omitempty"`
}

// Lifetime is how long what the method yields lives; zero where it is not documented.
type Lifetime struct {
	Access  Duration `yaml:"access,omitempty"`  // an access token without expires_in
	Grant   Duration `yaml:"grant,omitempty"`   // the whole grant, from consent
	Idle    Duration `yaml:"idle,omitempty"`    // the grant, when not used
	Rotates bool     `yaml:"rotates,omitempty"` // each renewal replaces the refresh token
	Grace   Duration `yaml:"grace,omitempty"`   // how long a replaced refresh token is still taken, where an answer may be lost
	// Shorter is a life that depends on what the person filled in: Google ends grants of an app in testing after 7 days.
	Shorter *Shorter `yaml:"shorter,omitempty"`
}

// Shorter is the life of a grant whose field has this value.
type Shorter struct {
	Field  string   `yaml:"field"`
	Equals string   `yaml:"equals"`
	Grant  Duration `yaml:"grant"`
}

// GrantLife is how long the whole grant lives with these values of the method's fields; zero where it is not documented.
func (l Lifetime) GrantLife(public map[string]string) time.Duration {
	if s := l.Shorter; s != nil && public[s.Field] == s.Equals {
		return time.Duration(s.Grant)
	}
	return time.Duration(l.Grant)
}

// OAuth is the shape of a provider's OAuth 2.0 server. The URLs are templates over settings. Each
// method uses what it needs: a client credentials grant has no authorize_url.
type OAuth struct {
	MetadataURL     string            `yaml:"metadata_url,omitempty"` // RFC 8414 or OpenID discovery: what it states is checked before a consent
	AuthorizeURL    string            `yaml:"authorize_url,omitempty"`
	DeviceURL       string            `yaml:"device_url,omitempty"` // RFC 8628
	TokenURL        string            `yaml:"token_url"`
	RefreshURL      string            `yaml:"refresh_url,omitempty"` // where it is not the token_url
	RevokeURL       string            `yaml:"revoke_url,omitempty"`
	RevokeBy        string            `yaml:"revoke_by,omitempty"`     // delete: the request DELETE with the token as a bearer, in place of RFC 7009
	Issuer          string            `yaml:"issuer,omitempty"`        // RFC 9207: the iss that answers must carry
	ConsentHosts    []string          `yaml:"consent_hosts,omitempty"` // hosts that a person may be sent to, beside the authorize_url's
	ClientAuth      string            `yaml:"client_auth"`             // header, body or none (RFC 6749 section 2.3.1)
	PKCE            string            `yaml:"pkce,omitempty"`          // s256, or ignored where the server is known to ignore it; sent all the same
	Scopes          []Scope           `yaml:"scopes,omitempty"`
	ScopeSeparator  string            `yaml:"scope_separator,omitempty"`  // a space when empty
	AuthorizeParams map[string]string `yaml:"authorize_params,omitempty"` // templates over settings and the fields that are no secret
	ForceParams     map[string]string `yaml:"force_params,omitempty"`     // what makes the server ask for every permission again
	TokenParams     map[string]string `yaml:"token_params,omitempty"`
	LoginHint       string            `yaml:"login_hint,omitempty"` // the parameter that takes the expected account's name
	Redirect        Redirect          `yaml:"redirect,omitempty"`
	Request         TokenRequest      `yaml:"request,omitempty"`
	Answer          TokenAnswer       `yaml:"answer,omitempty"`
	// Captured are values that the server tells beside the token and that the probe needs: name to
	// source, "callback:realmId" for a parameter of the redirect or "token:instance_url" for a
	// gjson path in the token answer. They become public parts of the grant.
	Captured map[string]string `yaml:"captured,omitempty"`
	// LongLived trades the first access token for one that lives long, and later that one for the next: there is no refresh token.
	LongLived *LongLived            `yaml:"long_lived,omitempty"`
	AppType   integration.Localized `yaml:"app_type,omitempty"` // what to choose when the OAuth client is made
}

// TokenRequest is how a token request differs from RFC 6749 section 4.1.3.
type TokenRequest struct {
	Encoding     string            `yaml:"encoding,omitempty"`  // form (when empty) or json
	ClientID     string            `yaml:"client_id,omitempty"` // names of parameters, where they are not the standard ones
	ClientSecret string            `yaml:"client_secret,omitempty"`
	Code         string            `yaml:"code,omitempty"`
	RefreshToken string            `yaml:"refresh_token,omitempty"`
	Headers      map[string]string `yaml:"headers,omitempty"` // templates over settings and the fields that are no secret
}

// TokenAnswer is where a token answer differs from RFC 6749 section 5.1: gjson paths, empty for the standard names.
type TokenAnswer struct {
	AccessToken      string `yaml:"access_token,omitempty"`
	RefreshToken     string `yaml:"refresh_token,omitempty"`
	ExpiresIn        string `yaml:"expires_in,omitempty"`
	RefreshExpiresIn string `yaml:"refresh_expires_in,omitempty"` // of the whole grant, in seconds
	ExpiresAt        string `yaml:"expires_at,omitempty"`         // of the access token, a date (RFC 3339): where there are no seconds
	RefreshExpiresAt string `yaml:"refresh_expires_at,omitempty"` // of the whole grant, likewise
	Scope            string `yaml:"scope,omitempty"`
	Error            string `yaml:"error,omitempty"`   // of the code of a refusal
	Message          string `yaml:"message,omitempty"` // of its text
	Good             string `yaml:"good,omitempty"`    // a value at Error that means no error: TikTok's 0
}

// LongLived is a second trade, of one access token for another (Meta's fb_exchange_token).
type LongLived struct {
	GrantType string `yaml:"grant_type"`
	Token     string `yaml:"token"` // the parameter that carries the access token
}

// Assertion is a signed JWT in place of a consent (RFC 7523). Its fields are client_email, private_key
// (PEM, PKCS #8) and optionally private_key_id and subject.
type Assertion struct {
	Audience string `yaml:"audience"`
}

// OAuth1 is a server of RFC 5849. Without an authorize_url the person fills in all four values:
// consumer_key, consumer_secret, access_token, token_secret.
type OAuth1 struct {
	Signature       string   `yaml:"signature"` // HMAC-SHA256 or HMAC-SHA1
	Realm           string   `yaml:"realm,omitempty"`
	RequestTokenURL string   `yaml:"request_token_url,omitempty"`
	AuthorizeURL    string   `yaml:"authorize_url,omitempty"`
	AccessTokenURL  string   `yaml:"access_token_url,omitempty"`
	Redirect        Redirect `yaml:"redirect,omitempty"` // kind pin: the person types the number that the page shows (oauth_callback=oob)
}

// Trade is how a user's name and password become an access token at a server that has no OAuth: one JSON object
// that is posted. It is made again whenever the token has ended (Lifetime.Access).
type Trade struct {
	URL string `yaml:"url"` // template over settings
	// Body are the object's members: each a {field} of the method, or a plain text.
	Body  map[string]string `yaml:"body"`
	Token string            `yaml:"token,omitempty"` // gjson path of the token in the answer; the whole answer, a JSON string, when empty
	Code  *TradeCode        `yaml:"code,omitempty"`  // nil where no second factor can be asked for
}

// TradeCode is the trade of an account that has a second factor. A person types the one-time code each time, so
// such a grant cannot be renewed on its own; the code is kept nowhere.
type TradeCode struct {
	// Path with Equals or Matches tell that the answer to the trade asks for the code, as an Answer's do.
	Path    string            `yaml:"path"`
	Equals  []string          `yaml:"equals,omitempty"`
	Matches string            `yaml:"matches,omitempty"`
	Field   integration.Field `yaml:"field"` // of kind secret: what the person types
	URL     string            `yaml:"url"`   // where it goes, with the login; template over settings
	Body    map[string]string `yaml:"body"`  // as Trade.Body; {code's field} too
}

// Wanted says whether the answer to a trade asks for the one-time code. body is the refusal's JSON object.
func (c TradeCode) Wanted(body string) bool {
	_, wanted, _ := Match([]Answer{{At: "token", Path: c.Path, Equals: c.Equals, Matches: c.Matches}}, "token", "", 0, nil, []byte(body), "")
	return wanted
}

// Scope is one permission to ask for, and why, in a plain sentence.
type Scope struct {
	ID       string                `yaml:"id"`
	Why      integration.Localized `yaml:"why"`
	Optional bool                  `yaml:"optional,omitempty"`
	Aliases  []string              `yaml:"aliases,omitempty"` // other names and supersets that the server may answer with
}

// ScopeIDs are the names of scopes, as a request lists them.
func ScopeIDs(scopes []Scope) []string {
	ids := make([]string, len(scopes))
	for i, s := range scopes {
		ids[i] = s.ID
	}
	return ids
}

// Redirect is which redirect URI the provider accepts (RFC 8252 section 7).
type Redirect struct {
	Kind  string `yaml:"kind"`           // loopback: any port; ports: one of the registered Ports; paste: https only, by the relay page or pasted; pin: RFC 5849 out of band
	Host  string `yaml:"host,omitempty"` // in the URI: 127.0.0.1 (the default) or localhost; the listener binds 127.0.0.1 alone
	Ports []int  `yaml:"ports,omitempty"`
	Path  string `yaml:"path,omitempty"` // /callback when empty
	URI   string `yaml:"uri,omitempty"`  // for paste: the registered https address
	Code  string `yaml:"code,omitempty"` // the parameter that carries the code, where it is not code
	Omit  bool   `yaml:"omit,omitempty"` // the address stands in the vendor's panel alone: no redirect_uri is sent
}

// Probe is the one cheap read that proves a grant. Exactly one of its parts is set.
type Probe struct {
	HTTP *HTTPProbe `yaml:"http,omitempty"`
	SQL  *SQLProbe  `yaml:"sql,omitempty"`
}

// HTTPProbe is a request and what proves its success. Paths are in gjson's syntax.
type HTTPProbe struct {
	Method  string            `yaml:"method"`            // GET, or POST where the vendor's read is one
	URL     string            `yaml:"url"`               // template over settings, captured values and the fields that are no secret
	Hosts   []string          `yaml:"hosts,omitempty"`   // where the URL begins with a captured value: hosts that it may name, as *.example.com
	Headers map[string]string `yaml:"headers,omitempty"` // templates over settings and secrets
	Body    string            `yaml:"body,omitempty"`    // template over settings; sent as JSON
	Proof   string            `yaml:"proof"`             // path that must exist and be neither null nor empty; "-" when any 2xx with JSON is proof
	Account struct {
		ID   string `yaml:"id,omitempty"` // or "captured:NAME": what the server told beside the token
		Name string `yaml:"name,omitempty"`
	} `yaml:"account,omitempty"`
	Resources    *Resources `yaml:"resources,omitempty"`
	ScopesHeader string     `yaml:"scopes_header,omitempty"` // response header that lists the granted scopes
	PerDay       int        `yaml:"per_day"`                 // how many such requests the vendor allows a day, 0 when it does not say
	Pause        Duration   `yaml:"pause,omitempty"`         // the shortest time between two such requests for one account, where the vendor names one
}

// Resources say where the list of what the grant can see stands.
type Resources struct {
	URL  string `yaml:"url,omitempty"` // a second request, GET; the same answer when empty
	List string `yaml:"list"`          // path of the array
	ID   string `yaml:"id"`            // within an element; "" for an array of strings
	Name string `yaml:"name,omitempty"`
	More string `yaml:"more,omitempty"` // path that is there and not empty when the list goes on elsewhere: then nothing is missed
}

// CapturedAccount is the name of the captured value that stands for the account's id, "" where the answer tells it.
func (h HTTPProbe) CapturedAccount() string {
	name, ok := strings.CutPrefix(h.Account.ID, "captured:")
	if !ok {
		return ""
	}
	return name
}

// SQLProbe is a query over a database's own protocol.
type SQLProbe struct {
	Driver string `yaml:"driver"` // postgresql, mysql, sqlserver or mongodb
	Query  string `yaml:"query"`  // one row: account, and optionally database; of mongodb the command connectionStatus
	// TableSetting names the setting with the table that must be readable; empty settings are skipped.
	TableSetting string `yaml:"table_setting,omitempty"`
	// Tunnel lets an SSH bastion stand before the database: the settings and fields of common.yaml are added.
	Tunnel bool `yaml:"tunnel,omitempty"`
}

// Answer says what one of the provider's documented answers means. All conditions that are set must hold.
type Answer struct {
	At      string               `yaml:"at"`                // token, authorize, api or driver
	Methods []integration.Method `yaml:"methods,omitempty"` // the ways in whose answer it is; all of them when empty
	Status  []int                `yaml:"status,omitempty"`  // HTTP
	Header  string               `yaml:"header,omitempty"`  // must be present
	Holds   []string             `yaml:"holds,omitempty"`   // one of these texts must stand in the header's value, in any case of letters
	Path    string               `yaml:"path,omitempty"`    // gjson path in a JSON body; its value is tested by Equals or Matches
	Equals  []string             `yaml:"equals,omitempty"`  // one of; of the path's value, or of the database's error code
	Matches string               `yaml:"matches,omitempty"` // regular expression on the path's value; on the text of the body or of the database's message without a path, or beside equals
	Code    string               `yaml:"code,omitempty"`    // the vendor code to show; the matched value when empty
	Meaning integration.Meaning  `yaml:"meaning"`
	// Unconfirmed marks a rule from general knowledge, without a source that was read.
	Unconfirmed bool   `yaml:"unconfirmed,omitempty"`
	Note        string `yaml:"note,omitempty"`

	pattern func() *regexp.Regexp // Matches, compiled
}

// Links are pages for people; templates over settings.
type Links struct {
	Keys   string `yaml:"keys,omitempty"`   // where a key is made or an OAuth client registered
	Revoke string `yaml:"revoke,omitempty"` // where a grant is withdrawn
	Access string `yaml:"access,omitempty"` // where roles are given
	Status string `yaml:"status,omitempty"`
	Guide  string `yaml:"guide,omitempty"`
}

// StatusPage is what a provider says about its own health, for machines.
type StatusPage struct {
	Kind string `yaml:"kind"` // statuspage (Atlassian, v2), google, salesforce, meta, stripe, aws, zendesk or feed (RSS or Atom)
	URL  string `yaml:"url"`  // template over settings; one that is empty means that the page is not asked
	// Product narrows a page of many products, regions or instances down: a regular expression on the names of
	// components and titles; everything when empty. It is a template over settings, whose values stand for
	// themselves; one that is empty stands for anything.
	Product string `yaml:"product,omitempty"`
	// Words are what the page calls a setting's value, where it does not use the value itself.
	Words map[string]string `yaml:"words,omitempty"`
	// Unconfirmed marks an address from general knowledge.
	Unconfirmed bool `yaml:"unconfirmed,omitempty"`
}

// Theirs is the integration of the same kind inside Adobe Commerce Intelligence, as its own pages call things.
type Theirs struct {
	Name     string                `yaml:"name"`               // on the page Manage Data > Integrations
	Button   string                `yaml:"button"`             // its exact words
	Again    integration.Localized `yaml:"again,omitempty"`    // what to tick or choose again there
	Lifetime Duration              `yaml:"lifetime,omitempty"` // after which it must be authorized again: Adobe Analytics, 14 days
	// Unconfirmed marks words that no page of Adobe's was read for.
	Unconfirmed bool `yaml:"unconfirmed,omitempty"`
}
