package reauth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"relink/backend/integration"
	"relink/backend/oauth"
)

// waiting is a wait for the person on a page of the provider's: a consent, or a code to enter there.
type waiting struct {
	page     string   // that the person opens
	again    string   // what a further click opens, page when ""
	hosts    []string // that it may be on
	opened   bool
	deadline time.Time
	show     func(*integration.Step)                       // puts what the person needs into the step
	lead     func(ctx context.Context) integration.Outcome // ctx ends with the deadline, or with Cancel
	read     func(pasted string) (oauth.Callback, error)   // nil where nothing can be pasted; the error is an oauth.CallbackError
	callback chan oauth.Callback                           // a pasted answer
	arrival  *arrival                                      // nil where no answer comes through the browser
	stop     context.CancelFunc
	next     integration.Step // what came of it
	ended    chan struct{}    // closed when next is there
}

// watchEvery is how often a wait looks at the clock on the wall, which goes on while the computer sleeps,
// and whether another process took over.
const watchEvery = time.Second

// freeLimit is how long a newer conversation waits for the port of the one before.
const freeLimit = 2 * time.Second

// begin opens the page and waits for the person, while the caller goes on.
func (c *Conversations) begin(ctx context.Context, f *flow, w *waiting) integration.Step {
	w.callback, w.ended = make(chan oauth.Callback, 1), make(chan struct{})
	if !f.noBrowser {
		w.opened = c.openPage(ctx, w, w.page) == nil
	}
	waitCtx, stop := context.WithDeadline(context.WithoutCancel(ctx), w.deadline)
	w.stop = stop
	c.mu.Lock()
	f.waiting, f.unseen = w, f.left != nil // whoever asks late must be told of a second consent
	if f.outcome != nil {                  // it ended while the browser was being opened
		stop()
	}
	c.mu.Unlock()
	step := c.waitStep(f, w) // before the wait, which may be over at once
	go c.wait(waitCtx, f, w)
	return step
}

// wait ends with the person's answer, the deadline, Cancel or a newer conversation, and leads to the outcome.
func (c *Conversations) wait(ctx context.Context, f *flow, w *waiting) {
	defer w.stop()
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		c.watch(ctx, f, w)
	}()
	c.mu.Lock()
	lead := w.lead
	c.mu.Unlock()
	outcome := lead(ctx)
	w.forget(&c.mu)
	if w.arrival != nil {
		w.arrival.finish(outcome.Result.Changed())
	}
	// What was obtained must not die with the wait.
	w.next = c.finish(context.WithoutCancel(ctx), f, outcome)
	w.stop()
	<-watched
	if w.arrival != nil && f.heir != nil && w.arrival.anyPort {
		close(w.ended)
		c.excuse(f.heir, w)
		return
	}
	w.arrival.close()
	close(w.ended)
}

// excuse keeps the receiver of a conversation that a newer one replaced, so that a redirect which comes
// late meets a page that says so and not an error of the browser's, until the newer one has ended.
func (c *Conversations) excuse(heir *flow, w *waiting) {
	timer := time.NewTimer(w.deadline.Sub(c.Now()))
	defer timer.Stop()
	select {
	case <-heir.done:
	case <-timer.C:
	}
	w.arrival.close()
}

// watch ends the conversation when its time is over, when another process began a newer one, or when the
// integration was removed: nobody is to consent to what nothing uses any more.
func (c *Conversations) watch(ctx context.Context, f *flow, w *waiting) {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		result := integration.ResultSuperseded
		switch {
		case c.late(w):
			result = integration.ResultTimedOut
		case c.removed(f):
			result = integration.ResultCancelled
		case !c.overtaken(f):
			continue
		}
		c.mu.Lock()
		if f.outcome == nil && !f.saving {
			c.end(f, integration.Outcome{Result: result})
		}
		c.mu.Unlock()
	}
}

