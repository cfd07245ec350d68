package alert

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"relink/backend/locale"
)

// How many waiting alerts one pass reads, how often the store is looked at without being told to
// (the command line writes alerts too), and how long to leave a notification service alone that
// did not take a notice.
const (
	readAtOnce = 20_000
	lookAgain  = time.Minute
	afterMiss  = time.Minute
)

// OutboxOptions are an Outbox's parts. The funcs from Offline on may be nil.
type OutboxOptions struct {
	Store   Store
	Speaker Speaker
	Printer func() locale.Printer // asked for each pass, as the language can change
	Now     func() time.Time
	Offline func() bool                                   // this computer, as last seen
	Silent  func() bool                                   // the person switched notifications off
	Quiet   func(at time.Time) bool                       // nothing is said now, but later
	Muted   func(integrationID string, at time.Time) bool // it is not told of now, but later
	Plain   func() bool                                   // the notification service shows a body as it is, and reads no markup in it
	Logger  *slog.Logger
}

// Outbox carries alerts from the store to the person. All methods may be called from any goroutine.
type Outbox struct {
	o    OutboxOptions
	poke loop

	mu     sync.Mutex
	ledger *ledger
}

// NewOutbox returns an Outbox that says nothing before Run or Pass.
func NewOutbox(o OutboxOptions) *Outbox {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Outbox{o: o, poke: newLoop(), ledger: newLedger()}
}

// Run carries alerts until ctx ends. Trouble with the store is logged and tried again: an alert
// leaves the store only after it was said.
func (b *Outbox) Run(ctx context.Context) {
	b.poke.run(ctx, b.o.Now, 10*time.Millisecond, func() time.Time {
		next, err := b.Pass(ctx)
		if err != nil && ctx.Err() == nil {
			b.o.Logger.Warn("alerts not carried", "error", err)
		}
		return next
	})
}

// Wake makes Run look at the store now. It never blocks.
func (b *Outbox) Wake() { b.poke.wake() }

// Pass reads, decides and speaks once, and returns when to look again; the zero time means that
// nothing is being held back.
func (b *Outbox) Pass(ctx context.Context) (time.Time, error) {
	waiting, err := b.o.Store.PendingAlerts(ctx, readAtOnce)
	if err != nil {
		return time.Time{}, fmt.Errorf("read the waiting alerts: %w", err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	m := mood{now: b.o.Now(), offline: ask(b.o.Offline), silent: ask(b.o.Silent)}
	m.quiet = b.o.Quiet != nil && b.o.Quiet(m.now)
	if b.o.Muted != nil {
		m.muted = func(id string) bool { return b.o.Muted(id, m.now) }
	}
	out := decide(b.ledger, waiting, m, b.o.Printer())
	for _, id := range out.withdraw {
		b.withdraw(id)
	}
	for _, u := range out.say {
		if err := b.say(u, m.now); err != nil {
			b.o.Logger.Warn("notice not shown", "error", err)
			b.ledger.notBefore = m.now.Add(afterMiss)
			out.wakeAt(b.ledger.notBefore)
			break
		}
		out.sent = append(out.sent, ids(u.alerts)...)
	}
	return out.wake, b.settle(ctx, out.sent)
}

// say shows one notice and writes it down.
func (b *Outbox) say(u utterance, now time.Time) error {
	n := u.notice
	if !ask(b.o.Plain) {
		n.Body = markup(n.Body)
	}
	if err := b.o.Speaker.Show(n); err != nil {
		return err
	}
	b.ledger.said(u, now)
	return nil
}

// settle marks alerts as sent. One that cannot be marked is remembered, so that it is not said twice.
func (b *Outbox) settle(ctx context.Context, ids []string) error {
	var all error
	for _, id := range ids {
		b.ledger.done[id] = true
		if err := b.o.Store.AlertSent(ctx, id); err != nil {
			all = errors.Join(all, fmt.Errorf("mark an alert as sent: %w", err))
			break
		}
	}
	return all
}

func (b *Outbox) withdraw(id string) {
	if err := b.o.Speaker.Withdraw(id); err != nil {
		b.o.Logger.Debug("notice not withdrawn", "error", err)
	}
}

// Read notes that the person reacted to a notice, so that it is not repeated.
func (b *Outbox) Read(noticeID string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if s := b.ledger.open[noticeID]; s != nil {
		s.lost, s.again = false, true
	}
}

// Forget withdraws what is said about an integration, which was removed or paused.
func (b *Outbox) Forget(integrationID string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, s := range b.ledger.open {
		for incident, id := range s.incidents {
			if id != integrationID {
				continue
			}
			for _, notice := range b.ledger.close(incident) {
				b.withdraw(notice)
			}
		}
	}
}

// Clear withdraws everything that is still said, because what it was about is put away.
func (b *Outbox) Clear() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for id := range b.ledger.open {
		b.withdraw(id)
	}
	clear(b.ledger.open)
	if b.ledger.offlineNow {
		b.withdraw(offlineID)
		b.ledger.offlineNow = false
	}
}

// NotifierLost notes that the notification service died: it tells nobody what became of its notices.
func (b *Outbox) NotifierLost() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, s := range b.ledger.open {
		s.lost = s.lost || !s.again && b.o.Now().Sub(s.at) < lostWithin
	}
}

// NotifierBack says again, once, what was lost with the notification service.
func (b *Outbox) NotifierBack() {
	b.mu.Lock()
	b.ledger.back = true
	b.mu.Unlock()
	b.Wake()
}

func ask(f func() bool) bool { return f != nil && f() }
