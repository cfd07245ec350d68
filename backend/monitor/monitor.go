// Package monitor answers how every integration is doing: it checks them, on request and on
// schedule, and keeps the last known truth.
//
// # Why
// A check must cost little more than its request. So the rows and states are held in memory and
// read again only when the store says that something changed, results are written in batches, and
// the clock wakes the process when something is due instead of every second.
package monitor

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"relink/backend/catalog"
	"relink/backend/grant"
	"relink/backend/integration"
	"relink/backend/probe"
)

// Store is what the monitor remembers.
type Store interface {
	Integrations(ctx context.Context) ([]integration.Integration, error)
	Grants(ctx context.Context) (map[string]integration.Grant, error)
	States(ctx context.Context) (map[string]integration.State, error)
	// DataVersion changes when another process wrote.
	DataVersion(ctx context.Context) (int64, error)
	Record(ctx context.Context, batch []integration.Checked) error
	Edit(ctx context.Context, i integration.Integration, act integration.Act) error
	SetHostKeys(ctx context.Context, id, lines string, act integration.Act) error
	Remove(ctx context.Context, id string, act integration.Act) (orphan *integration.Grant, err error)
	// ActedSince says whether somebody did something about an integration or its grant.
	ActedSince(ctx context.Context, id string, since time.Time) (bool, error)
	SetRests(ctx context.Context, id string, rests []integration.Rest, act integration.Act) error
	SetAsked(ctx context.Context, id string, asked integration.Asked, act integration.Act) error
	RemindAsked(ctx context.Context, id string, known integration.Asked, a integration.Alert) error
	ReadOnly() bool
}

// Grants hands out the secrets of a grant.
type Grants interface {
	Fresh(ctx context.Context, u grant.Use, known integration.Grant) (grant.Held, error)
	Renew(ctx context.Context, u grant.Use, held grant.Held) (grant.Held, error)
	Forget(ctx context.Context, g integration.Grant) error
}

// Events are told after the fact, off the checking path. Nil funcs are not called.
type Events struct {
	Checking func(id string) // a check began
	Changed  func(id string) // a result was recorded, or the integration was edited; "" for many at once
}

// Options are the parts a Monitor works with.
type Options struct {
	Store     Store
	Grants    Grants
	Providers func(id string) (catalog.Provider, bool)
	Prober    *probe.Prober
	// Landmarks are hosts of several unrelated providers; when none answers, this computer is offline.
	Landmarks []string
	Events    Events
	Log       *slog.Logger
	Now       func() time.Time
	Workers   int // checks at once; 50 when 0
}

// Monitor checks integrations and keeps their states.
type Monitor struct {
	Options
	online  *network
	health  *health
	results *recorder

	mu      sync.RWMutex
	rows    map[string]integration.Integration
	kin     map[string][]string // ids by provider, enoughKin of each
	grants  map[string]integration.Grant
	states  map[string]integration.State
	running map[string]chan struct{} // closed when that integration's check ends
	// unrenewed is when a grant that was due could not be renewed.
	unrenewed map[string]time.Time
	version   int64
	due       dueHeap
	wake      chan struct{}
}

// New returns a Monitor; Load must be called before anything else.
func New(o Options) *Monitor {
	if o.Workers == 0 {
		o.Workers = 50
	}
	m := &Monitor{Options: o, running: map[string]chan struct{}{}, unrenewed: map[string]time.Time{}, wake: make(chan struct{}, 1)}
	m.online = &network{ask: func(ctx context.Context) integration.Online { return o.Prober.Online(ctx, o.Landmarks) }, now: o.Now}
	m.health = &health{ask: o.Prober.Health, now: o.Now, known: map[string]*asked{}}
	m.results = &recorder{store: o.Store, log: o.Log, done: m.recorded, running: m.underWay, hurry: make(chan struct{}, 1)}
	return m
}

// Load reads everything from the store.
func (m *Monitor) Load(ctx context.Context) error {
	version, err := m.Store.DataVersion(ctx)
	if err != nil {
		return fmt.Errorf("read the store's version: %w", err)
	}
	rows, err := m.Store.Integrations(ctx)
	if err != nil {
		return fmt.Errorf("read the integrations: %w", err)
	}
	grants, err := m.Store.Grants(ctx)
	if err != nil {
		return fmt.Errorf("read the grants: %w", err)
	}
	states, err := m.Store.States(ctx)
	if err != nil {
		return fmt.Errorf("read the states: %w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.version, m.grants, m.states = version, grants, states
	m.rows = make(map[string]integration.Integration, len(rows))
	m.kin = map[string][]string{}
	for _, row := range rows {
		m.rows[row.ID] = row
		if kin := m.kin[row.ProviderID]; len(kin) < enoughKin {
			m.kin[row.ProviderID] = append(kin, row.ID)
		}
	}
	m.due.rebuild(m.rows, m.states)
	return nil
}

// Refresh loads again when another process wrote, and says whether it did.
func (m *Monitor) Refresh(ctx context.Context) (bool, error) {
	version, err := m.Store.DataVersion(ctx)
	if err != nil {
		return false, fmt.Errorf("read the store's version: %w", err)
	}
	m.mu.RLock()
	same := version == m.version
	m.mu.RUnlock()
	if same {
		return false, nil
	}
	m.results.wait()
	return true, m.Load(ctx)
}

// Seen is one integration with everything that is known about it.
type Seen struct {
	Integration integration.Integration
	Grant       integration.Grant
	State       integration.State
	Checking    bool
}

// All returns what is known about every integration, in no order.
func (m *Monitor) All() []Seen {
	m.mu.RLock()
	defer m.mu.RUnlock()
	all := make([]Seen, 0, len(m.rows))
	for id := range m.rows {
		all = append(all, m.seen(id))
	}
	return all
}

// Where returns what is known about the integrations that keep chooses, in no order. Of a thousand, few
// are copied.
func (m *Monitor) Where(keep func(integration.Integration) bool) []Seen {
	m.mu.RLock()
	defer m.mu.RUnlock()
	var kept []Seen
	for id, row := range m.rows {
		if keep(row) {
			kept = append(kept, m.seen(id))
		}
	}
	return kept
}

// One returns what is known about one integration, or integration.ErrNotFound.
func (m *Monitor) One(id string) (Seen, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if _, ok := m.rows[id]; !ok {
		return Seen{}, integration.ErrNotFound
	}
	return m.seen(id), nil
}

// underWay counts the checks that are running.
func (m *Monitor) underWay() int {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return len(m.running)
}

// seen gathers one integration; the caller holds the lock.
func (m *Monitor) seen(id string) Seen {
	row := m.rows[id]
	_, checking := m.running[id]
	known := Seen{Integration: row, Grant: m.grants[row.GrantID], State: m.states[id], Checking: checking}
	if given := known.Grant.DisconnectedAt; !given.IsZero() && known.State.CheckedAt.Before(given) {
		// Given back since the last check, by a process that ended before it could check: what that check
		// found is no longer so.
		known.State.Status, known.State.Finding = integration.StatusPaused, integration.Finding{}
	}
	return known
}

// Offline says whether the last look found this computer without a network.
func (m *Monitor) Offline() bool { return m.online.offline() }
