package reauth

import (
	"context"
	"fmt"

	"relink/backend/catalog"
	"relink/backend/oauth"
)

// arrival is how the answer of a consent comes back.
type arrival struct {
	receiver *oauth.Receiver // nil where the person brings it
	uri      string          // the redirect URI
	relay    string          // the relay page that leads to the receiver, "" where there is none
	anyPort  bool            // the receiver's port is one of its own, which nobody else needs
	request  *oauth.Request
}

// arrive prepares for an answer, before any page is opened. relay is "" where the way in cannot use one.
func (c *Conversations) arrive(r catalog.Redirect, relay string) (*arrival, error) {
	a := &arrival{}
	o := oauth.ReceiverOptions{Page: c.Page(), Logger: c.Log}
	switch {
	case r.Kind == "pin":
		a.uri = outOfBand
		return a, nil
	case r.Kind == "paste" && relay == "":
		a.uri = r.URI
		return a, nil
	case r.Kind == "paste":
		a.relay, a.anyPort = relay, true
	default:
		o.Host, o.Ports, o.Path = r.Host, r.Ports, r.Path
		a.anyPort = len(r.Ports) == 0
	}
	var err error
	if a.receiver, err = oauth.Listen(o); err != nil {
		return nil, fmt.Errorf("listen for the answer from the browser: %w", err)
	}
	if a.uri = a.receiver.RedirectURI(); a.relay != "" {
		a.uri = a.relay
	}
	return a, nil
}

// outOfBand asks for a number that the page shows, in place of a redirect (RFC 5849 section 2.1).
const outOfBand = "oob"

// expect lets the answer to the request in.
func (a *arrival) expect(r *oauth.Request) {
	a.request = r
	if a.receiver != nil {
		a.receiver.Expect(r)
	}
}

// await takes the first answer: from the receiver, or pasted.
func (a *arrival) await(ctx context.Context, pasted <-chan oauth.Callback) (oauth.Callback, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	received := make(chan oauth.Callback, 1)
	waited := make(chan struct{})
	go func() {
		defer close(waited)
		if a.receiver == nil {
			return
		}
		if callback, err := a.receiver.Await(ctx, a.request); err == nil {
			received <- callback
		}
	}()
	defer func() { stop(); <-waited }()
	select {
	case callback := <-received:
		return callback, nil
	case callback := <-pasted:
		return callback, nil
	case <-ctx.Done():
		return oauth.Callback{}, ctx.Err()
	}
}

// finish tells the page in the browser how it went.
func (a *arrival) finish(ok bool) {
	if a.receiver != nil {
		a.receiver.Finish(ok)
	}
}

// close frees the port.
func (a *arrival) close() {
	if a != nil && a.receiver != nil {
		_ = a.receiver.Close()
	}
}
