package oauth_test

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"relink/backend/oauth"
)

const relayURL = "https://agency.example/relink/"

func relayPage(t testing.TB) string {
	t.Helper()
	page, err := os.ReadFile("../../build/relay/index.html")
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}

func TestRelayPageIsTheOneThatRelinkComparesWith(t *testing.T) {
	page := relayPage(t)
	own, err := os.ReadFile("relay.html")
	must(t, err)
	if string(own) != page {
		t.Error("backend/oauth/relay.html is not build/relay/index.html")
	}
	if strings.Contains(page, "\r") {
		t.Error("the page has line ends of Windows")
	}
	for _, element := range []string{"script", "style"} {
		_, rest, _ := strings.Cut(page, "<"+element+">")
		content, _, _ := strings.Cut(rest, "</"+element+">")
		sum := sha256.Sum256([]byte(content))
		if want := element + "-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; !strings.Contains(page, want) {
			t.Errorf("the policy lacks %s", want)
		}
		if strings.Count(page, "<"+element) != 1 {
			t.Errorf("more than one %s", element)
		}
	}
	for _, outside := range []string{"src=", "href=", "@import", "https:", "fetch(", "innerHTML", "unsafe", "cookie", "localStorage"} {
		if strings.Contains(page, outside) {
			t.Errorf("the page contains %q", outside)
		}
	}
	if !strings.Contains(page, `content="default-src 'none';`) || !strings.Contains(page, `base-uri 'none'; form-action 'none'"`) || !strings.Contains(page, `name="referrer" content="no-referrer"`) {
		t.Error("the page is not guarded")
	}
}

func relayed(t *testing.T) (*oauth.Request, *oauth.Receiver) {
	t.Helper()
	rc, err := oauth.Listen(oauth.ReceiverOptions{Page: texts})
	must(t, err)
	t.Cleanup(func() { _ = rc.Close() })
	r, err := oauth.NewRelayedRequest(oauth.Server{AuthorizeURL: "https://provider.example/authorize"}, client(), relayURL, rc, []string{"a"}, nil)
	must(t, err)
	return r, rc
}

func TestRelayedRequestNamesTheRelayAndItsStateTheReceiver(t *testing.T) {
	r, rc := relayed(t)
	local, _ := url.Parse(rc.RedirectURI())
	parts := strings.Split(r.State(), ".")
	if len(parts) != 4 || parts[0] != "relink1" || parts[1] != local.Port() || "/callback/"+parts[2] != local.Path || len(parts[3]) != 43 {
		t.Errorf("state %q for %s", r.State(), rc.RedirectURI())
	}
	q := query(t, r.URL())
	if q.Get("redirect_uri") != relayURL || r.RedirectURI() != relayURL || q.Get("state") != r.State() || q.Get("code_challenge_method") != "S256" {
		t.Errorf("%s", r.URL())
	}
	for _, base := range []string{relayURL, rc.RedirectURI()} {
		r, rc := relayed(t)
		if base != relayURL {
			base = rc.RedirectURI()
		}
		if got, err := oauth.ParsePasted(r, answer(base, "code", canaryCode, "state", r.State())); err != nil || got.Code.Reveal() != canaryCode {
			t.Errorf("pasted from %s: %v", base, err)
		}
	}
	if _, err := oauth.ParsePasted(r, answer("https://evil.example/relink/", "code", canaryCode, "state", r.State())); err == nil {
		t.Error("an address of another page was taken")
	}
}

func TestRelayNeedsAnAddressAndAReceiverThatThePageCanReach(t *testing.T) {
	s := oauth.Server{AuthorizeURL: "https://provider.example/authorize"}
	for _, o := range []oauth.ReceiverOptions{{Host: "localhost"}, {Path: "/callback"}} {
		rc, err := oauth.Listen(o)
		must(t, err)
		if _, err := oauth.NewRelayedRequest(s, client(), relayURL, rc, nil, nil); err == nil {
			t.Errorf("%+v: taken", o)
		}
		_ = rc.Close()
	}
	_, rc := relayed(t)
	sent := &recorder{}
	for _, address := range []string{"", "http://agency.example/relink/", "https://agency.example/?a=b", "https://agency.example/?", "https://agency.example/#a", "https://a:b@agency.example/", "javascript:alert(1)"} {
		if _, err := oauth.NewRelayedRequest(s, client(), address, rc, nil, nil); err == nil {
			t.Errorf("%q: a request", address)
		}
		if err := oauth.NewExchange(sent, atNoon).CheckRelay(t.Context(), address); err == nil || sent.requests != 0 {
			t.Errorf("%q: %v after %d requests", address, err, sent.requests)
		}
	}
	if _, err := oauth.NewRelayedRequest(oauth.Server{AuthorizeURL: "javascript:alert(1)"}, client(), relayURL, rc, nil, nil); err == nil {
		t.Error("a script was taken for the consent")
	}
}

