package cli_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"relink/build/canary"
	"relink/build/peers"
)

// desk is a person's terminal in a world of vendors' stand-ins: every command is a process of its own.
type desk struct {
	t     *testing.T
	world *peers.Internet
	env   []string
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	folder, world := t.TempDir(), peers.NewInternet(t)
	pass := filepath.Join(folder, "pass.txt")
	check(t, os.WriteFile(pass, []byte("four words nobody guesses\n"), 0o600))
	d := &desk{t: t, world: world, env: []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + folder, "LANG=en_US.UTF-8", "RELINK_DATA_DIR=" + filepath.Join(folder, "data"),
		"DBUS_SESSION_BUS_ADDRESS=unix:path=/nowhere", "HTTPS_PROXY=" + world.Proxy, "SSL_CERT_FILE=" + world.Roots, "SSL_CERT_DIR=" + folder,
	}}
	d.run(0, "", "list", "--vault-passphrase-file", pass)
	return d
}

// run runs relink with this input and wants its exit code, any for -1; it returns what was printed.
func (d *desk) run(code int, in string, args ...string) string {
	d.t.Helper()
	path, err := exec.LookPath("relink")
	check(d.t, err)
	var said bytes.Buffer
	cmd := exec.Command(path, args...)
	cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = d.env, strings.NewReader(in), &said, &said
	_ = cmd.Run()
	if got := cmd.ProcessState.ExitCode(); got != code && code >= 0 {
		d.t.Errorf("relink %s exited with %d, want %d:\n%s", strings.Join(args, " "), got, code, said.String())
	}
	return said.String()
}

func (d *desk) wants(said, pattern string) {
	d.t.Helper()
	if !regexp.MustCompile(pattern).MatchString(said) {
		d.t.Errorf("want %q in:\n%s", pattern, said)
	}
}

// mock answers for a host by another program's address. prefer is Prism's: which of the documented
// answers is wanted, by path; nothing asks for the good one.
type mock struct {
	http.Handler
	prefer atomic.Pointer[map[string]string]
}

func mocked(t *testing.T, address string) *mock {
	t.Helper()
	target, err := url.Parse(address)
	check(t, err)
	m := &mock{}
	m.Handler = &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		if wanted := m.prefer.Load(); wanted != nil && (*wanted)[r.In.URL.Path] != "" {
			r.Out.Header.Set("Prefer", "code="+(*wanted)[r.In.URL.Path])
		}
	}}
	return m
}

func (m *mock) want(path, status string) { m.prefer.Store(&map[string]string{path: status}) }

// TestCheckThroughAProxyIsAnsweredByStripesOwnMock also says that an authority which nobody named
// is not trusted, and that a proxy which is away is no outage of Stripe.
func TestCheckThroughAProxyIsAnsweredByStripesOwnMock(t *testing.T) {
	d := newDesk(t)
	d.world.Play("api.stripe.com", mocked(t, peers.Stripe(t)))
	d.wants(d.run(0, "rk_test_51Relink\n", "add", "stripe", "--name", "Stripe", "--secret-stdin"), "Stripe is connected")
	if asked := d.world.Asked(); !slices.Contains(asked, "GET api.stripe.com/v1/balance") {
		t.Errorf("the proxy was asked for %v", asked)
	}
	d.wants(d.run(0, "", "check"), "Stripe .*Connected")
	d.run(0, "rk_test_51Relink\n", "add", "stripe", "--name", "Account", "--set", "read=account", "--secret-stdin")

	// A key of the live mode is none to the mock: a refusal, and nothing is added.
	d.wants(d.run(11, "rk_live_51Relink\n", "add", "stripe", "--name", "Live", "--secret-stdin"), "refused")

	trusting := slices.Clone(d.env)
	d.env = slices.DeleteFunc(d.env, func(v string) bool { return strings.HasPrefix(v, "SSL_CERT_FILE=") })
	said := d.run(10, "", "check", "Stripe", "--json")
	d.wants(said, `"rule": "certificate-issuer"`)
	d.wants(said, `"cause": "this_computer"`)

	d.env = append(slices.DeleteFunc(slices.Clone(trusting), func(v string) bool { return strings.HasPrefix(v, "HTTPS_PROXY=") }), "HTTPS_PROXY=http://127.0.0.1:9")
	d.wants(d.run(10, "", "check", "Stripe", "--json"), `"cause": "this_computer"`)
	d.env = trusting
	d.run(0, "", "check", "Stripe")
}

