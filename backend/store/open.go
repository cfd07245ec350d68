package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"relink/backend/integration"
)

const (
	// smallFile is up to which size every start verifies the whole file; a larger one is verified by Upkeep.
	smallFile = 4 << 20
	// lockPatience is how long another process may take to make or upgrade the file.
	lockPatience = time.Minute
)

// busy_timeout comes first, so that it already holds for the pragmas after it. The mode is NORMAL:
// a transaction that must survive a lost power supply asks for more, see write.
const writeParams = `_pragma=busy_timeout(5000)&_pragma=journal_mode(wal)&_pragma=synchronous(normal)` +
	`&_pragma=foreign_keys(1)&_pragma=journal_size_limit(1048576)&_pragma=temp_store(memory)&_txlock=immediate`

const readParams = `_pragma=busy_timeout(5000)&_pragma=query_only(1)&_pragma=temp_store(memory)&mode=ro`

// dsn addresses a file, whatever characters its path has.
func dsn(path, params string) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // a Windows drive
	}
	return "file://" + (&url.URL{Path: path}).EscapedPath() + "?" + params
}

func connect(path, params string, conns int) (*sql.DB, error) {
	db, err := sql.Open("sqlite", dsn(path, params))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	return db, nil
}

// open finds out what lies in the folder and connects to it.
func (s *Store) open(ctx context.Context, dir string) error {
	folder, writable, err := prepareFolder(dir, s.log)
	if err != nil {
		return err
	}
	s.dir = folder
	if !writable {
		return s.openReadOnly(ctx)
	}
	if err := s.guardFiles(); err != nil {
		return err
	}
	marker, err := s.marker()
	if err != nil {
		return err
	}
	found, err := s.look(marker)
	if err != nil {
		return err
	}
	if found == fileNew {
		return s.locked(ctx, func() error { return s.make(ctx) })
	}
	if s.reads, err = connect(s.Path(), readParams, 2); err != nil {
		return err
	}
	version, err := s.schemaVersion(ctx)
	switch {
	case err != nil:
		return err
	case version > latest():
		return ErrNewer
	case version < latest():
		err = s.locked(ctx, func() error { return s.upgrade(ctx) })
	default:
		s.writes, err = connect(s.Path(), writeParams, 1)
	}
	if err != nil {
		return err
	}
	return s.checkIdentity(ctx, marker)
}

// checkIdentity makes sure that the side marker names this file, and verifies a small file as a whole.
func (s *Store) checkIdentity(ctx context.Context, marker string) error {
	const query = `SELECT id FROM identity`
	var id string
	if err := s.reads.QueryRowContext(ctx, query).Scan(&id); err != nil {
		return s.fault("read the identity", err)
	}
	if marker != id {
		if marker != "" {
			s.log.Warn("another database was put in place", "path", s.Path())
		}
		if err := s.writeMarker(id); err != nil {
			return err
		}
	}
	if size, err := fileSize(s.Path()); err != nil || size > smallFile {
		return err
	}
	return s.quickCheck(ctx)
}

// What lies where the database should be.
type found int

const (
	fileNew  found = iota // nothing yet
	fileOurs              // a database
)

// look tells a new folder from one whose database was emptied, cut off or overwritten.
func (s *Store) look(marker string) (found, error) {
	f, err := os.Open(s.Path())
	if errors.Is(err, fs.ErrNotExist) {
		if marker == "" {
			return fileNew, nil
		}
		return 0, s.corrupt("the file is gone")
	}
	if err != nil {
		return 0, err
	}
	defer f.Close()
	head := make([]byte, 100)
	n, err := io.ReadFull(f, head)
	switch {
	case n == 0 && marker == "":
		return fileNew, nil // a process ended between making the file and writing to it
	case n == 0:
		return 0, s.corrupt("the file is empty")
	case err != nil:
		return 0, s.corrupt("the file is cut off")
	case string(head[:16]) != "SQLite format 3\x00":
		return 0, s.corrupt("the file is no database")
	}
	return fileOurs, s.lookAtLength(f, head)
}

// lookAtLength compares the length of the file with the one in its header. While there is a log,
// the header may be ahead of the file.
func (s *Store) lookAtLength(f *os.File, head []byte) error {
	if size, _ := fileSize(s.Path() + "-wal"); size > 0 {
		return nil
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	page := int64(head[16])<<8 | int64(head[17])
	if page == 1 {
		page = 65536
	}
	pages := int64(head[28])<<24 | int64(head[29])<<16 | int64(head[30])<<8 | int64(head[31])
	if info.Size() < page*pages {
		return s.corrupt("the file is cut off")
	}
	return nil
}

// fileSize returns 0 for a file that is not there.
func fileSize(path string) (int64, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// locked runs f while no other process makes or upgrades the file.
func (s *Store) locked(ctx context.Context, f func() error) error {
	ctx, cancel := context.WithTimeout(ctx, lockPatience)
	defer cancel()
	lock := flock.New(filepath.Join(s.dir, lockName), flock.SetPermissions(0o600))
	if _, err := lock.TryLockContext(ctx, 20*time.Millisecond); err != nil {
		if err = full(err); ctx.Err() != nil {
			err = errors.Join(integration.ErrBusy, err)
		}
		return fmt.Errorf("wait for another process that makes or upgrades the database: %w", err)
	}
	return errors.Join(f(), lock.Close())
}

// openReadOnly connects for viewing. A folder that has no database yet is an empty one.
func (s *Store) openReadOnly(ctx context.Context) error {
	s.log.Warn("data folder cannot be written, view only", "path", s.dir)
	marker, err := s.marker()
	if err != nil {
		return err
	}
	found, err := s.look(marker)
	if err != nil {
		return err
	}
	if found == fileNew {
		s.reads, err = emptyDatabase(ctx)
		return err
	}
	params := readParams
	if size, _ := fileSize(s.Path() + "-wal"); size == 0 {
		params += "&immutable=1" // without a log SQLite would have to make one to look at the file
	}
	if s.reads, err = connect(s.Path(), params, 1); err != nil {
		return err
	}
	version, err := s.schemaVersion(ctx)
	switch {
	case err != nil:
		return err
	case version > latest():
		return ErrNewer
	case version < latest():
		return fmt.Errorf("the database needs an upgrade: %w", integration.ErrReadOnly)
	}
	return nil
}