// removed says whether the integration that is repaired is gone.
func (c *Conversations) removed(f *flow) bool {
	if f.adding() {
		return false
	}
	_, err := c.Monitor.One(f.integration.ID)
	return errors.Is(err, integration.ErrNotFound)
}

// late says whether the deadline is over by the clock on the wall.
func (c *Conversations) late(w *waiting) bool { return c.Now().Round(0).After(w.deadline.Round(0)) }

// forget drops what could still be used to end the wait with a token: the verifier, above all.
func (w *waiting) forget(mu *sync.Mutex) {
	mu.Lock()
	defer mu.Unlock()
	w.read, w.lead = nil, nil
	if w.arrival != nil {
		w.arrival.request = nil
	}
}

// ending waits until the port is free again, for a while.
func (w *waiting) ending() {
	timer := time.NewTimer(freeLimit)
	defer timer.Stop()
	select {
	case <-w.ended:
	case <-timer.C:
	}
}

// Await blocks until a wait for the person ends, and returns the outcome. It returns early when ctx ends.
func (c *Conversations) Await(ctx context.Context, id string) (integration.Step, error) {
	f, err := c.find(id)
	if err != nil {
		return integration.Step{}, err
	}
	c.mu.Lock()
	w, unseen := f.waiting, f.unseen
	f.unseen = false
	c.mu.Unlock()
	if w == nil || unseen {
		return c.outcomeStep(f), nil
	}
	step, err := c.ended(ctx, f, w)
	c.mu.Lock()
	f.unseen = false
	c.mu.Unlock()
	return step, err
}

// ended blocks until this wait ends, and returns what comes next.
func (c *Conversations) ended(ctx context.Context, f *flow, w *waiting) (integration.Step, error) {
	select {
	case <-w.ended:
		return w.next, nil
	case <-ctx.Done():
		return integration.Step{}, fmt.Errorf("wait for the person: %w", ctx.Err())
	}
}

// openPage opens the page in the system's browser, on the hosts that it may be on alone. A browser that
// stays in the foreground is open, too.
func (c *Conversations) openPage(ctx context.Context, w *waiting, page string) error {
	if err := c.Browser(ctx, page, w.hosts); err != nil && !errors.Is(err, oauth.ErrBrowserSlow) {
		return err
	}
	return nil
}

// OpenAgain opens the provider's page once more.
func (c *Conversations) OpenAgain(ctx context.Context, id string) error {
	f, err := c.find(id)
	if err != nil {
		return err
	}
	c.mu.Lock()
	w, ended := f.waiting, f.outcome != nil
	c.mu.Unlock()
	if w == nil || ended {
		return fmt.Errorf("the provider's page: %w", integration.ErrNotFound)
	}
	return c.openPage(ctx, w, cmp.Or(w.again, w.page))
}

// pasted takes the address that the person ended on, or the number that the page shows.
func (c *Conversations) pasted(ctx context.Context, f *flow, w *waiting, text string) (integration.Step, error) {
	c.mu.Lock()
	read, over := w.read, w.lead == nil
	c.mu.Unlock()
	switch {
	case over:
		return c.ended(ctx, f, w)
	case read == nil:
		return c.waitStep(f, w), nil
	}
	callback, err := read(text)
	if err != nil {
		var wrong oauth.CallbackError
		code := oauth.PastedNotURL
		if errors.As(err, &wrong) {
			code = wrong.Code
		}
		step := c.waitStep(f, w)
		step.Problems = []integration.InputError{{Field: "redirect", Code: code}}
		return step, nil
	}
	select {
	case w.callback <- callback:
	default: // another answer came first
	}
	return c.Await(ctx, f.id)
}

// waitStep says what the person must do, and where.
func (c *Conversations) waitStep(f *flow, w *waiting) integration.Step {
	step := integration.Step{Flow: f.id, Title: title(f), Notice: f.notice(), Wanted: f.left, Also: f.also()}
	w.show(&step)
	return step
}
