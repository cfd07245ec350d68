package probe_test

import (
	"context"
	"database/sql"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// held is a server with a table whose readers wait, so that a fault can come in mid-query.
type held struct {
	*server
	database string
	hold     func(t *testing.T) (waits func(), release func())
}

// patience is how long a test waits for a reader to come.
const patience = 20 * time.Second

// heldPostgres locks a table; a reader that waits shows in pg_locks.
func heldPostgres(s *server) held {
	return held{s, "held", func(t *testing.T) (waits, release func()) {
		t.Helper()
		ctx := context.Background()
		conn, err := pgx.Connect(ctx, "host="+s.host+" port="+s.port+" user=holder password=right dbname=held")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close(ctx) })
		if _, err := conn.Exec(ctx, "BEGIN; LOCK TABLE orders IN ACCESS EXCLUSIVE MODE"); err != nil {
			t.Fatal(err)
		}
		const waiting = "SELECT count(*) > 0 FROM pg_locks WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = 'held')"
		waits = func() {
			until(t, func() (there bool, err error) { return there, conn.QueryRow(ctx, waiting).Scan(&there) })
		}
		return waits, func() { _, _ = conn.Exec(ctx, "ROLLBACK") }
	}}
}

// heldMariaDB locks a table; a reader that waits shows in the list of processes.
func heldMariaDB(s *server) held {
	return held{s, "held", func(t *testing.T) (waits, release func()) {
		t.Helper()
		db, err := sql.Open("mysql", "holder:right@tcp("+net.JoinHostPort(s.host, s.port)+")/held")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { db.Close() })
		db.SetMaxOpenConns(1) // the lock is the connection's
		if _, err := db.Exec("LOCK TABLES orders WRITE"); err != nil {
			t.Fatal(err)
		}
		const waiting = "SELECT COUNT(*) > 0 FROM information_schema.PROCESSLIST WHERE DB = 'held' AND STATE LIKE 'Waiting for table%'"
		waits = func() {
			until(t, func() (there bool, err error) { return there, db.QueryRow(waiting).Scan(&there) })
		}
		return waits, func() { _, _ = db.Exec("UNLOCK TABLES") }
	}}
}

// until asks again and again.
func until(t *testing.T, there func() (bool, error)) {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); {
		found, err := there()
		if err != nil {
			t.Error(err)
			return
		}
		if found {
			return
		}
	}
	t.Error("no reader came")
}

// gate makes readers wait at a peer.
type gate struct {
	come chan struct{} // a reader is there
	mu   sync.Mutex
	open chan struct{} // closed: readers pass
}

func newGate() *gate {
	g := &gate{come: make(chan struct{}, 1), open: make(chan struct{})}
	close(g.open)
	return g
}

// pass is where a reader waits.
func (g *gate) pass() {
	select {
	case g.come <- struct{}{}:
	default:
	}
	g.mu.Lock()
	open := g.open
	g.mu.Unlock()
	<-open
}

// hold closes the gate.
func (g *gate) hold(t *testing.T) (waits, release func()) {
	select {
	case <-g.come:
	default:
	}
	open := make(chan struct{})
	g.mu.Lock()
	g.open = open
	g.mu.Unlock()
	waits = func() {
		select {
		case <-g.come:
		case <-time.After(patience):
			t.Error("no reader came")
		}
	}
	return waits, func() { close(open) }
}
