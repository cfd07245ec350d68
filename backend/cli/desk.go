package cli

import (
	"cmp"
	"context"
	"log/slog"
	"sync"
	"time"

	"relink/backend/alert"
	"relink/backend/integration"
	"relink/backend/locale"
	"relink/backend/monitor"
	"relink/backend/view"
)

// DeskOptions are a Desk's surroundings: how the window hears, and how the desktop is spoken to.
type DeskOptions struct {
	Window  WindowOptions
	Version string
	Now     func() time.Time
	Events  monitor.Events
	Speaker alert.Speaker
	Plain   func() bool // see alert.OutboxOptions
}

// Desk is what the window works with: the real parts, or the sample ones while the demo is shown.
// It watches whichever are in use.
type Desk struct {
	DeskOptions
	tray *alert.Tray

	changing sync.Mutex // held while the parts are opened or exchanged

	mu      sync.RWMutex
	parts   *Parts
	err     error
	opened  chan struct{} // closed when parts or err is there
	sample  bool          // open with the sample parts
	unwatch func()
	outbox  *alert.Outbox
	courier *alert.Courier
	closed  bool
	using   *sync.WaitGroup // questions to the parts in use
	ending  sync.WaitGroup  // parts that were in use and are being closed
}

// endPatience is how long the end of parts waits for what they were asked: a request to a provider takes 20 s at most.
const endPatience = 30 * time.Second

// NewDesk returns a Desk that is still empty; Open fills it.
func NewDesk(o DeskOptions) *Desk {
	return &Desk{DeskOptions: o, sample: o.Window.Sample, opened: make(chan struct{}), unwatch: func() {}, using: new(sync.WaitGroup)}
}

// Open puts the parts together; Parts waits for it.
func (d *Desk) Open(ctx context.Context) {
	parts, err := d.open(ctx, d.Window.Sample)
	d.mu.Lock()
	d.parts, d.err = parts, err
	d.mu.Unlock()
	close(d.opened)
}

func (d *Desk) open(ctx context.Context, sample bool) (*Parts, error) {
	o := Options{DataDir: d.Window.DataDir, Version: d.Version, Log: d.Window.Log, Now: d.Now, Lang: d.Window.Lang, Events: d.Events, Actor: integration.ActorWindow}
	o.Events.Changed = d.changed
	if !sample {
		return Open(ctx, o)
	}
	p, err := OpenSample(ctx, o)
	if err == nil {
		err = p.BreakSample(ctx)
	}
	return p, err
}

// Parts returns the parts in use, or why there are none.
func (d *Desk) Parts() (*Parts, error) {
	<-d.opened
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.parts, d.err
}

// Use returns the parts in use for one question, or why there are none. Where there are, done must be called when
// it is answered: the parts are not closed before, because a token that is being renewed must still be stored.
func (d *Desk) Use() (p *Parts, done func(), err error) {
	<-d.opened
	d.mu.RLock()
	defer d.mu.RUnlock()
	if d.err != nil || d.closed {
		return nil, nil, cmp.Or(d.err, context.Canceled)
	}
	d.using.Add(1)
	return d.parts, d.using.Done, nil
}

// Retry opens the parts again when that failed before: a damaged database may have been restored meanwhile.
func (d *Desk) Retry(ctx context.Context) {
	d.changing.Lock() // the page asks several things at once; the folder is opened once
	defer d.changing.Unlock()
	if _, err := d.Parts(); err == nil || d.closed {
		return
	}
	parts, err := d.open(ctx, d.sample)
	d.mu.Lock()
	d.parts, d.err = parts, err
	d.mu.Unlock()
	d.watch(ctx)
}

// Printer writes in the language in use; it serves before there are parts, too.
func (d *Desk) Printer() locale.Printer {
	select {
	case <-d.opened:
		if p, err := d.Parts(); err == nil {
			return p.Printer()
		}
	default:
	}
	sentences, err := locale.Load()
	if err != nil {
		return locale.Printer{}
	}
	return sentences.In(d.Window.Lang)
}

// Attach gives the desk the tray whose icon follows the worst status.
func (d *Desk) Attach(t *alert.Tray) { d.tray = t }

// Watch starts the schedule and the notices for the parts in use. A view-only folder is not watched.
func (d *Desk) Watch(ctx context.Context) {
	<-d.opened
	d.changing.Lock()
	defer d.changing.Unlock()
	d.watch(ctx)
}

