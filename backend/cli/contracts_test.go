package cli_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"relink/backend/catalog"
	"relink/build/peers"
)

// contract is a provider's probe and the OpenAPI document that the vendor published of the service.
type contract struct {
	provider, host string
	document       peers.Contract
	path           string   // what the probe asks for
	set            []string // the form, field=value
	method         string   // how it is authorized, where not by the provider's first method
	in             string   // the secret, or a grant
	account        string   // as whom it is connected, by the document's example
	open           bool     // the document does not say that the request needs a credential
	part           bool     // the cases lack what the document requires: the probe asks for a part, or they were shortened to it
	misdescribed   string   // a property of answers that the vendor's own code sends otherwise than its document says
	bare           string   // the rule for an empty 401, where the provider says more of it than the standard

	// Which rule is to decide on the refusals that the document has; most documents have none, and those
	// are put to the test by the provider's own cases.
	rules map[string]string
}

// What any service means by these, until it says more.
var (
	byStatus = map[string]string{"401": "refused-unexplained", "403": "forbidden", "429": "rate-limited", "500": "provider-trouble"}
	refusal  = map[string]string{"401": "refused-unexplained", "403": "forbidden"}
)

const googleScope = "https://www.googleapis.com/auth/analytics.readonly"

var contracts = []contract{
	{
		provider: "google-analytics", host: "analyticsadmin.googleapis.com", path: "/v1beta/accountSummaries", account: "string",
		document: peers.Contract{Document: "googleapis.com/analyticsadmin.json", Operations: []string{"GET /v1beta/accountSummaries"}},
		in:       broughtGrant("1-relink.apps.googleusercontent.com", googleScope),
	},
	{
		provider: "google-ecommerce", host: "analyticsdata.googleapis.com", path: "/v1beta/properties/213025502:runReport", set: []string{"property_id=213025502"},
		document: peers.Contract{
			Document: "googleapis.com/analyticsdata.json", Operations: []string{"POST /v1beta/{property}:runReport"}, As: "/v1beta/properties/{property}:runReport",
			Why: "Google's own form of it is {+property=properties/*}: the collection lost the part that may hold a slash",
		},
		in: broughtGrant("1-relink.apps.googleusercontent.com", googleScope),
	},
	{
		provider: "square", host: "connect.squareup.com", path: "/v2/merchants/me", method: "api_key", in: "EAAARelink", account: "Apple A Day",
		document: peers.Contract{Document: "squareup.com.json", Operations: []string{"GET /v2/merchants/{merchant_id}"}},
	},
	{
		provider: "mailchimp", host: "us21.api.mailchimp.com", path: "/3.0/", set: []string{"dc=us21"}, in: "0123456789abcdef0123456789abcdef-us21", account: "string",
		document: peers.Contract{Document: "mailchimp.com.json", Operations: []string{"GET /"}}, rules: byStatus,
	},
	{
		provider: "vtex", host: "mystore.vtexcommercestable.com.br", path: "/api/oms/pvt/orders", in: "Relink", bare: "grant-refused", part: true,
		set: []string{"account=mystore", "app_key=vtexappkey-mystore-ABCDEF"},
		document: peers.Contract{
			Document: "vtex.local/Orders-API.json", Operations: []string{"GET /api/oms/pvt/orders"}, Optional: "f_creationDate",
			Why: "the collection's copy requires it, VTEX's own document of today (vtex/openapi-schemas, VTEX - Orders API.json) does not",
		},
	},
	{
		provider: "xero", host: "api.xero.com", path: "/connections", in: broughtGrant("0123456789ABCDEF0123456789ABCDEF", "offline_access accounting.settings.read"), account: "Demo Company (NZ)",
		document: peers.Contract{
			Document: "xero.com/xero-identity.json", Operations: []string{"GET /Connections"}, As: "/connections",
			Why: "the document alone writes a capital letter, Xero's guides and everybody else's code do not",
		},
	},
	{
		provider: "adobe-commerce", host: "shop.example.com", path: "/rest/V1/orders", method: "api_key", in: "Relink", set: []string{"store_url=https://shop.example.com"}, open: true, part: true,
		misdescribed: "parameters", // a list of objects, by the document; Magento\Framework\Webapi\ErrorProcessor sends one object, or a list of texts
		document: peers.Contract{
			Document: "magento.com.json", Operations: []string{"GET /V1/orders"}, As: "/rest/V1/orders", Lean: true,
			Why: "the document's server names a store view (/rest/default), which may be left out; an order holds itself so deep that Prism cannot make one",
		},
		rules: byStatus,
	},
	// Services that Relink has no folder for, by the providers for everything else.
	{
		provider: "http-api-key", host: "api.github.com", path: "/user", in: "ghp_Relink", account: "octocat", open: true,
		set:      []string{"url=https://api.github.com/user", "prefix=Bearer", "proof=login", "account_id=id", "account_name=login"},
		document: peers.Contract{Document: "github.com/api.github.com.json", Operations: []string{"GET /user"}}, rules: refusal,
	},
	{
		provider: "http-api-key", host: "api.sendgrid.com", path: "/v3/scopes", in: "SG.Relink",
		set:      []string{"url=https://api.sendgrid.com/v3/scopes", "prefix=Bearer", "proof=scopes"},
		document: peers.Contract{Document: "sendgrid.com.json", Operations: []string{"GET /scopes"}},
		rules:    map[string]string{"401": "refused-unexplained", "403": "forbidden", "500": "provider-trouble"},
	},
	{
		provider: "http-api-key", host: "api.digitalocean.com", path: "/v2/account", in: "dop_v1_Relink", account: "sammy@digitalocean.com",
		set:      []string{"url=https://api.digitalocean.com/v2/account", "prefix=Bearer", "proof=account.uuid", "account_id=account.uuid", "account_name=account.email"},
		document: peers.Contract{Document: "digitalocean.com.json", Operations: []string{"GET /v2/account"}},
		rules:    map[string]string{"401": "refused-unexplained", "429": "rate-limited", "500": "provider-trouble"},
	},
	{
		provider: "http-basic", host: "api.twilio.com", path: "/2010-04-01/Accounts.json", in: "Relink",
		set:      []string{"url=https://api.twilio.com/2010-04-01/Accounts.json", "username=AC0123456789abcdef0123456789abcdef", "proof=accounts"},
		document: peers.Contract{Document: "twilio.com/api.json", Operations: []string{"GET /2010-04-01/Accounts.json"}},
	},
}

