package alert

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"relink/backend/integration"
	"relink/backend/locale"
)

// How long a channel is left alone after a message was not taken: doubled with each time, up to the longest.
const (
	firstRetry   = time.Minute
	longestRetry = time.Hour
	refusedRetry = 6 * time.Hour // the longest for one that is not accepted any more: only a person mends that
)

// CourierStore is what a Courier reads and remembers.
type CourierStore interface {
	Channels(ctx context.Context) ([]integration.Channel, error)
	Outages(ctx context.Context) ([]integration.Outage, error) // the oldest first
	Threads(ctx context.Context, since time.Time) ([]integration.Thread, error)
	SaveThread(ctx context.Context, t integration.Thread) error
	EndsTold(ctx context.Context) ([]integration.EndTold, error)
	SaveEnds(ctx context.Context, told []integration.EndTold) error
	Delivered(ctx context.Context, c integration.Channel) error
}

// CourierOptions are a Courier's parts. Ends, Offline, Quiet, Muted, Changed and Logger may be nil.
type CourierOptions struct {
	Store   CourierStore
	Send    func(ctx context.Context, c integration.Channel, m integration.Message) (reference string, err error)
	Printer func() locale.Printer
	Now     func() time.Time
	Ends    func(at time.Time) []integration.Reminder // of logins, as they stand then
	Offline func() bool                               // this computer, as last seen
	Quiet   func(at time.Time) bool                   // nothing is said now
	Muted   func(integrationID string, at time.Time) bool
	Changed func() // a channel began to fail, or to work again
	Logger  *slog.Logger
}

// Courier tells the channels what is broken, and that it works again. All methods may be called from any
// goroutine.
type Courier struct {
	o    CourierOptions
	poke loop

	passing sync.Mutex // one pass at a time

	mu      sync.Mutex
	unsaved []func(context.Context) error // notes what was told, and is not noted yet
}

// NewCourier returns a Courier that says nothing before Run or Pass.
func NewCourier(o CourierOptions) *Courier {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Ends == nil {
		o.Ends = func(time.Time) []integration.Reminder { return nil }
	}
	if o.Muted == nil {
		o.Muted = func(string, time.Time) bool { return false }
	}
	return &Courier{o: o, poke: newLoop()}
}

// Run tells until ctx ends. It works beside the checks, which never wait for it.
func (b *Courier) Run(ctx context.Context) {
	b.poke.run(ctx, b.o.Now, time.Second, func() time.Time {
		next, err := b.Pass(ctx)
		if err != nil && ctx.Err() == nil {
			b.o.Logger.Warn("channels not told", "error", err)
		}
		return next
	})
}

// Wake makes Run look now. It never blocks.
func (b *Courier) Wake() { b.poke.wake() }

// Pass looks and tells once, and returns when to look again, the zero time for no particular moment. Nothing
// is said while this computer is offline, and nothing in quiet hours: both are told of what is left
// afterwards.
func (b *Courier) Pass(ctx context.Context) (time.Time, error) {
	now := b.o.Now()
	if ask(b.o.Offline) || b.o.Quiet != nil && b.o.Quiet(now) {
		return time.Time{}, nil
	}
	channels, err := b.o.Store.Channels(ctx)
	if err != nil || len(channels) == 0 {
		return time.Time{}, err
	}
	b.passing.Lock()
	defer b.passing.Unlock()
	if err := b.saveLate(ctx); err != nil {
		return now.Add(firstRetry), err
	}
	s := scene{now: now, muted: func(id string) bool { return b.o.Muted(id, now) }}
	if s.outages, err = b.o.Store.Outages(ctx); err != nil {
		return time.Time{}, err
	}
	threads, err := b.o.Store.Threads(ctx, now.Add(-memory))
	if err != nil {
		return time.Time{}, err
	}
	s.ends, s.soon = b.o.Ends(now), b.o.Ends(now.Add(endsEvery))
	ends, err := b.o.Store.EndsTold(ctx)
	if err != nil {
		return time.Time{}, err
	}
	heard := map[string]memoryOf{}
	for _, t := range threads {
		m := heard[t.ChannelID]
		m.threads = append(m.threads, t)
		heard[t.ChannelID] = m
	}
	for _, e := range ends {
		m := heard[e.ChannelID]
		m.ends = append(m.ends, e)
		heard[e.ChannelID] = m
	}
	return b.tellAll(ctx, channels, heard, s)
}

