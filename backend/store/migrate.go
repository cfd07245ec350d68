package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"github.com/pressly/goose/v3"

	"relink/backend/integration"
)

//go:embed migrations/*.sql
var migrations embed.FS

// numbered returns the migrations by their file names, in order.
func numbered() []fs.DirEntry {
	entries, _ := fs.ReadDir(migrations, "migrations") // embedded: always there
	return entries
}

// latest is the schema version that this program knows.
func latest() int64 {
	entries := numbered()
	number, _, _ := strings.Cut(entries[len(entries)-1].Name(), "_")
	n, _ := strconv.ParseInt(number, 10, 64) // a test reads every name
	return n
}

// schemaVersion asks the file for its schema version; 0 is a file that its maker did not finish.
func (s *Store) schemaVersion(ctx context.Context) (int64, error) {
	const tables = `SELECT count(*), count(*) FILTER (WHERE name = 'goose_db_version') FROM sqlite_schema WHERE type = 'table'`
	const query = `SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied`
	var all, ours int
	if err := s.reads.QueryRowContext(ctx, tables).Scan(&all, &ours); err != nil {
		return 0, s.fault("read the schema", err)
	}
	switch {
	case all == 0:
		return 0, nil
	case ours == 0:
		return 0, s.corrupt("the file is another program's database")
	}
	var version int64
	if err := s.reads.QueryRowContext(ctx, query).Scan(&version); err != nil {
		return 0, s.fault("read the schema version", err)
	}
	return version, nil
}

// make makes the database; another process may have made it while this one waited.
func (s *Store) make(ctx context.Context) error {
	f, err := os.OpenFile(s.Path(), os.O_RDWR|os.O_CREATE|noFollow, 0o600)
	if err != nil {
		return s.fault("make the database", full(err))
	}
	if err := f.Close(); err != nil {
		return err
	}
	if s.writes, err = connect(s.Path(), writeParams, 1); err != nil {
		return err
	}
	if err := s.migrate(ctx); err != nil {
		return err
	}
	if s.reads, err = connect(s.Path(), readParams, 2); err != nil {
		return err
	}
	return s.checkIdentity(ctx, "")
}

// upgrade brings an older database up, after a backup.
func (s *Store) upgrade(ctx context.Context) error {
	version, err := s.schemaVersion(ctx) // another process may have upgraded it meanwhile
	if err != nil {
		return err
	}
	if s.writes, err = connect(s.Path(), writeParams, 1); err != nil || version >= latest() {
		return err
	}
	if version > 0 {
		backup, err := s.Backup(ctx)
		if err != nil {
			return fmt.Errorf("back up before the upgrade: %w", err)
		}
		s.log.Info("database is upgraded", "from", version, "to", latest(), "backup", backup)
	}
	return s.migrate(ctx)
}

// migrate runs what is missing, each migration in its own synced transaction, and gives the file an
// identity if it has none.
func (s *Store) migrate(ctx context.Context) error {
	if _, err := s.writes.ExecContext(ctx, syncFull); err != nil {
		return s.fault("prepare the schema", err)
	}
	if err := migrateTo(ctx, s.writes, latest()); err != nil {
		return s.fault("upgrade the schema", err)
	}
	if _, err := s.writes.ExecContext(ctx, identityInsert, integration.NewID("db_", s.now()), s.now().UTC().Format(moment)); err != nil {
		return s.fault("name the database", err)
	}
	_, err := s.writes.ExecContext(ctx, syncNormal)
	return err
}

const identityInsert = `INSERT INTO identity (id, created_at) SELECT ?, ? WHERE NOT EXISTS (SELECT 1 FROM identity)`

// migrateTo runs the missing migrations up to a version.
func migrateTo(ctx context.Context, db *sql.DB, version int64) error {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, sub, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	_, err = provider.UpTo(ctx, version)
	return err
}

// emptyDatabase is what a folder that cannot be written and has no database shows.
func emptyDatabase(ctx context.Context) (*sql.DB, error) {
	db, err := sql.Open("sqlite", "file::memory:")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	if err := migrateTo(ctx, db, latest()); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}
