package alert

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"time"

	"fyne.io/systray"

	"relink/backend/locale"
)

// ErrNoTray means that this desktop has no session bus, and so no tray.
var ErrNoTray = errors.New("no tray: there is no session bus")

// TrayOptions are what the tray's menu does. Each click calls its func in a goroutine of its own, so
// that a long check keeps neither the menu nor the end of the program waiting.
type TrayOptions struct {
	Printer    func() locale.Printer // asked for each update, as the language can change
	OpenRepair func(integrationID string)
	CheckAll   func()
	Open       func()
	Quit       func()
	Logger     *slog.Logger
}

// Tray is Relink's icon among the desktop's, with its menu. The library behind it keeps its state
// in package variables, so a process has one Tray, started once.
type Tray struct {
	o       TrayOptions
	stop    func()
	done    chan struct{}
	waiting sync.WaitGroup

	mu    sync.Mutex
	rows  []TrayRow
	shown *face // nil until the menu is built
	icons map[Mood][]byte

	title, more, check, open, quit *systray.MenuItem
	items                          [menuLimit]*systray.MenuItem
}

// NewTray returns a Tray that is not yet shown; Update may be called before Start.
func NewTray(o TrayOptions) *Tray {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Tray{o: o, done: make(chan struct{})}
}

// Start shows the icon, and keeps it shown when the desktop's panel restarts. It returns ErrNoTray
// where that cannot work; whether a panel shows it is another question, which HostRegistered answers.
func (t *Tray) Start(ctx context.Context) error {
	if !HasSessionBus(ctx) {
		return ErrNoTray
	}
	if err := t.drawIcons(); err != nil {
		return fmt.Errorf("draw the tray icons: %w", err)
	}
	ready := make(chan struct{})
	start, end := systray.RunWithExternalLoop(func() { t.build(); close(ready) }, nil)
	if freedesktop() {
		// The item's identity on the bus is its title at the moment it is exported.
		systray.SetTitle("Relink")
		systray.SetIcon(t.icons[MoodUnknown])
	}
	systray.SetOnTapped(t.o.Open)
	start()
	t.stop = end
	limit := time.NewTimer(busPatience)
	defer limit.Stop()
	select {
	case <-ready:
		t.waiting.Go(t.keepRegistered)
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-limit.C:
		return fmt.Errorf("show the tray icon: %w", context.DeadlineExceeded)
	}
}

// drawIcons paints the four icons once.
func (t *Tray) drawIcons() error {
	encode := pngIcon
	if runtime.GOOS == "windows" {
		encode = icoIcon
	}
	t.icons = map[Mood][]byte{}
	for _, m := range []Mood{MoodUnknown, MoodWell, MoodWaiting, MoodBroken} {
		icon, err := encode(m)
		if err != nil {
			return err
		}
		t.icons[m] = icon
	}
	return nil
}

// build makes every item that the menu can ever show, hidden where there is nothing to say, so that
// an update changes words and never the order that somebody is pointing at.
func (t *Tray) build() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.title = systray.AddMenuItem("Relink", "")
	t.title.Disable()
	systray.AddSeparator()
	for i := range t.items {
		t.items[i] = systray.AddMenuItem("", "")
		t.items[i].Hide()
		t.on(t.items[i], func() { t.repair(i) })
	}
	t.more = systray.AddMenuItem("", "")
	t.more.Hide()
	t.on(t.more, t.o.Open)
	systray.AddSeparator()
	t.check, t.open, t.quit = systray.AddMenuItem("", ""), systray.AddMenuItem("", ""), systray.AddMenuItem("", "")
	t.on(t.check, t.o.CheckAll)
	t.on(t.open, t.o.Open)
	t.on(t.quit, t.o.Quit)
	t.shown = &face{}
	t.show(faceOf(t.rows, t.o.Printer()))
}

// on calls the func for each click on an item.
func (t *Tray) on(item *systray.MenuItem, do func()) {
	t.waiting.Go(func() {
		for {
			select {
			case <-t.done:
				return
			case <-item.ClickedCh:
				go do()
			}
		}
	})
}

// repair opens the repair of the integration that the menu's item names.
func (t *Tray) repair(item int) {
	t.mu.Lock()
	id := t.shown.items[item].id
	t.mu.Unlock()
	if id != "" {
		t.o.OpenRepair(id)
	}
}

// Update shows the rows as they are now. Rows that change nothing that is shown cost nothing.
func (t *Tray) Update(rows []TrayRow) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rows = rows
	if t.shown != nil {
		t.show(faceOf(rows, t.o.Printer()))
	}
}

// show tells the desktop what differs from before.
func (t *Tray) show(f face) {
	before := *t.shown
	if f == before {
		return
	}
	t.shown = &f
	if f.mood != before.mood {
		systray.SetIcon(t.icons[f.mood])
	}
	if f.tooltip != before.tooltip {
		systray.SetTooltip(f.tooltip)
	}
	t.word(t.title, f.title, before.title)
	t.word(t.more, f.more, before.more)
	t.word(t.check, f.check, before.check)
	t.word(t.open, f.open, before.open)
	t.word(t.quit, f.quit, before.quit)
	for i := range t.items {
		t.word(t.items[i], f.items[i].label, before.items[i].label)
	}
}

// word changes an item's text; one without text is hidden.
func (t *Tray) word(item *systray.MenuItem, text, before string) {
	switch {
	case text == before:
	case text == "":
		item.Hide()
	default:
		item.SetTitle(text)
		if before == "" {
			item.Show()
		}
	}
}

// Stop takes the icon away. It may be called without Start, and more than once.
func (t *Tray) Stop() {
	select {
	case <-t.done:
		return
	default:
	}
	close(t.done)
	t.waiting.Wait()
	if t.stop == nil {
		return
	}
	// The library closes a connection that it may never have got, when the bus went in between.
	defer func() {
		if r := recover(); r != nil {
			t.o.Logger.Debug("tray ended late", "reason", r)
		}
	}()
	t.stop()
}
