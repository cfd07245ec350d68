package store

import (
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"relink/backend/integration"
)

// ErrNewer means that a newer Relink made the database. It was not touched.
var ErrNewer = errors.New("the database was made by a newer version of Relink")

// ErrFull means that the disk is full. What was stored before is whole, and writing works again
// once there is room.
var ErrFull = errors.New("the disk is full")

// CorruptError means that the database file is damaged. The file is kept as it is.
type CorruptError struct {
	Path   string // of the damaged file
	Backup string // the last backup, "" when there is none
	Reason string // for the log
}

// Error names the file and the backup.
func (e *CorruptError) Error() string {
	if e.Backup == "" {
		return fmt.Sprintf("the database %s is damaged (%s); there is no backup", e.Path, e.Reason)
	}
	return fmt.Sprintf("the database %s is damaged (%s); the last backup is %s", e.Path, e.Reason, e.Backup)
}

// UnsafeError means that other people could read or replace what is in the data folder.
type UnsafeError struct {
	Path string
	Why  Unsafe
}

// Unsafe is why a path is not used.
type Unsafe string

// The reasons.
const (
	UnsafeSymlink Unsafe = "symlink" // where a file of ours should be
	UnsafeOwner   Unsafe = "owner"   // it belongs to another user
	UnsafeShared  Unsafe = "shared"  // a folder that others can read and that holds other things than ours
	UnsafeKind    Unsafe = "kind"    // neither a file nor a folder, or the wrong one
)

// Error names the path and the reason.
func (e *UnsafeError) Error() string { return fmt.Sprintf("%s is not safe to use: %s", e.Path, e.Why) }

// fault gives an error of SQLite the name that callers know it by.
func (s *Store) fault(what string, err error) error {
	return fmt.Errorf("%s: %w", what, s.named(err))
}

func (s *Store) named(err error) error {
	var raw *sqlite.Error
	if !errors.As(err, &raw) {
		return err
	}
	switch raw.Code() {
	case sqlite3.SQLITE_IOERR_SHMSIZE, sqlite3.SQLITE_IOERR_SHMMAP:
		return errors.Join(ErrFull, err) // the log's index could not grow
	case sqlite3.SQLITE_IOERR_SHORT_READ:
		return s.corrupt(raw.Error()) // the file ends before a page that it should have
	}
	switch raw.Code() & 0xff {
	case sqlite3.SQLITE_FULL:
		return errors.Join(ErrFull, err)
	case sqlite3.SQLITE_READONLY:
		return errors.Join(integration.ErrReadOnly, err)
	case sqlite3.SQLITE_BUSY:
		return errors.Join(integration.ErrBusy, err)
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return s.corrupt(raw.Error())
	}
	return err
}

// corrupt names the damaged file and the last backup.
func (s *Store) corrupt(reason string) error {
	return &CorruptError{Path: s.Path(), Backup: s.lastBackup(), Reason: reason}
}

// taken says whether err is the refusal of a second row with the same name.
func taken(err error) bool {
	var raw *sqlite.Error
	return errors.As(err, &raw) && raw.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE
}
