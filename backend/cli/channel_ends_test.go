package cli_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"relink/backend/alert"
	"relink/backend/cli"
	"relink/backend/integration"
	"relink/backend/secret"
)

// A login that comes to its last day while the window's parts run is told through a channel, once.
func TestAChannelHearsOfALoginThatEndsTomorrow(t *testing.T) {
	arrived := make(chan string, 10)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		arrived <- string(body)
	}))
	defer receiver.Close()
	var mu sync.Mutex
	ahead := time.Duration(0)
	now := func() time.Time { mu.Lock(); defer mu.Unlock(); return time.Now().Add(ahead) }
	desk := cli.NewDesk(cli.DeskOptions{
		Window: cli.WindowOptions{Sample: true, Lang: "en", Log: slog.New(slog.DiscardHandler)}, Version: "test", Now: now,
		Speaker: alert.Speaker{Show: func(alert.Notice) error { return nil }, Withdraw: func(string) error { return nil }},
	})
	desk.Open(t.Context())
	defer desk.Close()
	p, err := desk.Parts()
	check(t, err)
	_, err = p.AddChannel(t.Context(), integration.ChannelWebhook, "Ops", nil, secret.Fields{"url": secret.New(receiver.URL)})
	check(t, err)
	<-arrived // the test message
	for name, left := range map[string]time.Duration{"Ends": 24*time.Hour + 30*time.Minute, "Later": 40 * 24 * time.Hour} {
		g := integration.Grant{ID: "grt_" + name, ProviderID: "sample-shop", Method: integration.MethodAPIKey, Version: 1, ObtainedAt: now().AddDate(0, 0, -30), ExpiresAt: now().Add(left)}
		row := integration.Integration{ID: "int_" + name, ProviderID: "sample-shop", Name: "Login " + name, Interval: 24 * time.Hour, GrantID: g.ID}
		check(t, p.Store.Add(t.Context(), row, g, integration.State{IntegrationID: row.ID}, integration.Act{}))
	}
	check(t, p.Monitor.Load(t.Context()))
	desk.Watch(t.Context())
	later := func() {
		mu.Lock()
		ahead += time.Hour
		mu.Unlock()
		check(t, p.CheckAll(t.Context())) // wakes whoever tells
	}
	later()
	ends := func(wait time.Duration) int {
		told := 0
		for limit := time.After(wait); ; {
			select {
			case got := <-arrived: // of the sample integrations some are broken
				if strings.Contains(got, "login.ends") {
					told++
				}
				if strings.Contains(got, "Login Later") || strings.Contains(got, "login.ends") && !strings.Contains(got, "Login Ends needs you soon") {
					t.Errorf("told: %s", got)
				}
			case <-limit:
				return told
			}
			if told > 0 && wait > 10*time.Second {
				return told
			}
		}
	}
	if ends(30*time.Second) != 1 {
		t.Fatal("the channel was not told")
	}
	later()
	if again := ends(time.Second); again != 0 {
		t.Errorf("told again %d times", again)
	}
}
