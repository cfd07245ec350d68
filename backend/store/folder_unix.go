//go:build unix

package store

import (
	"errors"
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

const (
	noFollow = syscall.O_NOFOLLOW
	hasModes = true
)

// ownedByUs says whether the file belongs to the user who runs Relink.
func ownedByUs(info fs.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(st.Uid) == os.Geteuid()
}

// canWrite says whether files can be made in the folder.
func canWrite(dir string) bool { return unix.Access(dir, unix.W_OK|unix.X_OK) == nil }

// canWriteFile says whether the file can be changed; one that is not there can.
func canWriteFile(path string) bool {
	err := unix.Access(path, unix.W_OK)
	return err == nil || errors.Is(err, fs.ErrNotExist)
}

// readOnlyFault says whether err is that of a file system that is mounted for reading.
func readOnlyFault(err error) bool { return errors.Is(err, syscall.EROFS) }

// full gives the error of a full disk its name.
func full(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return errors.Join(ErrFull, err)
	}
	return err
}

// syncFolder makes a rename inside of the folder survive a lost power supply.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
