package monitor

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"relink/backend/integration"
)

// How many results are written without waiting for more, from how many running checks on a batch is worth
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
	waiting batch
	spare   batch // the one that was written last: its space is used again
	busy    bool
	idle    sync.WaitGroup
}

// batch is results that wait to be written, and whom to tell.
type batch struct {
	checked []integration.Checked
	done    []func(error)
}

// put queues one result; done is called when it is stored.
func (r *recorder) put(c integration.Checked, done func(error)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waiting.checked = append(r.waiting.checked, c)
	r.waiting.done = append(r.waiting.done, done)
	if len(r.waiting.checked) >= batchSize {
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
		next := r.waiting
		if len(next.checked) == 0 {
			r.busy = false
			r.waiting, r.spare = batch{}, batch{}
			r.mu.Unlock()
			return
		}
		r.waiting = r.spare
		r.spare = batch{}
		r.mu.Unlock()
		r.write(next)
		clear(next.checked)
		r.mu.Lock()
		r.spare = batch{next.checked[:0], next.done[:0]}
		r.mu.Unlock()
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
func (r *recorder) write(b batch) {
	err := r.store.Record(context.Background(), b.checked)
	if err != nil {
		r.log.Error("results not stored", "count", len(b.checked), "error", err)
	}
	ids := make([]string, len(b.checked))
	for i := range b.checked {
		ids[i] = b.checked[i].State.IntegrationID
	}
	r.done(ids)
	for _, done := range b.done {
		done(err)
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
