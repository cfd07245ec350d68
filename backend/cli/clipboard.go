package cli

import (
	"sync"
	"time"
)

// ClipboardLife is how long a text stays on the clipboard (S-4).
const ClipboardLife = time.Minute

// Clipboard puts texts on the system's clipboard that leave it again, unless something else was copied
// since.
type Clipboard struct {
	Set   func(text string) error
	Get   func() (string, error)
	After func(time.Duration, func()) *time.Timer // time.AfterFunc

	mu    sync.Mutex
	brief string // what is to leave; "" for nothing
	timer *time.Timer
}

// CopyBriefly puts a text there for ClipboardLife.
func (c *Clipboard) CopyBriefly(text string) error {
	if err := c.Set(text); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.timer != nil {
		c.timer.Stop()
	}
	c.brief, c.timer = text, c.After(ClipboardLife, c.Clear)
	return nil
}

// Clear takes the text away at once where it is still there.
func (c *Clipboard) Clear() {
	c.mu.Lock()
	text := c.brief
	c.brief = ""
	c.mu.Unlock()
	if text == "" {
		return
	}
	if now, err := c.Get(); err == nil && now == text {
		_ = c.Set("")
	}
}
