package monitor

import (
	"context"
	"sync"
	"time"

	"relink/backend/catalog"
	"relink/backend/integration"
)

// The times within which what is known of others counts.
const (
	healthMemory  = 5 * time.Minute  // one look at a status page serves all checks that ask
	fellowsMemory = 20 * time.Minute // a check of another integration is still news
)

// enoughKin is how many integrations of one provider are asked how they fare.
const enoughKin = 100

// health answers what providers say of their own health. An outage makes many checks fail
// together, so one look at each page serves them all.
type health struct {
	ask func(ctx context.Context, page catalog.StatusPage) integration.Health
	now func() time.Time

	mu    sync.Mutex
	known map[string]*asked // by address and product
}

type asked struct {
	mu     sync.Mutex // held while the page is fetched
	answer integration.Health
}

// current returns a recent answer, or asks.
func (h *health) current(ctx context.Context, page catalog.StatusPage) integration.Health {
	h.mu.Lock()
	a, ok := h.known[page.URL+" "+page.Product]
	if !ok {
		a = &asked{}
		h.known[page.URL+" "+page.Product] = a
	}
	h.mu.Unlock()
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.answer.State == integration.HealthUnasked || h.now().Sub(a.answer.At) > healthMemory {
		a.answer = h.ask(ctx, page)
	}
	return a.answer
}

// wantsHealth says whether the provider's own word may explain what was seen: no answer from a host of
// its own, an answer of trouble, or a refusal that nothing explains.
func wantsHealth(e integration.Evidence) bool {
	switch {
	case e.Stage == integration.StageDone, e.Vault != integration.VaultOK, e.Online == integration.OnlineNo, e.Online == integration.OnlineCaptive:
		return false
	case e.Network == integration.NetworkDenied, e.Network == integration.NetworkProxy, e.OAuthError == "invalid_grant":
		return false
	}
	return e.Meaning == integration.MeaningNone || e.Meaning == integration.MeaningServiceDown || e.Meaning == integration.MeaningRateLimited
}

// fellows counts how the other integrations of the same provider fare. Those that share the grant
// share its fate and tell nothing.
func (m *Monitor) fellows(s *Seen) integration.Fellows {
	m.mu.RLock()
	defer m.mu.RUnlock()
	var f integration.Fellows
	for _, id := range m.kin[s.Integration.ProviderID] {
		row, state := m.rows[id], m.states[id]
		if row.ID == s.Integration.ID || row.GrantID == s.Integration.GrantID || row.Paused || m.Now().Sub(state.CheckedAt) > fellowsMemory {
			continue
		}
		failing := state.Finding.Verdict == integration.VerdictFailing
		if account := m.grants[row.GrantID].Account.ID; account != "" && account == s.Grant.Account.ID {
			f.Mates++
			if failing {
				f.MatesFailing++
			}
			continue
		}
		f.Others++
		if failing && !state.Finding.Definitive {
			f.OthersFailing++
		}
	}
	return f
}

// sameIssuer counts the hosts for which one untrusted issuer's certificate was shown within the last minutes: by
// one for many it is a proxy, or a security program, that opens the connections of this network.
func (m *Monitor) sameIssuer(e integration.Evidence) int {
	if e.Network != integration.NetworkTLSIssuer || e.Certificate.Issuer == "" {
		return 0
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	hosts := map[string]bool{e.Host: true}
	for _, state := range m.states {
		seen := state.Evidence
		if seen.Network == e.Network && seen.Certificate.Issuer == e.Certificate.Issuer && m.Now().Sub(state.CheckedAt) <= fellowsMemory {
			hosts[seen.Host] = true
		}
	}
	return len(hosts)
}
