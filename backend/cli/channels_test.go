package cli_test

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"relink/backend/alert"
	"relink/backend/cli"
	"relink/backend/integration"
	"relink/backend/secret"
	"relink/build/canary"
)

// sinkSecret is the part of a webhook's address that is a password.
const sinkSecret = "CNRY-sink-5e1f7a90c2"

// sink gives a script a webhook: its address in sink.address, one that is gone in gone.address, and what
// arrived in sink.log.
func sink(e *testscript.Env, data string) error {
	log := filepath.Join(e.WorkDir, "sink.log")
	var mu sync.Mutex
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/gone/") {
			w.WriteHeader(http.StatusGone)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		f, err := os.OpenFile(log, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err == nil {
			_, err = io.Copy(f, r.Body)
			_, _ = f.WriteString("\n")
			_ = f.Close()
		}
		if err != nil {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	e.Defer(server.Close)
	e.Defer(func() {
		t, ok := e.T().(interface{ Errorf(string, ...any) })
		found, err := holds(data, sinkSecret)
		if !ok || err != nil || len(found) > 0 {
			t.Errorf("S-1: a channel's secret lies in %v (%v)", found, err)
		}
	})
	for name, path := range map[string]string{"sink.address": "/in/", "gone.address": "/gone/"} {
		if err := os.WriteFile(filepath.Join(e.WorkDir, name), []byte(server.URL+path+sinkSecret+"\n"), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// holds lists the files below a folder that hold a secret, in any of its forms.
func holds(folder, secret string) ([]string, error) {
	var found []string
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		if form := canary.Find(content, secret); form != "" {
			found = append(found, path+" ("+form+")")
		}
		return err
	})
	return found, err
}

// safeBuffer is a log that several goroutines write.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) bytes() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return bytes.Clone(s.b.Bytes())
}

// told waits for the message about what broke.
func told(t *testing.T, arrived <-chan string) {
	t.Helper()
	for limit := time.After(30 * time.Second); ; {
		select {
		case got := <-arrived: // of the sample integrations another one is broken from the start
			if !strings.Contains(got, `"type":"incident.broken"`) || strings.Contains(got, "ana@shop.example") {
				t.Errorf("told: %s", got)
			}
			if strings.Contains(got, "Sample Shop") {
				return
			}
		case <-limit:
			t.Fatal("the channel was not told")
		}
	}
}

// TestW7S1ChannelIsToldAndItsSecretIsNowhere runs the window's parts from the break to the notice, with the
// most talkative log, and then looks for the secret.
func TestW7S1ChannelIsToldAndItsSecretIsNowhere(t *testing.T) {
	arrived := make(chan string, 10)
	broken := make(chan struct{})
	var tries atomic.Int32
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		select {
		case <-broken: // a later message is refused: its failure is stored and shown
			w.Header().Set("Location", "http://127.0.0.1:1/"+sinkSecret)
			w.WriteHeader(http.StatusTemporaryRedirect)
		default:
			if strings.Contains(string(body), "Sample Shop") && tries.Add(1) == 1 {
				w.WriteHeader(http.StatusServiceUnavailable) // the first try is logged, and repeated
			}
		}
		arrived <- string(body)
	}))
	defer receiver.Close()
	var mu sync.Mutex
	ahead := time.Duration(0)
	now := func() time.Time { mu.Lock(); defer mu.Unlock(); return time.Now().Add(ahead) }
	log := &safeBuffer{}
	var notices []alert.Notice
	desk := cli.NewDesk(cli.DeskOptions{
		Window:  cli.WindowOptions{Sample: true, Lang: "en", Log: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))},
		Version: "test", Now: now,
		Speaker: alert.Speaker{Show: func(n alert.Notice) error { notices = append(notices, n); return nil }, Withdraw: func(string) error { return nil }},
	})
	desk.Open(t.Context())
	p, err := desk.Parts()
	check(t, err)
	secrets := secret.Fields{"url": secret.New(receiver.URL + "/" + sinkSecret), "signing_secret": secret.New("whsec_" + sinkSecret)}
	added, err := p.AddChannel(t.Context(), integration.ChannelWebhook, "Ops", nil, secrets)
	check(t, err)
	if got := <-arrived; !strings.Contains(got, `"type":"test"`) {
		t.Errorf("the test message is %s", got)
	}
	desk.Watch(t.Context())
	resting, err := p.ByName(t.Context(), "Sample Analytics")
	check(t, err)
	check(t, p.Rest(t.Context(), resting.ID, string(integration.RestMuted), 0))
	p.World.Service("sample-analytics").Revoke()
	p.World.Service("sample-shop").Revoke()
	_, err = p.CheckAll(t.Context())
	check(t, err)
	for minutes := range 2 { // the first time it is refused, and tried again
		mu.Lock()
		ahead += time.Duration(5*(minutes+1)) * time.Minute
		mu.Unlock()
		_, err = p.CheckAll(t.Context())
		check(t, err) // wakes whoever tells
		told(t, arrived)
	}
	close(broken)
	if problems := integration.Problems(p.TestChannel(t.Context(), "ops")); len(problems) != 1 || problems[0].Code != "channel_refused" {
		t.Errorf("a redirect is %v", problems)
	}
	shown, err := p.Channels(t.Context())
	check(t, err)
	if len(shown) != 1 || shown[0].Failure != integration.DeliveryRefused {
		t.Errorf("the failure is not shown: %+v", shown)
	}
	if found, err := holds(p.DataDir, sinkSecret); err != nil || len(found) > 0 {
		t.Errorf("S-1: the secret lies in %v (%v)", found, err)
	}
	desk.Close()
	close(arrived)
	for got := range arrived {
		if strings.Contains(got, resting.Name) {
			t.Errorf("told of a muted integration: %s", got)
		}
	}
	for what, content := range map[string]string{"the log": string(log.bytes()), "a notice": fmt.Sprintf("%+v", notices), "the view": fmt.Sprintf("%+v %+v", added, shown)} {
		if form := canary.Find([]byte(content), sinkSecret); form != "" {
			t.Errorf("S-1: %s holds the secret (%s)", what, form)
		}
	}
	if len(log.bytes()) == 0 {
		t.Error("nothing was logged: this proves nothing")
	}
}

