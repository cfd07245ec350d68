package probe

import (
	"crypto/tls"
	"net"
	"net/http/httptrace"
	"sync"
	"time"

	"relink/backend/integration"
)

// trace notes how a connection came about. A dial may outlive the request that asked for it, so
// everything is behind a lock.
type trace struct {
	now   func() time.Time
	mu    sync.Mutex
	began time.Time
	stage integration.Stage // the one that is going on; "" before the first
	steps []integration.StepSeen
	warns bool     // what is going on goes well, and shows something to be mended
	kept  int      // steps that another attempt does not repeat
	local net.Addr // our end of the connection in use
	fixed bool     // the connection has signed in: what a dial in the background does now is no stage
}

// hooks are what net/http tells about a connection. On one that was kept alive only the first is called.
func (t *trace) hooks() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GotConn: func(got httptrace.GotConnInfo) {
			t.mu.Lock()
			t.local = got.Conn.LocalAddr()
			t.mu.Unlock()
			t.enter(integration.StageRequest, true)
		},
		DNSStart:          func(httptrace.DNSStartInfo) { t.enter(integration.StageDNS, true) },
		ConnectStart:      func(_, _ string) { t.enter(integration.StageTCP, true) },
		TLSHandshakeStart: func() { t.enter(integration.StageTLS, true) },
		TLSHandshakeDone:  func(_ tls.ConnectionState, err error) { t.leave(integration.StageTLS, err == nil) },
		DNSDone:           func(i httptrace.DNSDoneInfo) { t.leave(integration.StageDNS, i.Err == nil) },
	}
}

// enter ends the stage that is going on, if any, and begins the next. Two addresses of one host that
// are tried side by side are one stage.
func (t *trace) enter(s integration.Stage, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.stage == s || t.stage == integration.StageRequest || t.fixed {
		return
	}
	now := t.now()
	if t.stage != "" {
		t.note(t.stage, ok, now)
	}
	t.stage, t.began = s, now
}

// leave ends a stage, if it is the one that is going on and it went well; a failed one stays, as the
// place where the probe stopped.
func (t *trace) leave(s integration.Stage, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.stage != s || !ok || t.fixed {
		return
	}
	now := t.now()
	t.note(s, true, now)
	t.stage, t.began = "", now
}

func (t *trace) note(s integration.Stage, ok bool, now time.Time) {
	t.steps = append(t.steps, integration.StepSeen{Stage: s, OK: ok, Took: now.Sub(t.began), Warning: ok && t.warns})
	t.warns = false
}

// move ends the stage that is going on as one that went well and begins the next. The connections
// are there by then, so that only move decides from here on.
func (t *trace) move(s integration.Stage) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.stage == s {
		return
	}
	now := t.now()
	if t.stage != "" {
		t.note(t.stage, true, now)
	}
	t.stage, t.began, t.fixed = s, now, true
}

// at is the stage that is going on.
func (t *trace) at() integration.Stage {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.stage
}

// warn marks the step that is going on.
func (t *trace) warn() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.warns = true
}

// ended ends the last stage as one that went well, and returns all.
func (t *trace) ended() []integration.StepSeen {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.note(t.stage, true, t.now())
	return t.steps
}

// stopped returns the stage that was going on, or fallback, and the steps up to it as a failure.
func (t *trace) stopped(fallback integration.Stage) (integration.Stage, []integration.StepSeen) {
	t.mu.Lock()
	defer t.mu.Unlock()
	stage, now := t.stage, t.now()
	if stage == "" {
		stage = fallback
	}
	if t.began.IsZero() {
		t.began = now
	}
	t.note(stage, false, now)
	t.stage = integration.StageRequest // what a dial in the background does now is no part of it
	return stage, t.steps
}

// passed returns the steps so far, with the given ones in the place of the request's; the last of
// them took the time since the connection was there.
func (t *trace) passed(rest ...integration.StepSeen) []integration.StepSeen {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(rest) > 0 && !t.began.IsZero() {
		rest[len(rest)-1].Took = t.now().Sub(t.began)
	}
	return append(t.steps, rest...)
}

// keep makes what was passed so far stay for another attempt.
func (t *trace) keep() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = len(t.steps)
}

// again forgets everything but what is kept, for another attempt.
func (t *trace) again() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stage, t.steps, t.began, t.fixed = "", t.steps[:t.kept], time.Time{}, false
}
