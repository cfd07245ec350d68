package alert

import (
	"context"
	"time"
)

// loop calls something now, whenever it is woken, and when it asked to be called.
type loop chan struct{}

func newLoop() loop { return make(loop, 1) }

// run calls pass until ctx ends. pass returns when it wants to be called again, the zero time for no
// particular moment; least is the shortest wait.
func (l loop) run(ctx context.Context, now func() time.Time, least time.Duration, pass func() time.Time) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-l:
		}
		wait := lookAgain
		if next := pass(); !next.IsZero() {
			wait = max(min(next.Sub(now()), lookAgain), least)
		}
		timer.Reset(wait)
	}
}

// wake makes run call now. It never blocks.
func (l loop) wake() {
	select {
	case l <- struct{}{}:
	default:
	}
}