// withoutContract says of the catalog's other services why no document of theirs is served.
var withoutContract = map[string]string{
	"google-analytics-warehoused": "asks the same address as google-analytics, with the same headers",
	"stripe":                      "stripe-mock is made from Stripe's document: TestStripesOwnMockTakesBasicAndBearerAndRefusesMalformedKeys",
	"hubspot":                     "the collection has the token endpoint alone (TestRenewalsAreWhatTheVendorsOwnContractsAllow); the probe has a document written here",
	"paypal":                      "not in the collection: a document written here, TestTokenEndpointThroughAProxyIsAnsweredByPrism",
	"x-ads":                       "the collection has X's API, not its Ads API",
	"shipstation":                 "what the collection holds under its name is the sample API of a documentation tool",
	"salesforce":                  "the collection has Einstein alone",
	"microsoft-advertising":       "the collection has Microsoft's other services; Microsoft describes this one in WSDL",
	"google-ads":                  "Google publishes protocol buffers and a discovery document; the collection has Search Ads 360 instead",
	"adobe-analytics":             "the collection has Experience Manager alone; Adobe's own package describes the reports and not /discovery/me",
	"amazon-sp-api":               notPacked, "bling": notPacked, "klaviyo": notPacked, "linkedin-ads": notPacked, "mercado-livre": notPacked,
	"mercado-pago": notPacked, "meta-ads": notPacked, "mixpanel": notPacked, "nuvemshop": notPacked, "pinterest-ads": notPacked, "prestashop": notPacked,
	"quickbooks-online": notPacked, "rd-station": notPacked, "shopify": notPacked, "tiktok-ads": notPacked, "woocommerce": notPacked, "zendesk": notPacked,
	"commerce-intelligence": "Adobe publishes no document of it", "commerce-intelligence-import": "Adobe publishes no document of it",
	"oauth2-generic": ownServer, "oidc-discovery": ownServer,
}

const (
	notPacked = "no package that can be pinned has a document of the vendor's"
	ownServer = "an OAuth server that others wrote stands for any: build/peers"
)

func TestEveryServiceStandsBeforeAContractOrSaysWhyNot(t *testing.T) {
	all, err := catalog.Load("")
	check(t, err)
	proven := map[string]bool{}
	for _, c := range contracts {
		proven[c.provider] = true
		if exception := c.document.As + c.document.Optional; (exception != "" || c.document.Lean) != (c.document.Why != "") {
			t.Errorf("%s: an exception and its reason come together", c.host)
		}
	}
	for _, p := range all.All() {
		if _, excused := withoutContract[p.ID]; p.Probe.HTTP != nil && proven[p.ID] == excused {
			t.Errorf("%s: before a contract %v, excused %v", p.ID, proven[p.ID], excused)
		}
	}
	for id := range withoutContract {
		if _, ok := all.Provider(id); !ok {
			t.Errorf("%s is not in the catalog", id)
		}
	}
}

// broughtGrant is a grant of another tool, an hour before its end.
func broughtGrant(client, scope string) string {
	grant, err := json.Marshal(map[string]any{
		"access_token": "relink-access", "refresh_token": "relink-refresh", "token_type": "Bearer", "expires_in": 3600, "scope": scope,
		"obtained_at": time.Now().UTC().Format(time.RFC3339), "client_id": client, "client_secret": "relink-secret",
	})
	if err != nil {
		panic(err)
	}
	return string(grant)
}

// TestProbesAreWhatTheVendorsOwnContractsAllow puts the real command before Prism with the document that
// each vendor published: a request that the document does not allow is refused by Prism, and fails the test.
func TestProbesAreWhatTheVendorsOwnContractsAllow(t *testing.T) {
	for _, c := range contracts {
		t.Run(c.host, func(t *testing.T) {
			t.Parallel()
			c.prove(t)
		})
	}
}

