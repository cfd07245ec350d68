package grant

import (
	"errors"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"

	"relink/backend/integration"
	"relink/backend/oauth"
)

// The pauses after a renewal that failed: each is twice the one before, a fifth more or less. A
// request that did not get out costs nobody anything and may go as soon as the network is back.
const (
	unsentPause  = 20 * time.Second
	firstPause   = time.Minute
	longestPause = 15 * time.Minute
)

// pause is the token endpoint's last word on a version of a grant, and until when it stands.
type pause struct {
	version int
	err     error
	tries   int
	until   time.Time // zero: for good
}

// waiting returns the last failure while it is too early for another try.
func (k *Keeper) waiting(u Use, g integration.Grant) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	p, ok := k.pauses[g.ID]
	if !ok || p.version != g.Version || u.Asked {
		return nil
	}
	if p.until.IsZero() {
		return p.err
	}
	left := p.until.Sub(k.now())
	if left <= 0 || left > 24*time.Hour { // or the clock was set back
		return nil
	}
	var refusal *oauth.Refusal
	if errors.As(p.err, &refusal) {
		again := *refusal
		again.RetryAfter = left
		return &again
	}
	return p.err
}

// remember notes how a try ended, and plans the next. The grant's end is not asked about twice.
func (k *Keeper) remember(g integration.Grant, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	var refusal *oauth.Refusal
	var fault *oauth.Fault
	switch {
	case errors.As(err, &refusal):
	case errors.As(err, &fault):
	default:
		delete(k.pauses, g.ID)
		return
	}
	p := k.pauses[g.ID]
	if p.version != g.Version {
		p = pause{version: g.Version}
	}
	p.tries, p.err = p.tries+1, err
	wait := min(firstPause<<min(p.tries-1, 10), longestPause)
	if fault != nil && !fault.Sent {
		wait = unsentPause
	}
	wait = wait*8/10 + rand.N(wait*4/10)
	if refusal != nil {
		wait = max(wait, refusal.RetryAfter)
	}
	p.until = k.now().Add(wait)
	if ended(err) {
		p.until = time.Time{}
	}
	k.pauses[g.ID] = p
}

// ended says that the server ended the grant: a person is needed, whatever the status says.
func ended(err error) bool {
	var refusal *oauth.Refusal
	return errors.As(err, &refusal) && refusal.Code == "invalid_grant"
}

// mayPass says that a renewal failed in a way that says nothing about the grant or its OAuth client:
// the network, an outage, a rate limit, a web page, our own store. A vault that cannot be written is not
// among them, since a person can mend it.
func mayPass(err error) bool {
	var refusal *oauth.Refusal
	if !errors.As(err, &refusal) {
		return VaultState(err) == ""
	}
	passing := []string{"", "temporarily_unavailable", "server_error", "slow_down"}
	return slices.Contains(passing, refusal.Code) ||
		!ended(err) && (refusal.HTTPStatus >= 500 || refusal.HTTPStatus == http.StatusTooManyRequests)
}
