// Package store answers what Relink remembers between two runs: integrations, grants without their
// secrets, the last known truth, history, and what the person is still to be told.
//
// # Why
// One SQLite file in write-ahead mode serves the window and the command line at once. History is
// changes and counters, because a row for each check would be gigabytes a year. What a lost power
// supply may not take (grants, and which version of their secret counts) is synced to the disk in
// its transaction; history is synced when the log is folded into the file. A file that is damaged,
// emptied or made by a newer Relink is refused as it is: nothing here repairs by deleting.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"relink/backend/integration"
)

// The names inside the data folder.
const (
	fileName   = "relink.db"
	markerName = "relink.db.id"
	lockName   = "relink.db.lock" // held while the file is made or upgraded
	backupDir  = "backups"
)

// Options are what a Store needs from outside.
type Options struct {
	Now    func() time.Time // time.Now when nil
	Logger *slog.Logger     // discards when nil
	Actor  string           // who acts through this store: integration.ActorWindow, integration.ActorCLI
}

// Store is one open data folder. Its methods may be called from several goroutines.
type Store struct {
	dir    string
	now    func() time.Time
	log    *slog.Logger
	actor  string
	writes *sql.DB // one connection; nil in view-only mode
	reads  *sql.DB

	preparing sync.Mutex
	hot       *hotStatements // of Record; nil before the first
}

// Open opens the data folder, makes it when it is new and upgrades it when it is old. It returns
// ErrNewer, a *CorruptError, an *UnsafeError, ErrFull, or what the system said. A folder that cannot
// be written opens in view-only mode: see ReadOnly.
func Open(ctx context.Context, dir string, o Options) (*Store, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Store{now: o.Now, log: o.Logger, actor: o.Actor}
	if err := s.open(ctx, dir); err != nil {
		return nil, fmt.Errorf("open the data folder: %w", errors.Join(err, s.Close()))
	}
	return s, nil
}

// Path returns the database file.
func (s *Store) Path() string { return filepath.Join(s.dir, fileName) }

// ReadOnly says whether the data folder cannot be written; every writing method then returns
// integration.ErrReadOnly.
func (s *Store) ReadOnly() bool { return s.writes == nil }

// Close ends the store and folds the log into the file.
func (s *Store) Close() error {
	var errs []error
	if s.hot != nil {
		errs = append(errs, s.hot.close())
		s.hot = nil
	}
	for _, db := range []*sql.DB{s.reads, s.writes} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...) // whoever comes too late is told that it is closed
}

// DataVersion returns a number that changes when another process wrote to the store, and stays when
// this one did.
func (s *Store) DataVersion(ctx context.Context) (int64, error) {
	db := s.writes
	if db == nil {
		db = s.reads
	}
	var version int64
	if err := db.QueryRowContext(ctx, `PRAGMA data_version`).Scan(&version); err != nil {
		return 0, s.fault("ask for the data version", err)
	}
	return version, nil
}

// durability is what a transaction must survive.
type durability int

const (
	relaxed durability = iota // a killed process
	synced                    // a lost power supply too
)

const (
	syncFull   = `PRAGMA synchronous = FULL`
	syncNormal = `PRAGMA synchronous = NORMAL`
)

// write runs f in one transaction on the only writing connection.
func (s *Store) write(ctx context.Context, what string, d durability, f func(*sql.Tx) error) error {
	if s.writes == nil {
		return fmt.Errorf("%s: %w", what, integration.ErrReadOnly)
	}
	conn, err := s.writes.Conn(ctx)
	if err != nil {
		return s.fault(what, err)
	}
	defer conn.Close()
	if d == synced {
		if _, err := conn.ExecContext(ctx, syncFull); err != nil {
			return s.fault(what, err)
		}
		defer conn.ExecContext(context.WithoutCancel(ctx), syncNormal)
	}
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return s.fault(what, err)
	}
	defer tx.Rollback()
	if err := f(tx); err != nil {
		return s.fault(what, err)
	}
	if err := tx.Commit(); err != nil {
		return s.fault(what, err)
	}
	return nil
}