func TestRelayIsCheckedByteForByte(t *testing.T) {
	page, hash := relayPage(t), regexp.MustCompile(`script-src ('sha256-[^']+')`).FindStringSubmatch(relayPage(t))[1]
	for _, c := range []struct {
		name, body string
		status     int
		header     map[string]string
		fine       bool
	}{
		{"as it is", page, 200, nil, true},
		{"behind a policy that allows it", page, 200, map[string]string{"Content-Security-Policy": "default-src 'none'; Script-Src " + hash + "; script-src 'none'"}, true},
		{"behind a policy without scripts in it", page, 200, map[string]string{"Content-Security-Policy": "frame-ancestors 'none'"}, true},
		{"behind a policy that allows all", page, 200, map[string]string{"Content-Security-Policy": "default-src 'self' 'unsafe-inline'"}, true},
		{"behind a policy that stops it", page, 200, map[string]string{"Content-Security-Policy": "default-src 'self'"}, false},
		{"behind a policy that stops inline scripts", page, 200, map[string]string{"Content-Security-Policy": "script-src-elem 'self'; script-src " + hash}, false},
		{"in a sandbox", page, 200, map[string]string{"Content-Security-Policy": "sandbox"}, false},
		{"with something added", page + "<!-- analytics -->", 200, nil, false},
		{"with something changed", strings.Replace(page, "127.0.0.1", "127.0.0.2", 1), 200, nil, false},
		{"another page", "<html>Welcome</html>", 200, nil, false},
		{"as text", page, 200, map[string]string{"Content-Type": "text/plain"}, false},
		{"as a download", page, 200, map[string]string{"Content-Disposition": "attachment"}, false},
		{"too long", strings.Repeat(page, 40), 200, nil, false},
		{"not there", page, 404, nil, false},
	} {
		server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			for name, value := range c.header {
				w.Header().Set(name, value)
			}
			answering(c.status, w.Header().Get("Content-Type"), c.body)(w, nil)
		}))
		err := oauth.NewExchange(server.Client().Transport, atNoon).CheckRelay(t.Context(), server.URL+"/relink/")
		server.Close()
		var refusal *oauth.Refusal
		if (err == nil) != c.fine || err != nil && !errors.Is(err, oauth.ErrRelay) && !(errors.As(err, &refusal) && c.status != 200) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	other := startEvil(t, "127.0.0.2")
	moved := httptest.NewServer(http.RedirectHandler("http://"+other.Addr().String(), http.StatusMovedPermanently))
	defer moved.Close()
	if r := refused(t, oauth.NewExchange(nil, atNoon).CheckRelay(t.Context(), moved.URL)); r.HTTPStatus != 301 {
		t.Errorf("moved: %+v", r)
	}
}

// relayServer is an agency's web space with the page on it.
func relayServer(t *testing.T) *httptest.Server {
	t.Helper()
	page := relayPage(t)
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/frame" {
			answering(200, "text/html", `<iframe src="/relink/?`+r.URL.RawQuery+`"></iframe>`)(w, r)
			return
		}
		answering(200, "text/html; charset=utf-8", page)(w, r)
	}))
	t.Cleanup(server.Close)
	return server
}

