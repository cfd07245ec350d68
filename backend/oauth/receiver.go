package oauth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	holdFor   = 20 * time.Second       // a page's wait for the outcome; then it asks again
	lingerFor = 900 * time.Millisecond // Close's wait for the browser to fetch the outcome
)

// ReceiverOptions say where the redirect is awaited.
type ReceiverOptions struct {
	// Host stands in the redirect URI: 127.0.0.1 when empty, or localhost; 127.0.0.1 is bound either way.
	// Where this computer has no 127.0.0.1, it is [::1], unless 127.0.0.1 was asked for by name.
	Host  string
	Ports []int  // registered with the server, tried in turn; empty means any free one
	Path  string // registered with the server; empty means /callback/ and a random part
	Page  PageTexts
	// Logger gets one line for each request that was ignored, without its values; nil means none.
	Logger *slog.Logger
}

// PortsBusy means that another program holds all ports that the redirect may use.
type PortsBusy struct {
	Ports  []int
	Holder string // of the first one: the program and its process id, where the system tells it, else ""
}

// Error names the ports and who holds the first.
func (e PortsBusy) Error() string {
	names := make([]string, len(e.Ports))
	for i, port := range e.Ports {
		names[i] = strconv.Itoa(port)
	}
	text := "other programs use the local port " + strings.Join(names, ", ")
	if e.Holder != "" {
		text += " (" + e.Holder + ")"
	}
	return text
}

// ErrClosed means that the Receiver was closed while an answer was awaited.
var ErrClosed = errors.New("the receiver is closed")

// Receiver awaits one redirect on the loopback interface (RFC 8252 section 7.3). A request that is
// not the genuine answer is refused and changes nothing: the wait goes on.
type Receiver struct {
	listener *gate
	server   *http.Server
	uri      string
	path     string // of the redirect
	clean    string // where the browser is sent, so that code and state leave its address bar
	pages    pages
	log      *slog.Logger

	start    sync.Once
	served   chan struct{} // closed when the server has ended
	genuine  chan Callback // holds the one genuine answer
	finished chan struct{} // closed by Finish
	shown    chan struct{} // closed when the browser got the outcome's page
	showOnce sync.Once
	closing  chan struct{}
	quit     sync.Once

	mu       sync.Mutex
	request  *Request // awaited now
	answered bool
	outcome  *bool
}

// Listen binds the port, before any browser is opened. The error is a PortsBusy, or what the system
// said about the loopback address.
func Listen(o ReceiverOptions) (*Receiver, error) {
	bound, err := bind(o.Ports, o.Host != "127.0.0.1")
	if err != nil {
		return nil, err
	}
	host, path := o.Host, o.Path
	if host == "" {
		host = bound.Addr().(*net.TCPAddr).IP.String()
	}
	if path == "" {
		path = "/callback/" + random()
	}
	authority := net.JoinHostPort(host, strconv.Itoa(bound.Addr().(*net.TCPAddr).Port))
	rc := &Receiver{
		listener: newGate(bound),
		uri:      "http://" + authority + path,
		path:     path,
		clean:    "/done/" + random(),
		log:      o.Logger,
		served:   make(chan struct{}),
		genuine:  make(chan Callback, 1),
		finished: make(chan struct{}),
		shown:    make(chan struct{}),
		closing:  make(chan struct{}),
	}
	if rc.log == nil {
		rc.log = slog.New(slog.DiscardHandler)
	}
	rc.pages = newPages(o.Page, rc.clean+"/outcome")
	rc.server = &http.Server{
		Handler:           rc.guard(authority),
		ReadHeaderTimeout: 5 * time.Second,
		WriteTimeout:      holdFor + 10*time.Second,
		MaxHeaderBytes:    4 << 10, // net/http adds 4 KiB of its own: 8 KiB in all
		ErrorLog:          log.New(io.Discard, "", 0),
		ConnContext:       rc.listener.connContext,
	}
	rc.server.SetKeepAlivesEnabled(false)
	return rc, nil
}

// bind takes the first free port of the list on 127.0.0.1, or, where that address is not there and six
// allows it, on ::1 (RFC 8252 section 7.3).
func bind(ports []int, six bool) (net.Listener, error) {
	if len(ports) == 0 {
		ports = []int{0}
	}
	for _, port := range ports {
		l, err := net.Listen("tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil && !portTaken(err) && six {
			var missing error
			if l, missing = net.Listen("tcp6", net.JoinHostPort("::1", strconv.Itoa(port))); missing == nil || portTaken(missing) {
				err = missing
			}
		}
		switch {
		case err == nil:
			return l, nil
		case !portTaken(err):
			return nil, fmt.Errorf("listen on this computer for the redirect: %w", err)
		}
	}
	return nil, PortsBusy{Ports: ports, Holder: holder(ports[0])}
}

// RedirectURI is the address to ask the server to redirect to.
func (rc *Receiver) RedirectURI() string { return rc.uri }

// Expect lets the genuine answer to r in from now on, for Await to return. Before it, a redirect
// waits at the door.
func (rc *Receiver) Expect(r *Request) {
	rc.mu.Lock()
	if !rc.answered {
		rc.request = r
	}
	rc.mu.Unlock()
	rc.start.Do(func() { go rc.serve() })
}

// Await expects r and returns the genuine answer to it. It ends otherwise only with ctx (its error)
// or Close (ErrClosed). Until Finish the browser shows that the work goes on.
func (rc *Receiver) Await(ctx context.Context, r *Request) (Callback, error) {
	rc.Expect(r)
	select {
	case c := <-rc.genuine:
		return c, nil
	case <-rc.closing:
		return Callback{}, ErrClosed
	case <-ctx.Done():
	}
	rc.mu.Lock()
	defer rc.mu.Unlock()
	rc.request = nil // an answer that comes late has no effect
	select {
	case c := <-rc.genuine: // it came together with the end of ctx
		return c, nil
	default:
		return Callback{}, ctx.Err()
	}
}

func (rc *Receiver) serve() {
	defer close(rc.served)
	_ = rc.server.Serve(rc.listener) // ends with Close
}

// Finish tells the page in the browser how it went. The first call counts.
func (rc *Receiver) Finish(ok bool) {
	rc.mu.Lock()
	defer rc.mu.Unlock()
	if rc.outcome == nil {
		rc.outcome = &ok
		close(rc.finished)
	}
}

// Close frees the port within a second: at once, or as soon as the browser has the outcome's page.
func (rc *Receiver) Close() error {
	rc.quit.Do(func() {
		rc.linger()
		close(rc.closing)
		_ = rc.server.Close()
		_ = rc.listener.Close()
		started := true
		rc.start.Do(func() { started = false })
		if started {
			<-rc.served
		}
	})
	return nil
}

// linger gives the browser the time to fetch the outcome, where it is about to.
func (rc *Receiver) linger() {
	rc.mu.Lock()
	expected := rc.answered && rc.outcome != nil
	rc.mu.Unlock()
	if !expected {
		return
	}
	timer := time.NewTimer(lingerFor)
	defer timer.Stop()
	select {
	case <-rc.shown:
	case <-timer.C:
	}
}
