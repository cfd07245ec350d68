package tunnel

import (
	"net"
	"os"
	"sync"
	"time"
)

// deadlines gives a forwarded connection the deadlines that SSH channels lack: the database drivers
// rely on them. One that passes ends the connection, as no read may be left behind.
func deadlines(conn net.Conn) net.Conn { return &timed{Conn: conn} }

type timed struct {
	net.Conn
	mu          sync.Mutex
	read, write *time.Timer
	passed      bool
}

// SetDeadline sets both.
func (t *timed) SetDeadline(at time.Time) error {
	t.set(&t.read, at)
	t.set(&t.write, at)
	return nil
}

// SetReadDeadline bounds Read.
func (t *timed) SetReadDeadline(at time.Time) error { t.set(&t.read, at); return nil }

// SetWriteDeadline bounds Write.
func (t *timed) SetWriteDeadline(at time.Time) error { t.set(&t.write, at); return nil }

func (t *timed) set(timer **time.Timer, at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if *timer != nil {
		(*timer).Stop()
		*timer = nil
	}
	if !at.IsZero() {
		*timer = time.AfterFunc(time.Until(at), t.expire)
	}
}

func (t *timed) expire() {
	t.mu.Lock()
	t.passed = true
	t.mu.Unlock()
	_ = t.Conn.Close()
}

// Read reads, or says that the deadline passed.
func (t *timed) Read(b []byte) (int, error) {
	n, err := t.Conn.Read(b)
	return n, t.late(err)
}

// Write writes, or says that the deadline passed.
func (t *timed) Write(b []byte) (int, error) {
	n, err := t.Conn.Write(b)
	return n, t.late(err)
}

func (t *timed) late(err error) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err != nil && t.passed {
		return os.ErrDeadlineExceeded
	}
	return err
}

// Close ends the connection and its timers.
func (t *timed) Close() error {
	t.set(&t.read, time.Time{})
	t.set(&t.write, time.Time{})
	return t.Conn.Close()
}
