package monitor

import (
	"cmp"
	"container/heap"
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"relink/backend/integration"
)

// The clock of the schedule: due checks are released together once a second, other processes'
// writes are noticed within lookEvery, and a clock that jumped (sleep, a changed time) is noticed as soon.
const (
	wheel     = time.Second
	lookEvery = 5 * time.Second
)

// dueHeap is the times at which integrations are due, the next one first.
type dueHeap struct {
	items   []*dueItem
	planned map[string]*dueItem
}

type dueItem struct {
	id string
	at time.Time
	i  int // in items
}

// Len, Less, Swap, Push and Pop are container/heap's.
func (h *dueHeap) Len() int           { return len(h.items) }
func (h *dueHeap) Less(a, b int) bool { return h.items[a].at.Before(h.items[b].at) }
func (h *dueHeap) Swap(a, b int) {
	h.items[a], h.items[b] = h.items[b], h.items[a]
	h.items[a].i, h.items[b].i = a, b
}
func (h *dueHeap) Push(x any) {
	item, _ := x.(*dueItem)
	item.i = len(h.items)
	h.items = append(h.items, item)
	h.planned[item.id] = item
}
func (h *dueHeap) Pop() any {
	last := h.items[len(h.items)-1]
	h.items = h.items[:len(h.items)-1]
	delete(h.planned, last.id)
	return last
}

// rebuild plans all integrations anew. One that was never checked is due at once.
func (h *dueHeap) rebuild(rows map[string]integration.Integration, states map[string]integration.State) {
	h.items, h.planned = nil, make(map[string]*dueItem, len(rows))
	for id, row := range rows {
		s, known := states[id]
		if row.Paused || s.Latched {
			continue
		}
		if !known || !s.DueAt.IsZero() || s.CheckedAt.IsZero() {
			heap.Push(h, &dueItem{id: id, at: s.DueAt})
		}
	}
}

// set plans one integration; a zero time takes it out.
func (h *dueHeap) set(id string, at time.Time) {
	item, planned := h.planned[id]
	switch {
	case at.IsZero() && planned:
		heap.Remove(h, item.i)
	case at.IsZero():
	case planned:
		item.at = at
		heap.Fix(h, item.i)
	default:
		heap.Push(h, &dueItem{id: id, at: at})
	}
}

// Run checks what is due until ctx ends, and waits for the checks it started. Everything that was
// not checked within the last minute is checked at the start.
func (m *Monitor) Run(ctx context.Context) {
	m.Sweep(ctx, m.stale(wheel*60), Scheduled)
	timer := time.NewTimer(0)
	defer timer.Stop()
	defer m.results.wait()
	for {
		select {
		case <-ctx.Done():
			return
		case <-m.wake:
		case <-timer.C:
		}
		if changed, err := m.Refresh(ctx); err != nil && ctx.Err() == nil {
			m.Log.Error("store not read", "error", err)
		} else if changed && m.Events.Changed != nil {
			m.Events.Changed("")
		}
		m.Sweep(ctx, m.dueNow(), Scheduled)
		renewal := m.renewDue(ctx)
		timer.Reset(min(m.pause(), renewal.Truncate(wheel)+wheel))
	}
}

// pause is how long nothing is due, rounded up to the wheel.
func (m *Monitor) pause() time.Duration {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if len(m.due.items) == 0 {
		return lookEvery
	}
	wait := m.due.items[0].at.Sub(m.Now())
	return min(max(wait.Truncate(wheel)+wheel, wheel), lookEvery)
}

// dueNow returns what is due.
func (m *Monitor) dueNow() []string {
	m.mu.RLock()
	defer m.mu.RUnlock()
	now := m.Now()
	var due []string
	for _, item := range m.due.items {
		if !item.at.After(now) {
			due = append(due, item.id)
		}
	}
	return due
}

// stale returns what a timer may check and was not checked within d.
func (m *Monitor) stale(d time.Duration) []string {
	m.mu.RLock()
	defer m.mu.RUnlock()
	var stale []string
	for id, row := range m.rows {
		if s := m.states[id]; !row.Paused && !s.Latched && m.Now().Sub(s.CheckedAt) > d {
			stale = append(stale, id)
		}
	}
	return stale
}

// inOrder puts those of one provider and host together, so that connections are used again, and within
// them those that were made together, so that a batch of results lies on few pages of the store.
func (m *Monitor) inOrder(ids []string) []string {
	type place struct{ provider, host, id string }
	places := make([]place, len(ids))
	m.mu.RLock()
	for i, id := range ids {
		row := m.rows[id]
		places[i] = place{row.ProviderID, row.Settings["host"], id}
	}
	m.mu.RUnlock()
	slices.SortFunc(places, func(a, b place) int {
		return cmp.Or(strings.Compare(a.provider, b.provider), strings.Compare(a.host, b.host), strings.Compare(a.id, b.id))
	})
	ordered := make([]string, len(ids))
	for i, p := range places {
		ordered[i] = p.id
	}
	return ordered
}

// Sweep checks the given integrations, Workers at once, and returns when all results are stored.
// Our own trouble with one of them is returned by its id.
func (m *Monitor) Sweep(ctx context.Context, ids []string, why Why) map[string]error {
	if len(ids) == 0 {
		return nil
	}
	var (
		mu      sync.Mutex
		failed  = map[string]error{}
		workers sync.WaitGroup
		stored  sync.WaitGroup
		queue   = make(chan string)
	)
	note := func(id string, err error) {
		if err != nil {
			mu.Lock()
			failed[id] = err
			mu.Unlock()
		}
	}
	for range min(m.Workers, len(ids)) {
		workers.Go(func() {
			for id := range queue {
				stored.Add(1)
				if err := m.start(ctx, id, why, func(err error) { note(id, err); stored.Done() }); err != nil {
					note(id, err)
					stored.Done()
				}
			}
		})
	}
	// Not by the caller: a desktop's main goroutine is bound to its thread, and each hand-over would wake that thread.
	workers.Go(func() { feed(ctx, queue, m.inOrder(ids)) })
	workers.Wait()
	m.results.flush()
	stored.Wait()
	return failed
}

// feed hands out the ids until they or ctx end.
func feed(ctx context.Context, queue chan<- string, ids []string) {
	defer close(queue)
	for _, id := range ids {
		select {
		case queue <- id:
		case <-ctx.Done():
			return
		}
	}
}

// CheckAll checks every integration that is not paused, because a person asked.
func (m *Monitor) CheckAll(ctx context.Context) map[string]error {
	m.mu.RLock()
	var ids []string
	for id, row := range m.rows {
		if !row.Paused {
			ids = append(ids, id)
		}
	}
	m.mu.RUnlock()
	return m.Sweep(ctx, ids, Asked)
}

// poke makes Run look at the plan again.
func (m *Monitor) poke() {
	select {
	case m.wake <- struct{}{}:
	default:
	}
}
