package monitor

import (
	"context"
	"sync"
	"time"

	"relink/backend/grant"
	"relink/backend/integration"
)

// renewalPause is how long a grant that wanted a renewal and got none is left alone, by this sweep.
const renewalPause = 5 * time.Minute

// renewDue renews the grants whose time has come, and returns how long none is due.
//
// A check renews what it needs, so this is for the grants that no check comes to in time: those that are
// checked less often than their tokens live, and those whose integrations are all paused, which are kept
// from dying of disuse and no more. It rides on the wheel
// that releases the checks, and looks at the stored times against the wall clock at each turn, so that a
// night's sleep or a changed clock delays nothing. Where a renewal shows that something is wrong, a
// check of one integration that uses the grant says what: the keeper gives it the same answer again.
func (m *Monitor) renewDue(ctx context.Context) time.Duration {
	due, wait := m.wantRenewal()
	var workers sync.WaitGroup
	places := make(chan struct{}, m.Workers)
	for _, user := range due {
		workers.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			m.renewFor(ctx, user)
		})
	}
	workers.Wait()
	return wait
}

// wantRenewal returns an integration for each grant that is due, one that is not paused where there is
// one, and how long no other is. What a timer may not offer any more is left out.
func (m *Monitor) wantRenewal() (due []Seen, wait time.Duration) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	now, wait := m.Now(), lookEvery
	users, latched := make(map[string]integration.Integration, len(m.grants)), map[string]bool{}
	for id, row := range m.rows {
		if known, ok := users[row.GrantID]; !ok || known.Paused {
			users[row.GrantID] = row
		}
		if m.states[id].Latched {
			latched[row.GrantID] = true
		}
	}
	for id, row := range users {
		g := m.grants[id]
		provider, _ := m.Providers(g.ProviderID)
		method, _ := provider.Method(g.Method)
		dueAt := grant.RenewAt
		if row.Paused {
			dueAt = grant.KeepAliveAt
		}
		at, ok := dueAt(g, method.Lifetime, now)
		switch {
		case !ok || latched[id] || now.Sub(m.unrenewed[id]).Abs() < renewalPause:
		case at.After(now):
			wait = min(wait, at.Sub(now))
		default:
			due = append(due, Seen{Integration: row, Grant: g})
		}
	}
	return due, wait
}

// renewFor renews the grant of one integration.
func (m *Monitor) renewFor(ctx context.Context, s Seen) {
	provider, err := m.provider(s.Integration)
	if err != nil {
		return // its checks say so
	}
	held, err := m.Grants.Fresh(ctx, grant.Use{Provider: provider, Settings: s.Integration.Settings}, s.Grant)
	m.know(held.Grant)
	if err == nil && held.Grant.Version > s.Grant.Version {
		return
	}
	m.mu.Lock()
	m.unrenewed[s.Grant.ID] = m.Now()
	m.mu.Unlock()
	if (err != nil || held.Grant.RenewalLost()) && !s.Integration.Paused && ctx.Err() == nil {
		m.Sweep(ctx, []string{s.Integration.ID}, Scheduled)
	}
}
