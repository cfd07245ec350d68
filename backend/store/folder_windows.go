package store

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/windows"
)

const (
	noFollow = 0
	hasModes = false // a profile's folder hands its access list down
)

func ownedByUs(fs.FileInfo) bool { return true }

// canWrite says whether files can be made in the folder.
func canWrite(dir string) bool {
	f, err := os.CreateTemp(dir, "relink-probe-*")
	if err != nil {
		return !errors.Is(err, fs.ErrPermission) && !readOnlyFault(err)
	}
	return errors.Join(f.Close(), os.Remove(f.Name())) == nil
}

// canWriteFile says whether the file can be changed; one that is not there can.
func canWriteFile(path string) bool {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return errors.Is(err, fs.ErrNotExist)
	}
	return f.Close() == nil
}

// readOnlyFault says whether err is that of a medium that is write-protected.
func readOnlyFault(err error) bool { return errors.Is(err, windows.ERROR_WRITE_PROTECT) }

// full gives the error of a full disk its name.
func full(err error) error {
	if errors.Is(err, windows.ERROR_DISK_FULL) || errors.Is(err, windows.ERROR_HANDLE_DISK_FULL) {
		return errors.Join(ErrFull, err)
	}
	return err
}

// syncFolder does nothing: Windows cannot flush a folder.
func syncFolder(string) error { return nil }
