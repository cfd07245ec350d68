package store

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"relink/backend/integration"
)

// prepareFolder makes the data folder or checks it, closes it to others, and says whether it can be
// written.
func prepareFolder(dir string, log *slog.Logger) (path string, writable bool, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		var file *fs.PathError
		if errors.As(err, &file) && errors.Is(err, syscall.ENOTDIR) {
			return "", false, &UnsafeError{Path: file.Path, Why: UnsafeKind}
		}
		if errors.Is(err, fs.ErrPermission) || readOnlyFault(err) {
			err = errors.Join(integration.ErrReadOnly, err)
		}
		return "", false, full(err)
	}
	if path, err = filepath.Abs(dir); err != nil {
		return "", false, err
	}
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return "", false, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", false, err
	}
	if !info.IsDir() {
		return "", false, &UnsafeError{Path: path, Why: UnsafeKind}
	}
	if !ownedByUs(info) {
		return "", false, &UnsafeError{Path: path, Why: UnsafeOwner}
	}
	writable = canWrite(path) && canWriteFile(filepath.Join(path, fileName))
	if openToOthers(info) && writable {
		if err := closeFolder(path, info, log); err != nil {
			return "", false, err
		}
	}
	return path, writable, nil
}

// openToOthers says whether others than the owner get at a file or folder. Windows keeps that in access
// lists, which a profile's folder hands down.
func openToOthers(info fs.FileInfo) bool { return hasModes && info.Mode().Perm()&0o077 != 0 }

// closeFolder takes the folder away from others, but only one that is Relink's: closing a folder
// that holds other things could break whoever uses them.
func closeFolder(path string, info fs.FileInfo, log *slog.Logger) error {
	entries, err := os.ReadDir(path)
	if err != nil {
		return err
	}
	if info.Mode()&fs.ModeSticky != 0 || !allOurs(entries) {
		return &UnsafeError{Path: path, Why: UnsafeShared}
	}
	if err := os.Chmod(path, 0o700); err != nil {
		return err
	}
	log.Warn("data folder was open to others, closed", "path", path, "mode", info.Mode().Perm().String())
	return nil
}

// allOurs says whether a folder holds our database, or nothing that is not Relink's.
func allOurs(entries []fs.DirEntry) bool {
	ours := true
	for _, e := range entries {
		switch name := e.Name(); {
		case name == fileName || name == markerName:
			return true
		case strings.HasPrefix(name, "relink"), name == "providers", name == "locks", name == "logs", name == backupDir,
			strings.HasSuffix(name, ".lock"), strings.HasSuffix(name, ".log"):
		default:
			ours = false
		}
	}
	return ours
}

// guardFiles refuses what somebody else may have put where our files belong, and closes to others
// what is ours.
func (s *Store) guardFiles() error {
	names := []string{fileName, fileName + "-wal", fileName + "-shm", fileName + "-journal", markerName, lockName}
	for _, name := range names {
		if err := s.guard(filepath.Join(s.dir, name), false); err != nil {
			return err
		}
	}
	return s.guardBackups()
}

func (s *Store) guardBackups() error {
	dir := filepath.Join(s.dir, backupDir)
	if err := s.guard(dir, true); err != nil {
		return err
	}
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		err = errors.Join(err, s.guard(filepath.Join(dir, e.Name()), false))
	}
	return err
}

// guard looks at one path without following it.
func (s *Store) guard(path string, folder bool) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	switch {
	case err != nil:
		return err
	case info.Mode()&fs.ModeSymlink != 0:
		return &UnsafeError{Path: path, Why: UnsafeSymlink}
	case info.IsDir() != folder, !folder && !info.Mode().IsRegular():
		return &UnsafeError{Path: path, Why: UnsafeKind}
	case !ownedByUs(info):
		return &UnsafeError{Path: path, Why: UnsafeOwner}
	case !openToOthers(info):
		return nil
	}
	mode := fs.FileMode(0o600)
	if folder {
		mode = 0o700
	}
	if err := os.Chmod(path, mode); err != nil {
		return err
	}
	s.log.Warn("file was open to others, closed", "path", path, "mode", info.Mode().Perm().String())
	return nil
}

// marker returns the id of the database that was made here, "" before the first.
func (s *Store) marker() (string, error) {
	b, err := os.ReadFile(filepath.Join(s.dir, markerName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("read the marker: %w", err)
	}
	return strings.TrimSpace(string(b)), nil
}

// writeMarker notes which database belongs here. The file beside it has a name of its own: two processes may
// make the folder's first database at the same time, and neither may take away what the other is writing.
func (s *Store) writeMarker(id string) error {
	path := filepath.Join(s.dir, markerName)
	f, err := os.CreateTemp(s.dir, markerName+".*.part") // mode 0600
	if err != nil {
		return full(err)
	}
	_, err = f.WriteString(id + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return full(errors.Join(err, os.Remove(f.Name())))
	}
	return os.Rename(f.Name(), path)
}
