package monitor

import (
	"context"
	"time"

	"relink/backend/integration"
)

// RenewDue is a turn of the sweep that renews grants.
func (m *Monitor) RenewDue(ctx context.Context) time.Duration { return m.renewDue(ctx) }

// Remember makes the states the last known ones.
func Remember(m *Monitor, states map[string]integration.State) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.states = states
}

// SameIssuer counts the hosts that share the evidence's untrusted issuer.
func SameIssuer(m *Monitor, e integration.Evidence) int { return m.sameIssuer(e) }