func TestAddChannelKeepsNothingThatDoesNotWork(t *testing.T) {
	gone := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) }))
	defer gone.Close()
	p, err := cli.Open(t.Context(), cli.Options{DataDir: t.TempDir(), Memory: true, Log: slog.New(slog.DiscardHandler), Now: time.Now, Lang: "en"})
	check(t, err)
	defer p.Close()
	for _, tc := range []struct {
		kind    string
		name    string
		values  map[string]string
		secrets map[string]string
		want    string
	}{
		{"webhook", "A", nil, map[string]string{"url": gone.URL + "/x"}, "url: channel_refused"},
		{"webhook", "A", nil, map[string]string{"url": "http://shop.example/x"}, "url: channel_address"},
		{"webhook", "A", nil, nil, "url: required"},
		{"webhook", "", map[string]string{"nonsense": "1"}, map[string]string{"url": gone.URL}, "nonsense: setting_unknown; name: required"},
		{"slack", "A", nil, nil, "url: channel_slack_one"},
		{"slack", "A", nil, map[string]string{"token": "xoxb-1"}, "channel: required"},
		{"email", "A", map[string]string{"host": "smtp.example", "from": "ana", "to": "joe@shop.example"}, nil, "from: mail_address"},
		{"telegram", "A", map[string]string{"chat": "1"}, map[string]string{"token": "no/token"}, "token: channel_token"},
		{"pigeon", "A", nil, nil, "kind: channel_kind"},
	} {
		secrets := secret.Fields{}
		for id, value := range tc.secrets {
			secrets[id] = secret.New(value)
		}
		_, err := p.AddChannel(t.Context(), integration.ChannelKind(tc.kind), tc.name, tc.values, secrets)
		if err == nil || err.Error() != tc.want {
			t.Errorf("%s: %v, want %s", tc.kind, err, tc.want)
		}
	}
	all, err := p.Channels(t.Context())
	if err != nil || len(all) != 0 {
		t.Errorf("kept %+v, %v", all, err)
	}
}