func (c contract) prove(t *testing.T) {
	d := newDesk(t)
	service := mocked(t, c.document.Prism(t))
	d.world.Play(c.host, service)
	said := d.run(0, c.in+"\n", c.command()...)
	d.wants(said, `(?m)^It is connected`+c.as()+`\.$`)
	for _, refused := range service.refusals() {
		t.Errorf("%s does not allow what Relink asks: %.600s", c.document.Document, refused)
	}
	for status, rule := range c.rules {
		service.want(c.path, status)
		c.decided(d, rule)
		for _, refused := range service.refusals() {
			t.Errorf("%s answers %s otherwise: %.600s", c.document.Document, status, refused)
		}
	}
	service.want("", "")
	d.wants(d.run(0, "", "check"), "It .*Connected")

	// The document is what decides: without its credentials, the same request is refused.
	if !c.open {
		service.bare.Store(true)
		c.decided(d, cmp.Or(c.bare, "refused-unexplained"))
		if refused := service.refusals(); len(refused) != 1 || !strings.HasPrefix(refused[0], "401 ") {
			t.Errorf("%s takes a request without credentials: %v", c.document.Document, refused)
		}
	}
}

// TestRenewalsAreWhatTheVendorsOwnContractsAllow renews grants that have ended: Square's token endpoint wants
// JSON, HubSpot's a form. The probe follows with what comes back.
func TestRenewalsAreWhatTheVendorsOwnContractsAllow(t *testing.T) {
	square := peers.Contract{
		Document: "squareup.com.json", Operations: []string{"POST /oauth2/token", "GET /v2/merchants/{merchant_id}"}, Optional: "client_secret",
		Why: "the collection's copy is older than Square's PKCE flow, whose apps have none (developer.squareup.com/reference/square/o-auth-api/obtain-token)",
	}
	hubspot := peers.Contract{
		Document: "hubapi.com/auth.json", Operations: []string{"POST /oauth/v1/token"}, As: "/oauth/v3/token",
		Why: "version 3 takes the form of version 1 (developers.hubspot.com, auth-oauth-v3 guide)",
	}
	for _, c := range []struct {
		provider, host, token, client string
		document                      peers.Contract
		probed                        func(t *testing.T) string // by whom, where not by the document
	}{
		{"square", "connect.squareup.com", "/oauth2/token", "sq0idp-uaPHILoPzWZk3tlJqlML0g", square, nil},
		{"hubspot", "api.hubapi.com", "/oauth/v3/token", "7fff1e36-2d40-4ae1-bbb1-5266d59564fb", hubspot, func(t *testing.T) string { return peers.Prism(t, "hubspot") }},
	} {
		t.Run(c.provider, func(t *testing.T) {
			t.Parallel()
			d, answers := newDesk(t), http.NewServeMux()
			tokens := mocked(t, c.document.Prism(t))
			answers.Handle(c.token, tokens)
			probed := tokens
			if c.probed != nil {
				probed = mocked(t, c.probed(t))
			}
			answers.Handle("/", probed)
			d.world.Play(c.host, answers)
			var ended map[string]any
			check(t, json.Unmarshal([]byte(broughtGrant(c.client, "")), &ended))
			ended["obtained_at"] = "2026-01-01T00:00:00Z"
			grant, err := json.Marshal(ended)
			check(t, err)
			d.wants(d.run(0, string(grant), "add", c.provider, "--method", "oauth2_code", "--name", "It", "--grant-stdin"), "It is connected as ")
			asked := d.world.Asked()
			if len(asked) < 2 || asked[0] != "POST "+c.host+c.token || !strings.HasPrefix(asked[1], "GET "+c.host) {
				t.Errorf("the proxy was asked for %v", asked)
			}
			for _, refused := range tokens.refusals() {
				t.Errorf("%s does not allow what Relink asks: %.600s", c.document.Document, refused)
			}
		})
	}
}

// decided checks once more and wants this rule to decide, and nothing to be connected.
func (c contract) decided(d *desk, rule string) {
	d.t.Helper()
	code := 10
	if rule == "grant-refused" {
		code = 11 // a person is needed
	}
	said := d.run(code, "", "check", "--json")
	d.wants(said, fmt.Sprintf(`"rule": %q`, rule))
	d.wants(said, `"verdict": "failing"`)
}

func (c contract) as() string {
	if c.account == "" {
		return ""
	}
	return " as " + strings.NewReplacer("(", `\(`, ")", `\)`, ".", `\.`).Replace(c.account)
}

func (c contract) command() []string {
	command := []string{"add", c.provider, "--name", "It"}
	if c.method != "" {
		command = append(command, "--method", c.method)
	}
	for _, value := range c.set {
		command = append(command, "--set", value)
	}
	if strings.HasPrefix(c.in, "{") {
		return append(command, "--grant-stdin")
	}
	return append(command, "--secret-stdin")
}
