package oauth_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"relink/backend/oauth"
)

// chromium opens an address without a window, with more flags, and returns the page that it ends on.
func chromium(t *testing.T, address string, more ...string) string {
	t.Helper()
	program := os.Getenv("RELINK_CHROMIUM")
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if found, err := exec.LookPath(name); program == "" && err == nil {
			program = found
		}
	}
	if program == "" {
		t.Fatal("no Chromium: run build/setup.sh test")
	}
	home := t.TempDir()
	flags := append(more, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--no-first-run",
		"--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1", "--ignore-certificate-errors", "--user-data-dir="+filepath.Join(home, "profile"), "--timeout=20000", "--dump-dom", address)
	cmd := exec.CommandContext(t.Context(), program, flags...)
	cmd.Env = append(os.Environ(), "HOME="+home)
	cmd.WaitDelay = 2 * time.Second
	page, err := cmd.Output()
	if err != nil && len(page) == 0 {
		t.Fatalf("Chromium: %v", err)
	}
	return string(page)
}

// observer is a proxy that passes requests to this computer on, and notes them all.
type observer struct {
	mu   sync.Mutex
	seen []*http.Request
}

func (o *observer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	o.seen = append(o.seen, r)
	o.mu.Unlock()
	if r.Method == http.MethodConnect || r.URL.Hostname() != "127.0.0.1" {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	out := r.Clone(r.Context())
	out.RequestURI = ""
	res, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(out)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	defer res.Body.Close()
	for name, values := range res.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(res.StatusCode)
	_, _ = io.Copy(w, res.Body)
}

func TestL10BrowserEndsOnACleanAddressAndAsksNobodyElse(t *testing.T) {
	t.Parallel()
	for name, pairs := range map[string][]string{
		"a code":       {"code", canaryCode},
		"a hostile no": {"error", "access_denied", "error_description", "<img src=http://127.0.0.2/x onerror=alert(1)>" + canaryCode},
	} {
		rc, err := oauth.Listen(oauth.ReceiverOptions{Page: texts})
		must(t, err)
		r, err := oauth.NewRequest(oauth.Server{AuthorizeURL: "https://provider.example/authorize"}, client(), rc.RedirectURI(), nil, nil)
		must(t, err)
		rc.Finish(true) // beforehand, so that the browser finds the outcome at once
		watch := &observer{}
		proxy := httptest.NewServer(watch)
		shown := make(chan string, 1)
		go func() {
			shown <- chromium(t, answer(rc.RedirectURI(), append(pairs, "state", r.State())...), "--proxy-server="+proxy.URL, "--proxy-bypass-list=<-loopback>")
		}()
		_, err = rc.Await(t.Context(), r)
		must(t, err)
		page := <-shown
		_ = rc.Close()
		proxy.Close()
		if !strings.Contains(page, texts.Success) || strings.Contains(page, "CNRY") {
			t.Errorf("%s: the browser shows\n%s", name, page)
		}
		var asked []string
		for _, r := range watch.seen { // the browser's own look-ups for itself are among them
			redirect := strings.HasPrefix("http://"+r.URL.Host+r.URL.Path, rc.RedirectURI())
			if !redirect && strings.Contains(r.URL.String()+r.Referer(), "CNRY") || r.URL.Hostname() == "127.0.0.2" {
				t.Errorf("%s: the browser asked for %s, sent by %q", name, r.URL, r.Referer())
			}
			if r.URL.Hostname() == "127.0.0.1" && r.URL.Path != "/favicon.ico" {
				asked = append(asked, strings.Split(r.URL.Path, "/")[1])
			}
		}
		if len(asked) < 2 || asked[0] != "callback" || slices.Contains(asked[1:], "callback") || !slices.Contains(asked, "done") {
			t.Errorf("%s: the browser went to %v", name, asked)
		}
	}
}
