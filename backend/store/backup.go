package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"relink/backend/integration"
)

const (
	backupsKept  = 3
	backupPrefix = "relink-"
	backupSuffix = ".db"
	// stamp names a backup, and a damaged file that was set aside; the order of the names is the order of the times.
	stamp = "20060102T150405.000Z"
)

// Backup writes a copy of the database into the folder's backups, keeps the newest three, and
// returns the new one's path.
func (s *Store) Backup(ctx context.Context) (string, error) {
	if s.writes == nil {
		return "", fmt.Errorf("back up: %w", integration.ErrReadOnly)
	}
	path, err := s.backup(ctx)
	if err != nil {
		return "", s.fault("back up", full(err))
	}
	return path, nil
}

func (s *Store) backup(ctx context.Context) (string, error) {
	const copyAll = `VACUUM INTO ?`
	dir := filepath.Join(s.dir, backupDir)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	if err := s.guardBackups(); err != nil {
		return "", err
	}
	path := filepath.Join(dir, backupPrefix+s.now().UTC().Format(stamp)+backupSuffix)
	part := path + ".part" // a copy that was cut short must not pass for a backup
	f, err := os.OpenFile(part, os.O_RDWR|os.O_CREATE|os.O_EXCL|noFollow, 0o600)
	if err != nil {
		return "", err
	}
	defer f.Close()
	if _, err := s.writes.ExecContext(ctx, copyAll, part); err != nil {
		return "", errors.Join(err, os.Remove(part))
	}
	if err := errors.Join(f.Sync(), os.Rename(part, path), syncFolder(dir)); err != nil {
		return "", errors.Join(err, os.Remove(part))
	}
	return path, s.rotate(dir)
}

// rotate deletes all but the newest backups, and copies that were cut short.
func (s *Store) rotate(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	var errs []error
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".part") {
			errs = append(errs, os.Remove(filepath.Join(dir, e.Name())))
		}
	}
	names := backupNames(dir)
	for _, name := range names[:max(0, len(names)-backupsKept)] {
		errs = append(errs, os.Remove(filepath.Join(dir, name)))
	}
	return errors.Join(errs...)
}

// backupNames returns the backups in the folder, oldest first.
func backupNames(dir string) []string {
	entries, _ := os.ReadDir(dir) // a folder that cannot be read has no backup for us
	var names []string
	for _, e := range entries {
		if e.Type().IsRegular() && strings.HasPrefix(e.Name(), backupPrefix) && strings.HasSuffix(e.Name(), backupSuffix) {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	return names
}

// lastBackup returns the path of the newest backup, "" when there is none.
func (s *Store) lastBackup() string {
	dir := filepath.Join(s.dir, backupDir)
	names := backupNames(dir)
	if len(names) == 0 {
		return ""
	}
	return filepath.Join(dir, names[len(names)-1])
}

// Restore puts the last backup where the damaged database of a folder is. The damaged file is not
// deleted: it is renamed, and kept is its new path, "" when there was none. No process may have the
// folder open. It returns integration.ErrNotFound when there is no backup.
func Restore(dir string, now time.Time) (kept string, err error) {
	s := &Store{dir: dir}
	backup := s.lastBackup()
	if backup == "" {
		return "", fmt.Errorf("restore the last backup: %w", integration.ErrNotFound)
	}
	aside := s.Path() + ".damaged-" + now.UTC().Format(stamp)
	for _, end := range []string{"", "-wal", "-shm"} { // the log belongs to the damaged file alone
		err := os.Rename(s.Path()+end, aside+end)
		if err == nil && end == "" {
			kept = aside
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return kept, fmt.Errorf("set the damaged database aside: %w", err)
		}
	}
	if err := copyFile(backup, s.Path()); err != nil {
		return kept, fmt.Errorf("restore the last backup: %w", err)
	}
	return kept, nil
}

// copyFile makes a copy that only the owner can read; nothing may be in its place.
func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL|noFollow, 0o600)
	if err != nil {
		return full(err)
	}
	_, err = io.Copy(out, in)
	return full(errors.Join(err, out.Sync(), out.Close()))
}
