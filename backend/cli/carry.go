package cli

import (
	"context"
	"fmt"
	"time"

	"relink/backend/alert"
	"relink/backend/integration"
)

// How often providers are told what they are still to be told, and ends of logins are looked at.
const (
	tellEvery   = time.Minute
	remindEvery = 15 * time.Minute
)

// tellDue tells the providers whose turn it is that a login was given back.
func (p *Parts) tellDue(ctx context.Context) error {
	if _, err := p.Revoker.RetryDue(ctx); err != nil && ctx.Err() == nil {
		return fmt.Errorf("tell the providers of disconnected logins: %w", err)
	}
	return nil
}

// keepTelling goes on with it while the program runs; changed is called when one was settled.
func keepTelling(ctx context.Context, p *Parts, changed func()) {
	left := -1
	every(ctx, tellEvery, func() {
		n, err := p.Revoker.RetryDue(ctx)
		if err != nil && ctx.Err() == nil {
			p.Log.Error("providers not told", "error", err)
		}
		if left > n {
			changed()
		}
		left = n
	})
}

// keepReminding puts word of logins that end soon into the outbox.
func keepReminding(ctx context.Context, p *Parts, outbox *alert.Outbox, courier *alert.Courier) {
	every(ctx, remindEvery, func() {
		if err := p.remind(ctx); err != nil && ctx.Err() == nil {
			p.Log.Error("ends of logins not looked at", "error", err)
		}
		outbox.Wake()
		courier.Wake()
	})
}

// remind says once for each login and step that it ends in seven, three or one days, once a day what
// somebody was asked for, and what is behind inside Commerce Intelligence.
func (p *Parts) remind(ctx context.Context) error {
	if err := p.compare(ctx); err != nil {
		return err
	}
	if err := p.Monitor.RemindAsked(ctx); err != nil {
		return err
	}
	return p.Store.Remind(ctx, p.endsAt(p.Now()))
}

// endsAt are the steps before their ends that logins have come to at a moment.
func (p *Parts) endsAt(at time.Time) []integration.Reminder {
	var ends []alert.End
	for _, seen := range p.Monitor.All() {
		if !seen.Integration.Paused {
			ends = append(ends, alert.End{Grant: seen.Grant, Integration: seen.Integration})
		}
	}
	return alert.Reminders(ends, at)
}

// every does something now and then, until ctx ends.
func every(ctx context.Context, d time.Duration, do func()) {
	do()
	tick := time.NewTicker(d)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			do()
		}
	}
}
