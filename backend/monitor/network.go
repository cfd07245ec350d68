package monitor

import (
	"context"
	"sync"
	"time"

	"relink/backend/integration"
)

// networkMemory is how long one answer to "is it us?" serves all checks that ask.
const networkMemory = 15 * time.Second

// network answers whether it is this computer that is offline. Many checks fail together when it
// is, so one look serves them all.
type network struct {
	ask func(ctx context.Context) integration.Online
	now func() time.Time

	mu    sync.Mutex
	known integration.Online
	at    time.Time
}

// current returns a recent answer, or asks.
func (n *network) current(ctx context.Context) integration.Online {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.known == integration.OnlineUnasked || n.now().Sub(n.at) > networkMemory {
		n.known, n.at = n.ask(ctx), n.now()
	}
	return n.known
}

// proved notes that an answer arrived from outside.
func (n *network) proved() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.known, n.at = integration.OnlineYes, n.now()
}

// offline says whether the last answer was that this computer has no network.
func (n *network) offline() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.known == integration.OnlineNo || n.known == integration.OnlineCaptive
}
