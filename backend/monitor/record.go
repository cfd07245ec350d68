package monitor

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"relink/backend/integration"
)

// How many results one transaction takes at most, from how many running checks on a batch is worth
// waiting for, and how long it is waited for.
const (
	batchSize = 1000
	crowd     = 8
	gather    = 100 * time.Millisecond
)

// recorder writes results in batches: a lone check is stored at once, and a sweep costs few
// transactions.
type recorder struct {
	store   Store
	log     *slog.Logger
	done    func(ids []string)
	running func() int    // checks under way
	hurry   chan struct{} // nothing more will come soon

	mu      sync.Mutex
	waiting []result
	busy    bool
	idle    sync.WaitGroup
}

type result struct {
	checked integration.Checked
	done    func(error)
}

// put queues one result; done is called when it is stored.
func (r *recorder) put(c integration.Checked, done func(error)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waiting = append(r.waiting, result{c, done})
	if len(r.waiting) >= batchSize {
		r.flush()
	}
	if !r.busy {
		r.busy = true
		r.idle.Add(1)
		go r.drain()
	}
}

// drain writes until nothing is waiting.
func (r *recorder) drain() {
	defer r.idle.Done()
	for {
		r.await()
		r.mu.Lock()
		n := min(len(r.waiting), batchSize)
		batch := r.waiting[:n:n]
		r.waiting = r.waiting[n:]
		if n == 0 {
			r.busy = false
			r.waiting = nil
			r.mu.Unlock()
			return
		}
		r.mu.Unlock()
		r.write(batch)
	}
}

// await lets a batch gather while many checks are under way.
func (r *recorder) await() {
	if r.running() < crowd {
		return
	}
	timer := time.NewTimer(gather)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.hurry:
	}
}

// flush ends the gathering.
func (r *recorder) flush() {
	select {
	case r.hurry <- struct{}{}:
	default:
	}
}

// write stores one batch. Trouble with the store is reported to whoever waits for the result; the
// checks themselves go on.
func (r *recorder) write(batch []result) {
	checked := make([]integration.Checked, len(batch))
	ids := make([]string, len(batch))
	for i, b := range batch {
		checked[i], ids[i] = b.checked, b.checked.State.IntegrationID
	}
	err := r.store.Record(context.Background(), checked)
	if err != nil {
		r.log.Error("results not stored", "count", len(batch), "error", err)
	}
	r.done(ids)
	for _, b := range batch {
		b.done(err)
	}
}

// wait returns when everything that was put is written.
func (r *recorder) wait() { r.idle.Wait() }

// recorded tells the listeners about stored results.
func (m *Monitor) recorded(ids []string) {
	if m.Events.Changed == nil {
		return
	}
	if len(ids) > 20 {
		m.Events.Changed("")
		return
	}
	for _, id := range ids {
		m.Events.Changed(id)
	}
}
