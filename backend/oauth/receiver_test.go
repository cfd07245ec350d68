package oauth_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"relink/backend/oauth"
)

var texts = oauth.PageTexts{Lang: "pt-BR", Title: "Relink <1>", Working: "Working", Success: "All well", Failure: "Not done", CloseHint: "Close this tab"}

// flow is one wait for a redirect.
type flow struct {
	t        *testing.T
	receiver *oauth.Receiver
	request  *oauth.Request
	result   chan result
	cancel   context.CancelFunc
}

type result struct {
	callback oauth.Callback
	err      error
}

func startFlow(t *testing.T, o oauth.ReceiverOptions, issuer string) flow {
	t.Helper()
	o.Page = texts
	rc, err := oauth.Listen(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = rc.Close() })
	r, err := oauth.NewRequest(oauth.Server{AuthorizeURL: "https://provider.example/authorize", Issuer: issuer}, client(), rc.RedirectURI(), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	f := flow{t: t, receiver: rc, request: r, result: make(chan result, 1), cancel: cancel}
	go func() {
		c, err := rc.Await(ctx, r)
		f.result <- result{c, err}
	}()
	return f
}

// send sends one request and returns its answer with the whole body.
func (f flow) send(method, address string, change func(*http.Request)) (*http.Response, string) {
	f.t.Helper()
	req, err := http.NewRequestWithContext(f.t.Context(), method, address, nil)
	if err != nil {
		f.t.Fatal(err)
	}
	if change != nil {
		change(req)
	}
	res, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
	if err != nil {
		f.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil && res.StatusCode != http.StatusRequestHeaderFieldsTooLarge { // cut off while still sending
		f.t.Fatal(err)
	}
	return res, string(body)
}

func (f flow) get(address string) (*http.Response, string) {
	f.t.Helper()
	return f.send(http.MethodGet, address, nil)
}

func (f flow) genuine() string {
	return answer(f.receiver.RedirectURI(), "code", canaryCode, "state", f.request.State(), "iss", "https://as.example")
}

// open checks that the flow still waits, and that the genuine redirect ends it.
func (f flow) open() {
	f.t.Helper()
	select {
	case got := <-f.result:
		f.t.Fatalf("the flow ended: %+v", got)
	default:
	}
	res, _ := f.get(f.genuine())
	if got := <-f.result; res.StatusCode != http.StatusSeeOther || got.err != nil || got.callback.Code.Reveal() != canaryCode {
		f.t.Fatalf("the genuine redirect: %d, %+v", res.StatusCode, got)
	}
}

func TestL1ListensOnTheLoopbackAddressAlone(t *testing.T) {
	ports := map[string]bool{}
	for range 100 {
		f := startFlow(t, oauth.ReceiverOptions{}, "")
		u, _ := url.Parse(f.receiver.RedirectURI())
		if u.Hostname() != "127.0.0.1" || u.Scheme != "http" {
			t.Fatalf("redirect %s", f.receiver.RedirectURI())
		}
		ports[u.Port()] = true
		if c, err := net.Dial("tcp4", "127.0.0.2:"+u.Port()); err == nil {
			_ = c.Close()
			t.Fatal("another address of this computer is listened on")
		}
		f.cancel()
		<-f.result
		began := time.Now()
		_ = f.receiver.Close()
		if _, err := net.Dial("tcp4", u.Host); err == nil || time.Since(began) > time.Second {
			t.Fatalf("the port is open %v after closing", time.Since(began))
		}
	}
	if len(ports) < 90 {
		t.Errorf("%d distinct ports of 100", len(ports))
	}
}

func TestL1PortIsBoundBeforeAnythingIsAwaited(t *testing.T) {
	rc, err := oauth.Listen(oauth.ReceiverOptions{Path: "/cb", Host: "localhost"})
	if err != nil {
		t.Fatal(err)
	}
	u, _ := url.Parse(rc.RedirectURI())
	if u.Hostname() != "localhost" || u.Path != "/cb" {
		t.Errorf("redirect %s", rc.RedirectURI())
	}
	c, err := net.Dial("tcp4", "127.0.0.1:"+u.Port())
	if err != nil {
		t.Fatal(err)
	}
	_ = c.Close()
	if err := rc.Close(); err != nil {
		t.Error(err)
	}
}

func TestL2BusyPortsAreNamedAndTheNextIsTried(t *testing.T) {
	taken, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := taken.Addr().(*net.TCPAddr).Port
	_, err = oauth.Listen(oauth.ReceiverOptions{Ports: []int{port, port}})
	var busy oauth.PortsBusy
	if !errors.As(err, &busy) || !cmp.Equal(busy.Ports, []int{port, port}) || !strings.Contains(err.Error(), fmt.Sprint(port)) {
		t.Errorf("got %v", err)
	}
	free, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	second := free.Addr().(*net.TCPAddr).Port
	_ = free.Close()
	rc, err := oauth.Listen(oauth.ReceiverOptions{Ports: []int{port, second}})
	if err != nil {
		t.Fatal(err)
	}
	defer rc.Close()
	if !strings.Contains(rc.RedirectURI(), fmt.Sprint(second)) {
		t.Errorf("redirect %s", rc.RedirectURI())
	}
}

func TestL5WrongStateKeepsFlowOpen(t *testing.T) {
	earlier := newRequest(t, "").State()
	for name, pairs := range map[string][]string{
		"missing":   {"code", "x"},
		"empty":     {"code", "x", "state", ""},
		"wrong":     {"code", "x", "state", "wrong"},
		"earlier":   {"code", "x", "state", earlier},
		"duplicate": {"code", "x", "state", "good", "state", "bad"},
	} {
		f := startFlow(t, oauth.ReceiverOptions{}, "")
		for i := range pairs {
			if pairs[i] == "good" {
				pairs[i] = f.request.State()
			}
		}
		if res, _ := f.get(answer(f.receiver.RedirectURI(), pairs...)); res.StatusCode != 400 {
			t.Errorf("%s: status %d", name, res.StatusCode)
		}
		f.open()
	}
}

func TestL6ParametersMayAppearOnce(t *testing.T) {
	for _, twice := range []string{"code", "state", "iss", "error", "anything"} {
		f := startFlow(t, oauth.ReceiverOptions{}, "")
		address := answer(f.receiver.RedirectURI(), "code", "x", "state", f.request.State(), twice, "1", twice, "2")
		if res, _ := f.get(address); res.StatusCode != 400 {
			t.Errorf("%s twice: status %d", twice, res.StatusCode)
		}
		if res, _ := f.get(answer(f.receiver.RedirectURI(), "code", "x", "error", "access_denied", "state", f.request.State())); res.StatusCode != 400 {
			t.Errorf("code and error: status %d", res.StatusCode)
		}
		f.open()
	}
}

func TestL7IssuerIsCheckedBeforeTheCodeIsHandedOn(t *testing.T) {
	for _, issuer := range []string{"", "https://other.example", "https://as.example/", "HTTPS://AS.EXAMPLE"} {
		f := startFlow(t, oauth.ReceiverOptions{}, "https://as.example")
		address := answer(f.receiver.RedirectURI(), "code", "x", "state", f.request.State(), "iss", issuer)
		if res, _ := f.get(address); res.StatusCode != 400 {
			t.Errorf("%q: status %d", issuer, res.StatusCode)
		}
		f.open()
	}
}

func TestL7RedirectOfAnotherFlowIsUnknownHere(t *testing.T) {
	a, b := startFlow(t, oauth.ReceiverOptions{}, ""), startFlow(t, oauth.ReceiverOptions{}, "")
	ua, _ := url.Parse(a.receiver.RedirectURI())
	ub, _ := url.Parse(b.receiver.RedirectURI())
	if res, _ := a.get(answer("http://"+ua.Host+ub.Path, "code", "x", "state", a.request.State())); res.StatusCode != 404 {
		t.Errorf("status %d", res.StatusCode)
	}
	a.open()
	b.open()
}

func TestL9OnlyABrowsersGetForOurHostIsServed(t *testing.T) {
	f := startFlow(t, oauth.ReceiverOptions{}, "")
	u, _ := url.Parse(f.receiver.RedirectURI())
	for _, c := range []struct {
		name, method string
		change       func(*http.Request)
		status       int
	}{
		{"rebinding", "GET", func(r *http.Request) { r.Host = "evil.example:" + u.Port() }, 421},
		{"host without port", "GET", func(r *http.Request) { r.Host = "127.0.0.1" }, 421},
		{"localhost", "GET", func(r *http.Request) { r.Host = "localhost:" + u.Port() }, 421},
		{"post", "POST", nil, 405},
		{"head", "HEAD", nil, 405},
		{"preflight", "OPTIONS", func(r *http.Request) {
			r.Header.Set("Origin", "https://evil.example")
			r.Header.Set("Access-Control-Request-Method", "GET")
			r.Header.Set("Access-Control-Request-Private-Network", "true")
		}, 405},
	} {
		res, _ := f.send(c.method, f.genuine(), c.change)
		if res.StatusCode != c.status {
			t.Errorf("%s: status %d, want %d", c.name, res.StatusCode, c.status)
		}
		for name := range res.Header {
			if strings.HasPrefix(name, "Access-Control-") {
				t.Errorf("%s: %s", c.name, name)
			}
		}
	}
	if res, _ := f.get("http://" + u.Host + u.Path + "/../x" + "?state=" + f.request.State()); res.StatusCode != 404 {
		t.Errorf("other path: status %d", res.StatusCode)
	}
	if res, _ := f.get(f.genuine() + "&x=" + strings.Repeat("y", 1<<20)); res.StatusCode != 431 && res.StatusCode != 414 {
		t.Errorf("1 MiB of query: status %d", res.StatusCode)
	}
	if res, _ := f.get(f.genuine() + "&x=" + strings.Repeat("y", 9<<10)); res.StatusCode != 431 && res.StatusCode != 414 {
		t.Errorf("9 KiB of query: status %d", res.StatusCode)
	}
	f.open()
}

func TestL9SlowSendersCannotKeepTheGenuineRedirectOut(t *testing.T) {
	f := startFlow(t, oauth.ReceiverOptions{}, "")
	u, _ := url.Parse(f.receiver.RedirectURI())
	for range 200 {
		c, err := net.Dial("tcp4", u.Host)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		_, _ = io.WriteString(c, "G")
	}
	began := time.Now()
	f.open()
	if took := time.Since(began); took > time.Second {
		t.Errorf("the genuine redirect took %v", took)
	}
}

func TestL10PageReflectsNothingAndIsGuarded(t *testing.T) {
	refusals, redirects := map[string]bool{}, map[string]bool{}
	for _, description := range []string{"", "no", "<img src=x onerror=alert(1)>", "\u202egnp.exe", "</style><script>", strings.Repeat("x", 2000)} {
		f := startFlow(t, oauth.ReceiverOptions{}, "")
		res, body := f.get(answer(f.receiver.RedirectURI(), "error", "access_denied", "state", "wrong", "error_description", description))
		refusals[body] = true
		guarded(t, res)
		res, body = f.get(answer(f.receiver.RedirectURI(), "error", "access_denied", "state", f.request.State(), "error_description", description))
		redirects[body] = true
		guarded(t, res)
		clean, err := res.Location()
		if err != nil || res.StatusCode != 303 || clean.RawQuery != "" || clean.Hostname() != "127.0.0.1" {
			t.Fatalf("sent to %v, status %d", clean, res.StatusCode)
		}
		if got := <-f.result; got.callback.Error != "access_denied" || strings.ContainsRune(got.callback.ErrorDescription, '\u202e') {
			t.Errorf("got %+v", got)
		}
		res, body = f.get(clean.String())
		guarded(t, res)
		if !strings.Contains(body, "Working") || !strings.Contains(body, "Relink &lt;1&gt;") || !strings.Contains(body, `lang="pt-BR"`) || strings.Contains(body, "<script") {
			t.Errorf("page:\n%s", body)
		}
		for _, outside := range []string{"http:", "https:", "src=", "@import"} {
			if strings.Contains(body, outside) {
				t.Errorf("the page contains %q", outside)
			}
		}
	}
	if len(refusals) != 1 || len(redirects) != 1 {
		t.Errorf("%d and %d different pages for the same answer", len(refusals), len(redirects))
	}
}

func guarded(t *testing.T, res *http.Response) {
	t.Helper()
	for name, want := range map[string]string{"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff"} {
		if got := res.Header.Get(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	policy := res.Header.Get("Content-Security-Policy")
	for _, part := range []string{"default-src 'none'", "style-src 'sha256-", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"} {
		if !strings.Contains(policy, part) || strings.Contains(policy, "unsafe") {
			t.Errorf("policy %q", policy)
		}
	}
	if !res.Close {
		t.Error("the connection is kept alive")
	}
}

func TestL11NothingRedirectsOffThisComputer(t *testing.T) {
	f := startFlow(t, oauth.ReceiverOptions{}, "")
	u, _ := url.Parse(f.receiver.RedirectURI())
	for _, path := range []string{u.Path, "/", "//evil.example", "/%2f%2fevil.example", "/done/", "/\\evil.example", u.Path + "//evil.example/.."} {
		for _, q := range []string{"", "?next=https://evil.example", "?redirect_uri=//evil.example&state=" + f.request.State()} {
			res, _ := f.send(http.MethodGet, "http://"+u.Host+"/", func(r *http.Request) { r.URL.Opaque = "//" + u.Host + path + q })
			if to := res.Header.Get("Location"); to != "" {
				t.Errorf("%s%s redirects to %s", path, q, to)
			}
		}
	}
	res, _ := f.get(f.genuine() + "&next=https://evil.example&redirect_uri=//evil.example")
	if to := res.Header.Get("Location"); !strings.HasPrefix(to, "/done/") || strings.Contains(to, "evil") {
		t.Errorf("the genuine redirect goes to %s", to)
	}
}

func TestL15CancelledFlowIgnoresALateRedirectAndFreesThePort(t *testing.T) {
	f := startFlow(t, oauth.ReceiverOptions{}, "")
	if res, _ := f.get(f.receiver.RedirectURI()); res.StatusCode != 400 { // it is being served
		t.Fatalf("status %d", res.StatusCode)
	}
	f.cancel()
	if got := <-f.result; !errors.Is(got.err, context.Canceled) {
		t.Fatalf("got %v", got.err)
	}
	if res, body := f.get(f.genuine()); res.StatusCode != http.StatusGone || !strings.Contains(body, "Not done") {
		t.Errorf("late redirect: %d\n%s", res.StatusCode, body)
	}
	began := time.Now()
	if err := f.receiver.Close(); err != nil || time.Since(began) > time.Second {
		t.Errorf("closed after %v: %v", time.Since(began), err)
	}
	if err := f.receiver.Close(); err != nil {
		t.Errorf("closed twice: %v", err)
	}
}

func TestExpectedAnswerIsKeptForAwait(t *testing.T) {
	rc, err := oauth.Listen(oauth.ReceiverOptions{Page: texts})
	if err != nil {
		t.Fatal(err)
	}
	defer rc.Close()
	r, err := oauth.NewRequest(oauth.Server{AuthorizeURL: "https://provider.example/authorize"}, client(), rc.RedirectURI(), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	rc.Expect(r)
	f := flow{t: t, receiver: rc, request: r}
	if res, _ := f.get(f.genuine()); res.StatusCode != 303 {
		t.Errorf("status %d", res.StatusCode)
	}
	if c, err := rc.Await(t.Context(), r); err != nil || c.Code.Reveal() != canaryCode {
		t.Errorf("got %+v, %v", c, err)
	}
}

func TestClosingEndsTheWait(t *testing.T) {
	f := startFlow(t, oauth.ReceiverOptions{}, "")
	_ = f.receiver.Close()
	if got := <-f.result; !errors.Is(got.err, oauth.ErrClosed) {
		t.Errorf("got %v", got.err)
	}
}

func TestPageWaitsForTheOutcomeAndTellsIt(t *testing.T) {
	for ok, sentence := range map[bool]string{true: "All well", false: "Not done"} {
		f := startFlow(t, oauth.ReceiverOptions{}, "")
		u, _ := url.Parse(f.receiver.RedirectURI())
		res, _ := f.get(f.genuine())
		clean := res.Header.Get("Location")
		<-f.result
		if _, body := f.get("http://" + u.Host + clean); !strings.Contains(body, `content="0;url=`+clean+`/outcome"`) {
			t.Fatalf("page:\n%s", body)
		}
		told := make(chan string)
		go func() {
			_, body := f.get("http://" + u.Host + clean + "/outcome")
			told <- body
		}()
		select {
		case body := <-told:
			t.Fatalf("told before the outcome was known:\n%s", body)
		default:
		}
		f.receiver.Finish(ok)
		f.receiver.Finish(!ok) // the first counts
		began := time.Now()
		_ = f.receiver.Close()
		if body := <-told; !strings.Contains(body, sentence) || !strings.Contains(body, "Close this tab") {
			t.Errorf("page:\n%s", body)
		}
		if took := time.Since(began); took > time.Second {
			t.Errorf("closed after %v", took)
		}
	}
}

func TestOutcomePageIsUnknownBeforeTheRedirect(t *testing.T) {
	f := startFlow(t, oauth.ReceiverOptions{}, "")
	u, _ := url.Parse(f.receiver.RedirectURI())
	if res, _ := f.get("http://" + u.Host + "/done/"); res.StatusCode != 404 {
		t.Errorf("status %d", res.StatusCode)
	}
	f.open()
}

func FuzzCallbackQuery(f *testing.F) {
	f.Add("code=a&state=STATE")
	f.Add("error=access_denied&state=STATE&error_description=%3Cimg%20src%3Dx%3E")
	f.Add("code=a&state=STATE&state=STATE")
	f.Add("code=a&state=&iss=x")
	f.Add("code=%zz&state=STATE")
	f.Add(";&=%00&code=\xff&state=STATE")
	f.Fuzz(func(t *testing.T, raw string) {
		r := newRequest(t, "")
		c, err := oauth.ParsePasted(r, redirect+"?"+strings.ReplaceAll(raw, "STATE", r.State()))
		if err == nil && (!strings.Contains(raw, "STATE") || c.Code.Empty() == (c.Error == "")) {
			t.Errorf("accepted %q as %+v", raw, c)
		}
	})
}