// tellAll serves the channels side by side, so that a slow one holds up no other.
func (b *Courier) tellAll(ctx context.Context, channels []integration.Channel, heard map[string]memoryOf, s scene) (time.Time, error) {
	var running sync.WaitGroup
	var mu sync.Mutex
	var wake time.Time
	var all error
	for _, c := range channels {
		running.Go(func() {
			next, err := b.tell(ctx, c, heard[c.ID], s)
			mu.Lock()
			defer mu.Unlock()
			all = errors.Join(all, err)
			if !next.IsZero() {
				wake = earlier(wake, next)
			}
		})
	}
	running.Wait()
	return wake, all
}

// tell serves one channel.
func (b *Courier) tell(ctx context.Context, c integration.Channel, heard memoryOf, s scene) (time.Time, error) {
	if s.now.Before(c.RetryAt) && c.RetryAt.Sub(s.now) <= refusedRetry {
		return c.RetryAt, nil
	}
	list, wake := dispatches(c, heard, s)
	after, spoken := c, false
	for _, d := range list {
		if d.kind != "" {
			spoken = true
			err := b.send(ctx, c, &d, s.now)
			if err != nil && ctx.Err() != nil {
				return time.Time{}, nil // the program ends: nobody failed
			}
			after = Outcome(after, err, s.now)
			if err != nil && code(err) != integration.DeliveryRejected {
				break
			}
			if err != nil {
				continue // this message is not liked; others may be
			}
		}
		note := b.noting(c, d, s.now)
		if err := note(ctx); err != nil {
			b.late(note)
			return s.now.Add(firstRetry), fmt.Errorf("note what a channel was told: %w", err)
		}
	}
	if !spoken {
		return wake, nil
	}
	if after.RetryAt.After(s.now) {
		wake = earlier(wake, after.RetryAt)
	}
	err := b.o.Store.Delivered(ctx, after)
	if (after.Failure == "") != (c.Failure == "") && b.o.Changed != nil {
		b.o.Changed()
	}
	return wake, err
}

// noting writes down what a channel was told.
func (b *Courier) noting(c integration.Channel, d dispatch, now time.Time) func(context.Context) error {
	if d.kind != integration.MessageEnds {
		return func(ctx context.Context) error { return b.o.Store.SaveThread(ctx, d.thread) }
	}
	var told []integration.EndTold
	for _, r := range d.ends {
		told = append(told, integration.EndTold{ChannelID: c.ID, GrantID: r.GrantID, EndsAt: r.EndsAt, Days: r.Days, ToldAt: now})
	}
	return func(ctx context.Context) error { return b.o.Store.SaveEnds(ctx, told) }
}

// send words a dispatch and sends it.
func (b *Courier) send(ctx context.Context, c integration.Channel, d *dispatch, now time.Time) error {
	m := message(b.o.Printer(), *d, now)
	reference, err := b.o.Send(ctx, c, m)
	if err != nil {
		b.o.Logger.Warn("notice not delivered", "channel", c.ID, "kind", string(c.Kind), "error", code(err))
		return err
	}
	if d.kind == integration.MessageBroken {
		d.thread.Reference, d.thread.Title = reference, m.Title
	}
	return nil
}

func code(err error) string {
	var failed *integration.DeliveryError
	if errors.As(err, &failed) {
		return failed.Code
	}
	return integration.DeliveryUnreachable
}

// Outcome notes in a channel how a delivery went: err is nil or what kept the message from being taken.
func Outcome(c integration.Channel, err error, now time.Time) integration.Channel {
	if err == nil {
		c.DeliveredAt, c.Failure, c.Failures, c.RetryAt = now, "", 0, time.Time{}
		return c
	}
	c.Failure = code(err)
	longest := longestRetry
	if c.Failure == integration.DeliveryRefused {
		longest = refusedRetry
	}
	wait := min(firstRetry<<min(c.Failures, 9), longest)
	var failed *integration.DeliveryError
	if errors.As(err, &failed) {
		wait = min(max(wait, failed.RetryAfter), refusedRetry)
	}
	c.Failures++
	c.RetryAt = now.Add(wait)
	return c
}

// late remembers what was told and could not be noted, so that it is not told twice.
func (b *Courier) late(note func(context.Context) error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.unsaved = append(b.unsaved, note)
}

// saveLate notes it; until that is done nobody is told anything.
func (b *Courier) saveLate(ctx context.Context) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for len(b.unsaved) > 0 {
		if err := b.unsaved[0](ctx); err != nil {
			return fmt.Errorf("note what a channel was told: %w", err)
		}
		b.unsaved = b.unsaved[1:]
	}
	return nil
}