// TestTokenEndpointThroughAProxyIsAnsweredByPrism asks PayPal's token endpoint and its balances.
func TestTokenEndpointThroughAProxyIsAnsweredByPrism(t *testing.T) {
	d := newDesk(t)
	paypal := mocked(t, peers.Prism(t, "paypal"))
	d.world.Play("api-m.paypal.com", paypal)
	add := []string{"add", "paypal", "--name", "PayPal", "--set", "client_id=AYSq3RDGsmBLJE-otTkBtM-jBRd1TCQwFf9RGfwddNXWz0uFU9ztymylOhRS", "--secret-stdin"}

	paypal.want("/v1/oauth2/token", "401")
	d.wants(d.run(11, "wrong\n", add...), "does not accept the OAuth app")
	paypal.want("", "")
	d.world.Asked()
	d.wants(d.run(0, "right\n", add...), "PayPal is connected as MDXWPD67GEP5W")
	if asked := d.world.Asked(); !slices.Equal(slices.Compact(asked), []string{"POST api-m.paypal.com/v1/oauth2/token", "GET api-m.paypal.com/v1/reporting/balances"}) {
		t.Errorf("the proxy was asked for %v", asked)
	}
	d.wants(d.run(0, "", "check"), "PayPal .*Connected")

	paypal.want("/v1/reporting/balances", "403")
	d.wants(d.run(10, "", "check", "--json"), `"cause": "account_change"`)
	paypal.want("/v1/reporting/balances", "503")
	said := d.run(10, "", "check", "--json")
	d.wants(said, `"rule": "provider-trouble"`)
	d.wants(said, `"next": "wait"`)
	paypal.want("", "")
	d.run(0, "", "check")
}

// TestProbeOfHubSpotIsAnsweredByPrism refuses what the document does not allow, and answers as it says.
func TestProbeOfHubSpotIsAnsweredByPrism(t *testing.T) {
	d := newDesk(t)
	hubspot := mocked(t, peers.Prism(t, "hubspot"))
	d.world.Play("api.hubapi.com", hubspot)
	d.wants(d.run(0, "pat-na1-relink\n", "add", "hubspot", "--name", "HubSpot", "--secret-stdin"), "HubSpot is connected as 62515")
	hubspot.want("/account-info/v3/details", "403")
	d.wants(d.run(10, "", "check", "--json"), `"cause": "account_change"`)
	hubspot.want("/account-info/v3/details", "503")
	d.wants(d.run(10, "", "check", "--json"), `"cause": "third_party"`)
	hubspot.want("/account-info/v3/details", "401")
	d.wants(d.run(11, "", "check", "--json"), `"status": "needs_reauthorization"`)

	// What to do about it is a section of the guide, and a page, in the person's language.
	said := d.run(0, "", "show", "HubSpot")
	d.wants(said, "Guide of HubSpot: Create or renew the token of a private app\n +1\\. ")
	d.wants(said, "Open the keys page: https://")
	d.env = append(slices.Clone(d.env), "LANG=pt_BR.UTF-8")
	d.wants(d.run(0, "", "show", "HubSpot"), "Guia de HubSpot: Criar ou renovar o token de um app privado")
}

// TestS1KeyThatTravelsInTheAddressStaysThere adds the Data Import API, whose key stands in each request's
// address, and lets the vendor send that address back in every way: no command, no file and no support
// bundle shows the key. The vendor is asked by GET alone, so no row can have been written.
func TestS1KeyThatTravelsInTheAddressStaysThere(t *testing.T) {
	const key = "CNRY-import-key-0123456789abcdef"
	d := newDesk(t)
	var status atomic.Int64
	var got atomic.Pointer[string]
	d.world.Play("connect.rjmetrics.com", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.RawQuery
		got.Store(&query)
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Location", "https://connect.rjmetrics.com/elsewhere?"+query)
		w.WriteHeader(int(status.Load()))
		_, _ = w.Write([]byte(`{"message": "asked for ` + r.URL.String() + `"}`))
	}))
	status.Store(http.StatusUnauthorized)
	add := []string{"add", "commerce-intelligence-import", "--name", "Import", "--set", "client_id=194", "--secret-stdin"}
	said := d.run(11, key+"\n", add...)
	status.Store(http.StatusOK)
	said += d.run(0, key+"\n", add...)
	if query := got.Load(); query == nil || *query != "apikey="+key {
		t.Errorf("the vendor got %v", query)
	}
	for _, tc := range []struct {
		status int64
		cause  string
	}{{302, "third_party"}, {404, "unknown"}, {400, "unknown"}, {500, "third_party"}, {503, "third_party"}, {429, "third_party"}, {401, "unknown"}} {
		status.Store(tc.status)
		checked := d.run(-1, "", "--verbose", "check", "Import", "--json")
		d.wants(checked, `"cause": "`+tc.cause+`"`)
		said += checked + d.run(0, "", "--verbose", "show", "Import") + d.run(-1, "", "list", "--json")
	}
	d.world.Play("connect.rjmetrics.com", http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	said += d.run(-1, "", "--verbose", "check", "Import", "--json") + d.run(-1, "", "activity", "--json") + d.run(-1, "", "incidents", "--json")
	bundle := filepath.Join(t.TempDir(), "bundle.zip")
	said += d.run(0, "", "bundle", "Import", "--out", bundle)
	for _, asked := range d.world.Asked() {
		if strings.Contains(asked, "rjmetrics") && asked != "GET connect.rjmetrics.com/v2/client/194/authenticate" {
			t.Errorf("the vendor was asked for %s", asked)
		}
	}
	if found := canary.Find([]byte(said), key); found != "" {
		t.Errorf("a command printed the key (%s):\n%s", found, said)
	}
	d.wantNowhere(key, filepath.Dir(bundle))
}