func TestRelayPagePassesTheAnswerOnInARealBrowser(t *testing.T) {
	t.Parallel()
	server := relayServer(t)
	rc, err := oauth.Listen(oauth.ReceiverOptions{Page: texts})
	must(t, err)
	defer rc.Close()
	s := oauth.Server{AuthorizeURL: "https://provider.example/authorize", Captured: map[string]string{"realm": "callback:realmId"}}
	r, err := oauth.NewRelayedRequest(s, client(), server.URL+"/relink/", rc, nil, nil)
	must(t, err)
	rc.Finish(true) // beforehand, so that the browser finds the outcome at once
	shown := make(chan string, 1)
	go func() {
		shown <- chromium(t, answer(server.URL+"/relink/", "code", canaryCode, "state", r.State(), "realmId", "a b&c"))
	}()
	got, err := rc.Await(t.Context(), r)
	must(t, err)
	if got.Code.Reveal() != canaryCode || got.Told["realm"] != "a b&c" {
		t.Errorf("%+v", got)
	}
	if page := <-shown; !strings.Contains(page, texts.Success) || len(leaks(page)) > 0 {
		t.Errorf("the browser shows\n%s", page)
	}
}

func TestL11RelayPageLeadsNowhereElse(t *testing.T) {
	t.Parallel()
	server := relayServer(t)
	other := startEvil(t, "127.0.0.1") // nothing listens for a redirect here: it must not be asked
	port := strconv.Itoa(other.Addr().(*net.TCPAddr).Port)
	segment := strings.Repeat("a", 43)
	for name, query := range map[string]string{
		"two states": "state=relink1." + port + "." + segment + "." + segment + "&state=x",
		"a path":     "state=relink1." + port + ".../../" + segment + "." + segment,
		"in a frame": "frame",
	} {
		address := server.URL + "/relink/?" + query
		if query == "frame" {
			address = server.URL + "/frame?state=relink1." + port + "." + segment + "." + segment
		}
		page := chromium(t, address)
		if lost := strings.Contains(page, `<div id="lost">`) && strings.Contains(page, `<div id="on" hidden`); !lost && query != "frame" {
			t.Errorf("%s: the browser shows\n%s", name, page)
		}
	}
}

// FuzzRelayState holds the page's own pattern and address against any state.
func FuzzRelayState(f *testing.F) {
	page := relayPage(f)
	_, rest, _ := strings.Cut(page, "? /")
	source, _, _ := strings.Cut(rest, "/.exec(")
	pattern := regexp.MustCompile(source)
	segment := strings.Repeat("a", 43)
	f.Add("relink1.4711." + segment + "." + segment)
	f.Add("relink1.99999." + segment + "." + segment)
	f.Add("relink1.80@evil.example." + segment + "." + segment)
	f.Add("relink1.4711." + segment + "." + segment + "\n")
	f.Add("relink1.4711.//evil.example/." + segment)
	f.Fuzz(func(t *testing.T, state string) {
		found := pattern.FindStringSubmatch(state)
		if found == nil {
			return
		}
		u, err := url.Parse("http://127.0.0.1:" + found[1] + "/callback/" + found[2] + "?state=" + url.QueryEscape(state))
		if err != nil || u.Hostname() != "127.0.0.1" || u.User != nil || u.Path != "/callback/"+found[2] || len(found[2]) != 43 || strings.ContainsAny(state, "\r\n/@:?#\\") {
			t.Errorf("%q leads to %v (%v)", state, u, err)
		}
	})
}

// FuzzRelayedAnswer pastes anything where the answer to a relayed request is awaited.
func FuzzRelayedAnswer(f *testing.F) {
	f.Add("https://agency.example/relink/?code=a&state=STATE")
	f.Add("https://agency.example/relink?error=access_denied&state=STATE")
	f.Add("https://agency.example.evil.example/relink/?code=a&state=STATE")
	f.Add("LOCAL?code=a&state=STATE")
	rc, err := oauth.Listen(oauth.ReceiverOptions{})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = rc.Close() })
	f.Fuzz(func(t *testing.T, pasted string) {
		r, err := oauth.NewRelayedRequest(oauth.Server{AuthorizeURL: "https://provider.example/authorize"}, client(), relayURL, rc, nil, nil)
		must(t, err)
		genuine := strings.Contains(pasted, "STATE")
		c, err := oauth.ParsePasted(r, strings.NewReplacer("STATE", r.State(), "LOCAL", rc.RedirectURI()).Replace(pasted))
		if err == nil && (!genuine || c.Code.Empty() == (c.Error == "")) || err != nil && !c.Code.Empty() {
			t.Errorf("%q: %+v, %v", pasted, c, err)
		}
	})
}
