package cli_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"relink/backend/cli"
	"relink/backend/integration"
	"relink/backend/view"
)

func TestRelayIsTestedAndKept(t *testing.T) {
	page, err := os.ReadFile(filepath.FromSlash("../../build/relay/index.html"))
	check(t, err)
	site := http.NewServeMux()
	serve := func(path string, status int, body []byte) {
		site.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.WriteHeader(status)
			_, _ = w.Write(body)
		})
	}
	serve("/relay/", http.StatusOK, page)
	serve("/other/", http.StatusOK, append(page, '!'))
	serve("/away/", http.StatusFound, nil)
	server := httptest.NewServer(site)
	defer server.Close()
	p, err := cli.Open(t.Context(), cli.Options{DataDir: t.TempDir(), Memory: true, Log: slog.New(slog.DiscardHandler), Now: time.Now, Lang: "en"})
	check(t, err)
	defer p.Close()
	for address, code := range map[string]string{
		server.URL + "/relay/": "", server.URL + "/other/": "relay_other_page", server.URL + "/away/": "relay_status",
		"http://127.0.0.1:1/": "relay_unreachable", "http://agency.example/": "url_not_https", "": "required", "agency": "url_invalid",
	} {
		got := ""
		if problems := integration.Problems(p.CheckRelay(t.Context(), address)); len(problems) > 0 {
			got = problems[0].Code
		}
		if got != code {
			t.Errorf("%s: got %q, want %q", address, got, code)
		}
	}
	v, err := p.Preferences(t.Context())
	check(t, err)
	v.Relay = " " + server.URL + "/relay/ "
	check(t, p.SetPreferences(t.Context(), v))
	kept, err := p.Preferences(t.Context())
	check(t, err)
	if kept.Relay != server.URL+"/relay/" {
		t.Errorf("kept %q", kept.Relay)
	}
	v.Relay = "http://agency.example/"
	if err := p.SetPreferences(t.Context(), v); len(integration.Problems(err)) != 1 {
		t.Errorf("an address without encryption: %v", err)
	}
	var shopify view.Provider
	for _, card := range p.ProviderViews() {
		if card.ID == "shopify" {
			shopify = card
		}
	}
	found := false
	for _, m := range shopify.Methods {
		found = found || m.App != nil && slices.Equal(m.App.RedirectURIs, []string{kept.Relay})
	}
	if !found {
		t.Errorf("the card does not name the relay to register: %+v", shopify.Methods)
	}
}
