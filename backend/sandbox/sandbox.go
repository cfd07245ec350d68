// Package sandbox answers what happens when a provider changes its mind: it is a small world of
// services on loopback whose tokens can be revoked, whose scopes can be dropped, and which can go
// down, for the demo and for tests.
//
// # Why
// Each service is a listener of its own, so that a dead one really refuses connections. The protocol
// is a kept library's, zitadel/oidc, called function by function: the linker then takes a fifth of
// what ory/fosite weighs (2.2 MB against 10.7 MB more than an empty web server), and nothing is
// written to the program's log. Its example storage does not revoke a family when a spent refresh
// token comes back; the one here does. Tokens are judged by that storage at every API request, so
// what is revoked is refused at once.
package sandbox

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// Options are what a world is made from. The zero Options make the demo's world.
type Options struct {
	Now func() time.Time // the world's clock; time.Now when nil
	// Access and Refresh are the lives of tokens: one hour and 90 days when zero.
	Access, Refresh time.Duration
	// Seeds are the services; Seeds() when empty.
	Seeds []Seed
}

// first lets World have the methods of its first service, for worlds that need only one.
type first = Service

// World is a set of services and a browser to consent with. Its own methods beyond those below are
// those of its first service.
type World struct {
	*first
	services []*Service
	stop     context.CancelFunc
	ctx      context.Context // of the browser's open pages, until Close
	tabs     sync.WaitGroup
	browser  *http.Transport
	once     sync.Once
}

// Start opens the services on free ports of 127.0.0.1. They live until Close, or the end of ctx.
func Start(ctx context.Context, o Options) (*World, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Access == 0 {
		o.Access = time.Hour
	}
	if o.Refresh == 0 {
		o.Refresh = 90 * 24 * time.Hour
	}
	if len(o.Seeds) == 0 {
		o.Seeds = Seeds()
	}
	w := &World{browser: &http.Transport{MaxIdleConnsPerHost: 1, IdleConnTimeout: time.Second}}
	w.ctx, w.stop = context.WithCancel(context.WithoutCancel(ctx))
	for _, seed := range o.Seeds {
		s, err := newService(seed, o)
		if err == nil {
			err = s.listen("127.0.0.1:0")
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("start the sandbox service %s: %w", seed.ID, err), w.Close())
		}
		w.services = append(w.services, s)
	}
	w.first = w.services[0]
	context.AfterFunc(ctx, func() { _ = w.Close() })
	return w, nil
}

// Close ends the services and the browser's pages.
func (w *World) Close() error {
	w.once.Do(func() {
		w.stop()
		for _, s := range w.services {
			s.Down()
		}
		w.tabs.Wait()
		w.browser.CloseIdleConnections()
	})
	return nil
}

// Services returns all services, in the order of their seeds.
func (w *World) Services() []*Service { return w.services }

// Service returns the service with this provider id or name, or nil.
func (w *World) Service(name string) *Service {
	for _, s := range w.services {
		if s.seed.ID == name || s.seed.Name == name {
			return s
		}
	}
	return nil
}

// Client returns the OAuth client that is registered with a service, or empty strings.
func (w *World) Client(service string) (id, secret string) {
	if s := w.Service(service); s != nil {
		return s.Client()
	}
	return "", ""
}

// ProviderYAML returns the provider.yaml of a service in this world, or nil.
func (w *World) ProviderYAML(service string) []byte {
	if s := w.Service(service); s != nil {
		return s.ProviderYAML()
	}
	return nil
}
