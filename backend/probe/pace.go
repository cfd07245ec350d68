package probe

import (
	"context"
	"hash/maphash"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"relink/backend/catalog"
	"relink/backend/integration"
)

// pace remembers the last answer for each account of the services that want a pause between two requests.
type pace struct {
	mu    sync.Mutex
	seed  maphash.Seed
	known map[string]*paced
}

// paced is one account. Its lock is held during a request, so that a second one waits for its answer.
type paced struct {
	mu   sync.Mutex
	at   time.Time
	used uint64 // a seeded hash of the secrets that were offered
	seen integration.Evidence
}

func (p *pace) of(account string) *paced {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known == nil {
		p.seed, p.known = maphash.MakeSeed(), map[string]*paced{}
	}
	one := p.known[account]
	if one == nil {
		one = &paced{}
		p.known[account] = one
	}
	return one
}

// offered is the same for the same secrets, and tells nothing about them.
func (p *pace) offered(t *Target) uint64 {
	var h maphash.Hash
	h.SetSeed(p.seed)
	names := make([]string, 0, len(t.Secrets))
	for name := range t.Secrets {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		_, _ = h.WriteString(name + "\x00" + t.Secrets[name].Reveal() + "\x00")
	}
	return h.Sum64()
}

// paced runs an HTTP probe unless one of the same account got an answer within the service's pause. Then
// that answer stands for the same secrets, and other secrets are told how long to wait, as the service
// itself would.
func (p *Prober) paced(ctx context.Context, t *Target, e integration.Evidence) integration.Evidence {
	address, err := p.address(t, t.Provider.Probe.HTTP.URL)
	if err != nil {
		p.http(ctx, t, &e)
		return e
	}
	one := p.pace.of(t.Provider.ID + " " + address.String())
	one.mu.Lock()
	defer one.mu.Unlock()
	used, left := p.pace.offered(t), time.Duration(t.Provider.Probe.HTTP.Pause)-e.At.Sub(one.at)
	if left > 0 && left <= time.Duration(t.Provider.Probe.HTTP.Pause) && !one.at.IsZero() {
		if used == one.used {
			again := one.seen
			again.At, again.ExpectedAccount, again.Facts = e.At, e.ExpectedAccount, e.Facts
			return again
		}
		e.Stage, e.Host, e.Meaning, e.RetryAfter = integration.StageRequest, address.Host, integration.MeaningRateLimited, left
		return e
	}
	p.http(ctx, t, &e)
	e.Took = p.Now().Sub(e.At)
	if e.HTTPStatus != 0 {
		one.at, one.used, one.seen = e.At, used, e
	}
	return e
}

// ownAddress notes this computer's public address for a service that goes by it, where the connection
// shows it: without a proxy, and without a router that translates addresses. Nobody else is asked.
func (p *Prober) ownAddress(t *Target, e *integration.Evidence, to *url.URL, seen *trace) {
	byAddress := slices.ContainsFunc(t.Provider.Answers, func(a catalog.Answer) bool { return a.Meaning == integration.MeaningKeyOrAddress })
	if !byAddress || e.HTTPStatus == 0 || p.Transport != nil {
		return
	}
	if via, err := p.Proxy(&http.Request{URL: to}); via != nil || err != nil {
		return
	}
	seen.mu.Lock()
	defer seen.mu.Unlock()
	e.Address = publicAddress(seen.local)
}

// publicAddress is the address of our end of a connection where the whole internet sees it as it is, else "".
func publicAddress(local net.Addr) string {
	if local == nil {
		return ""
	}
	at, err := netip.ParseAddrPort(strings.TrimSpace(local.String()))
	if err != nil {
		return ""
	}
	a := at.Addr().Unmap().WithZone("")
	if !a.IsGlobalUnicast() || a.IsPrivate() || shared.Contains(a) {
		return ""
	}
	return a.String()
}
