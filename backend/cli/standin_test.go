package cli_test

import (
	"bytes"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"filippo.io/age"

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
	key, err := age.GenerateX25519Identity() // a passphrase would cost every command a third of a second
	check(t, err)
	identity := filepath.Join(folder, "identity.txt")
	check(t, os.WriteFile(identity, []byte(key.String()+"\n"), 0o600))
	d := &desk{t: t, world: world, env: []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + folder, "LANG=en_US.UTF-8", "RELINK_DATA_DIR=" + filepath.Join(folder, "data"),
		"DBUS_SESSION_BUS_ADDRESS=unix:path=/nowhere", "HTTPS_PROXY=" + world.Proxy, "SSL_CERT_FILE=" + world.Roots, "SSL_CERT_DIR=" + folder,
	}}
	d.run(0, "", "list", "--vault-identity", identity)
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
	bare   atomic.Bool // requests lose their credentials on the way

	mu      sync.Mutex
	refused []string // what Prism itself said of requests that the document does not allow
}

func mocked(t *testing.T, address string) *mock {
	t.Helper()
	target, err := url.Parse(address)
	check(t, err)
	m := &mock{}
	m.Handler = &httputil.ReverseProxy{ModifyResponse: m.listen, Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		if m.bare.Load() {
			for _, name := range []string{"Authorization", "X-VTEX-API-AppKey", "X-VTEX-API-AppToken"} {
				r.Out.Header.Del(name)
			}
		}
		if wanted := m.prefer.Load(); wanted != nil && (*wanted)[r.In.URL.Path] != "" {
			r.Out.Header.Set("Prefer", "code="+(*wanted)[r.In.URL.Path])
		}
	}}
	return m
}

func (m *mock) want(path, status string) { m.prefer.Store(&map[string]string{path: status}) }

// listen keeps Prism's refusals: the header sl-violations, and a problem of a type of its own.
func (m *mock) listen(resp *http.Response) error {
	said := resp.Header.Get("sl-violations")
	if strings.Contains(resp.Header.Get("Content-Type"), "problem+json") {
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			return err
		}
		resp.Body = io.NopCloser(bytes.NewReader(body))
		if bytes.Contains(body, []byte("stoplight.io/prism/errors#")) {
			said += string(body)
		}
	}
	if said != "" {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.refused = append(m.refused, resp.Status+" "+said)
	}
	return nil
}

// refusals are those since the last call.
func (m *mock) refusals() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	refused := m.refused
	m.refused = nil
	return refused
}

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

// TestStripesOwnMockTakesBasicAndBearerAndRefusesMalformedKeys: a key is a bearer token, or the user of
// Basic, whose password is empty.
func TestStripesOwnMockTakesBasicAndBearerAndRefusesMalformedKeys(t *testing.T) {
	d := newDesk(t)
	d.world.Play("api.stripe.com", mocked(t, peers.Stripe(t)))
	balance := []string{"--set", "url=https://api.stripe.com/v1/balance", "--set", "proof=object", "--secret-stdin"}
	add := func(code int, secret, provider, name string, more ...string) string {
		return d.run(code, secret+"\n", append([]string{"add", provider, "--name", name}, more...)...)
	}
	d.wants(add(0, "rk_test_51Relink", "stripe", "Restricted", "--secret-stdin"), "Restricted is connected")
	d.wants(add(0, "sk_test_51Relink", "stripe", "Secret", "--secret-stdin"), "Secret is connected")
	basic := base64.StdEncoding.EncodeToString([]byte("rk_test_51Relink:"))
	d.wants(add(0, basic, "http-api-key", "Basic", append(balance, "--set", "prefix=Basic")...), "Basic is connected")
	d.wants(add(0, "rk_test_51Relink", "http-api-key", "Bearer", append(balance, "--set", "prefix=Bearer")...), "Bearer is connected")

	for _, malformed := range []string{"rk_test", "rk_test_", "pk_test_51Relink", "51Relink", "rk_test_51_Relink"} {
		d.world.Asked()
		said := add(11, malformed, "stripe", "Malformed", "--secret-stdin")
		d.wants(said, "refused[^\n]*\n(.*\n)*.*HTTP status 401")
		if strings.Contains(said, "It last worked") {
			t.Errorf("%s never worked:\n%s", malformed, said)
		}
		if asked := d.world.Asked(); len(asked) == 0 {
			t.Errorf("%s was not tried", malformed)
		}
	}
	d.run(11, base64.StdEncoding.EncodeToString([]byte("rk_live_51Relink:"))+"\n", append([]string{"add", "http-api-key", "--name", "Live", "--set", "prefix=Basic"}, balance...)...)
	if listed := d.run(0, "", "list"); strings.Contains(listed, "Malformed") || strings.Contains(listed, "Live") {
		t.Errorf("a refused key was added:\n%s", listed)
	}
	d.run(0, "", "check")
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