// watch is Watch for a caller that holds changing. What is watched already is left alone: the desktop's bus can
// keep the start waiting until the page has exchanged the parts.
func (d *Desk) watch(ctx context.Context) {
	p, err := d.Parts()
	if err != nil || p.Store.ReadOnly() || d.closed || d.Outbox() != nil {
		return
	}
	ctx, stop := context.WithCancel(ctx)
	outbox := alert.NewOutbox(alert.OutboxOptions{
		Store: p.Store, Speaker: d.Speaker, Printer: p.Printer, Now: d.Now, Offline: p.Monitor.Offline,
		Silent: func() bool { return silent(ctx, p) }, Plain: d.Plain, Logger: p.Log,
		Quiet: p.quiet, Muted: p.resting,
	})
	courier := alert.NewCourier(alert.CourierOptions{
		Store: p.Store, Send: p.deliver, Printer: p.Printer, Now: d.Now, Ends: p.endsAt, Offline: p.Monitor.Offline,
		Quiet: p.quiet, Muted: p.resting, Changed: func() { d.changed("") }, Logger: p.Log,
	})
	var running sync.WaitGroup
	running.Go(func() { p.Monitor.Run(ctx) })
	running.Go(func() { outbox.Run(ctx) })
	running.Go(func() { courier.Run(ctx) })
	running.Go(func() { upkeep(ctx, p) })
	running.Go(func() { keepTelling(ctx, p, func() { d.changed("") }) })
	running.Go(func() { keepReminding(ctx, p, outbox, courier) })
	d.mu.Lock()
	d.outbox, d.courier = outbox, courier
	d.unwatch = func() { stop(); running.Wait() }
	d.mu.Unlock()
	d.paint(p)
}

func silent(ctx context.Context, p *Parts) bool {
	v, err := p.Preferences(ctx)
	return err == nil && !v.Notifications
}

// upkeepEvery is how often the store folds its history and backs itself up.
const upkeepEvery = 24 * time.Hour

// upkeep keeps the store small, backed up and verified while the program runs.
func upkeep(ctx context.Context, p *Parts) {
	tick := time.NewTicker(upkeepEvery)
	defer tick.Stop()
	for {
		if err := p.Store.Upkeep(ctx); err != nil && ctx.Err() == nil {
			p.Log.Error("upkeep of the store", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// changed passes on that results were recorded: to the tray, the notices and the window.
func (d *Desk) changed(id string) {
	select {
	case <-d.opened:
	default:
		return
	}
	d.mu.RLock()
	p, outbox, courier := d.parts, d.outbox, d.courier
	d.mu.RUnlock()
	if p != nil {
		d.paint(p)
	}
	if outbox != nil {
		outbox.Wake()
		courier.Wake()
	}
	if d.Events.Changed != nil {
		d.Events.Changed(id)
	}
}

// paint updates the tray.
func (d *Desk) paint(p *Parts) {
	if d.tray == nil {
		return
	}
	var rows []alert.TrayRow
	now := p.Now()
	other, err := p.otherSide(context.Background())
	if err != nil {
		p.Log.Error("read what is known of the other side", "error", err)
	}
	for _, seen := range p.Monitor.All() {
		row := view.Row{Status: string(seen.State.StatusAt(now, seen.Integration))}
		p.bothSides(other, seen, &row, now)
		rows = append(rows, alert.TrayRow{ID: seen.Integration.ID, Name: seen.Integration.Name, Status: integration.Status(row.Status)})
	}
	d.tray.Update(rows)
}

// Outbox returns the notices in progress, nil before Watch.
func (d *Desk) Outbox() *alert.Outbox {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.outbox
}

// Switch changes between the real parts and the sample ones. When the others cannot be opened,
// those in use stay.
func (d *Desk) Switch(ctx context.Context, sample bool) error {
	d.changing.Lock()
	defer d.changing.Unlock()
	old, _ := d.Parts()
	if d.closed || d.sample == sample {
		return nil
	}
	next, err := d.open(ctx, sample)
	if err != nil {
		return err
	}
	d.mu.Lock()
	unwatch, outbox, using := d.unwatch, d.outbox, d.using
	d.parts, d.err, d.unwatch, d.outbox, d.courier = next, nil, func() {}, nil, nil
	d.sample, d.using = sample, new(sync.WaitGroup)
	d.mu.Unlock()
	unwatch()
	if outbox != nil {
		outbox.Clear()
	}
	d.ending.Go(func() { end(old, using) })
	d.watch(context.WithoutCancel(ctx))
	d.changed("")
	return nil
}

// end closes parts that were in use, once what they were asked is answered.
func end(p *Parts, using *sync.WaitGroup) {
	if p == nil {
		return
	}
	p.Reauth.Close() // or a question would wait for a person who is at the provider's page
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		using.Wait()
	}()
	select {
	case <-answered:
	case <-time.After(endPatience):
	}
	if err := p.Close(); err != nil {
		p.Log.Log(context.Background(), slog.LevelError, "not closed in order", "error", err)
	}
}

// Close ends the watch and the parts.
func (d *Desk) Close() {
	<-d.opened
	d.changing.Lock()
	defer d.changing.Unlock()
	d.mu.Lock()
	d.closed = true
	unwatch, p, using := d.unwatch, d.parts, d.using
	d.mu.Unlock()
	unwatch()
	end(p, using)
	d.ending.Wait()
}

// Forget withdraws the notices about an integration that was removed or paused.
func (d *Desk) Forget(i integration.Integration) {
	if outbox := d.Outbox(); outbox != nil {
		outbox.Forget(i.ID)
	}
}