// wantNowhere looks for a secret in every file of the data folder and of more, the insides of zips too.
func (d *desk) wantNowhere(secret string, more ...string) {
	d.t.Helper()
	files := 0
	for _, root := range append(more, d.value("RELINK_DATA_DIR")) {
		check(d.t, filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
			if err != nil || !e.Type().IsRegular() {
				return err
			}
			files++
			content, err := os.ReadFile(path)
			if found := canary.Find(content, secret); found != "" {
				d.t.Errorf("%s holds the secret (%s)", path, found)
			}
			if inside, zipErr := zip.NewReader(bytes.NewReader(content), int64(len(content))); zipErr == nil {
				for _, f := range inside.File {
					part, err := f.Open()
					check(d.t, err)
					text, err := io.ReadAll(part)
					check(d.t, err)
					if found := canary.Find(text, secret); found != "" {
						d.t.Errorf("%s in %s holds the secret (%s)", f.Name, path, found)
					}
				}
			}
			return err
		}))
	}
	if files < 2 {
		d.t.Errorf("only %d files were looked at", files)
	}
}

// value is a variable of the desk's environment.
func (d *desk) value(name string) string {
	for _, v := range d.env {
		if value, ok := strings.CutPrefix(v, name+"="); ok {
			return value
		}
	}
	return ""
}

// TestAdobeCommerceAdministratorIsTradedForATokenOverTLS lets a shop answer as its documents say: a bare token, the
// orders for it, and later the way to the second factor in the place of another token.
func TestAdobeCommerceAdministratorIsTradedForATokenOverTLS(t *testing.T) {
	const password = "CNRY-admin-password-0123456789"
	d := newDesk(t)
	var wantsCode, ended atomic.Bool
	var trades atomic.Int64
	d.world.Play("shop.example.com", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var login struct{ Username, Password, OTP string }
		_ = json.Unmarshal(body, &login)
		w.Header().Set("Content-Type", "application/json")
		refuse := func(text string) { w.WriteHeader(http.StatusUnauthorized); _, _ = io.WriteString(w, text) }
		switch {
		case strings.HasPrefix(r.URL.Path, "/rest/V1/orders"):
			if ended.Load() || r.Header.Get("Authorization") == "Bearer " || !strings.HasPrefix(r.Header.Get("Authorization"), "Bearer token-") {
				refuse(`{"message":"The consumer isn't authorized to access %resources.","parameters":{"resources":"Magento_Sales::actions_view"}}`)
				return
			}
			_, _ = io.WriteString(w, `{"total_count":12}`)
		case login.Username != "relink" || login.Password != password:
			refuse(`{"message":"The account sign-in was incorrect or your account is disabled temporarily. Please wait and try again later."}`)
		case r.URL.Path == "/rest/V1/integration/admin/token" && wantsCode.Load():
			refuse(`{"message":"Please use the 2fa provider-specific endpoints to obtain a token.","parameters":{"active_providers":["google"]}}`)
		case r.URL.Path == "/rest/V1/tfa/provider/google/authenticate" && login.OTP != "123456":
			refuse(`{"message":"Invalid code."}`)
		default:
			ended.Store(false)
			fmt.Fprintf(w, `"token-%d"`, trades.Add(1))
		}
	}))
	add := []string{"add", "adobe-commerce", "--name", "Shop", "--method", "login_token", "--set", "store_url=https://shop.example.com", "--set", "username=relink", "--secret-stdin"}
	said := d.run(11, "wrong\n", add...)
	d.wants(said, "refused")
	said += d.run(0, password+"\n", add...)
	ended.Store(true) // before its four hours: the shop's own setting says less
	said += d.run(0, "", "check", "Shop", "--json")
	if n := trades.Load(); n != 2 {
		t.Errorf("%d trades, want one for the addition and one for the token that had ended", n)
	}
	wantsCode.Store(true)
	ended.Store(true)
	checked := d.run(11, "", "check", "Shop", "--json")
	d.wants(checked, `"cause": "account_change"`)
	d.wants(checked, `"status": "needs_reauthorization"`)
	code := d.run(11, password+"\n", "reconnect", "Shop", "--secret-stdin")
	d.wants(code, "asks for the code of a second factor")
	if found := canary.Find([]byte(said+checked+code), password); found != "" {
		t.Errorf("a command printed the password (%s)", found)
	}
}
