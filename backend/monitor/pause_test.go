package monitor_test

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"relink/backend/catalog"
	"relink/backend/commerce"
	"relink/backend/grant"
	"relink/backend/integration"
	"relink/backend/monitor"
	"relink/backend/oauth"
	"relink/backend/probe"
	"relink/backend/sandbox"
	"relink/backend/secret"
	"relink/backend/store"
)

// program is one process over a shared data folder and an account of Commerce Intelligence.
func program(t *testing.T, dir string, vault secret.Vault, w *sandbox.Warehouse, now func() time.Time) (*monitor.Monitor, *store.Store) {
	t.Helper()
	s, err := store.Open(t.Context(), dir, store.Options{Now: now})
	check(t, err)
	t.Cleanup(func() { _ = s.Close() })
	all, err := catalog.Load(t.TempDir())
	check(t, err)
	p, _ := all.Provider(commerce.ProviderID)
	h := *p.Probe.HTTP
	h.URL = strings.Replace(h.URL, "https://api.rjmetrics.com/0.1", w.URL, 1)
	p.Probe.HTTP, p.Own, p.OwnHost = &h, true, true
	m := monitor.New(monitor.Options{
		Store: s, Grants: grant.New(s, vault, oauth.NewExchange(nil, now), filepath.Join(dir, "locks"), now),
		Providers: func(id string) (catalog.Provider, bool) { return p, id == p.ID },
		Prober:    probe.New(probe.Options{Now: now, More: map[string]func([]byte, *integration.Evidence){commerce.ProviderID: commerce.Read}}),
		Log:       slog.New(slog.DiscardHandler), Now: now,
	})
	return m, s
}

func TestAnAccountIsAskedOnceAMinuteByAllProgramsTogether(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	w, err := sandbox.StartWarehouse(context.Background(), clock)
	check(t, err)
	t.Cleanup(func() { _ = w.Close() })
	w.Finish("Completed Successfully", now.Add(-time.Hour))
	dir, vault := t.TempDir(), secret.NewMemory()
	window, s := program(t, dir, vault, w, clock)
	g := integration.Grant{ID: "grt_1", ProviderID: commerce.ProviderID, Method: integration.MethodAPIKey, Version: 1, ObtainedAt: now.Add(-time.Hour)}
	check(t, vault.Set(t.Context(), g.VaultKey(), secret.Seal(secret.Fields{"api_key": secret.New(w.Key)})))
	row := integration.Integration{ID: "int_1", ProviderID: commerce.ProviderID, Name: "CI", Settings: map[string]string{"client_id": "194"}, Interval: time.Minute, GrantID: g.ID}
	check(t, s.Add(t.Context(), row, g, integration.State{IntegrationID: row.ID}, integration.Act{What: "added"}))
	ask := func(m *monitor.Monitor) integration.State {
		t.Helper()
		check(t, m.Load(t.Context()))
		st, err := m.Check(t.Context(), row.ID, monitor.Asked)
		var soon monitor.TooSoonError
		if errors.As(err, &soon) {
			seen, found := m.One(row.ID)
			if found != nil || !soon.Answered || !soon.Until.Equal(seen.State.CheckedAt.Add(time.Minute)) {
				t.Errorf("%+v, %v", soon, found)
			}
			st, err = seen.State, nil
		}
		check(t, err)
		if st.Status != integration.StatusConnected {
			t.Fatalf("%s: %+v", st.Status, st.Finding)
		}
		return st
	}
	first := ask(window)
	now = now.Add(20 * time.Second)
	terminal, _ := program(t, dir, vault, w, clock)
	if again := ask(terminal); !again.CheckedAt.Equal(first.CheckedAt) || w.Requests() != 1 {
		t.Errorf("asked again within the minute: checked at %s, %d requests", again.CheckedAt, w.Requests())
	}
	now = now.Add(40 * time.Second)
	ask(terminal)
	if w.Requests() != 2 {
		t.Errorf("%d requests after a minute", w.Requests())
	}
	cycles, err := s.Cycles(t.Context())
	check(t, err)
	if c := cycles[row.ID]; c.Cycle.State != "Completed Successfully" || !c.AskedAt.Equal(now) {
		t.Errorf("kept: %+v", c)
	}
}
