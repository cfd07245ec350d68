//go:build unix

package store_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"relink/backend/store"
)

// unsafe wants the refusal of a path for a reason.
func unsafe(t *testing.T, err error, path string, why store.Unsafe) {
	t.Helper()
	var refused *store.UnsafeError
	if !errors.As(err, &refused) || refused.Why != why || refused.Path != path {
		t.Errorf("got %v, want %s refused because of %s", err, path, why)
	}
}

func TestS11FilesAreClosedToOthersWhateverTheUmask(t *testing.T) {
	for _, mask := range []int{0o000, 0o022, 0o077} {
		old := syscall.Umask(mask)
		defer syscall.Umask(old)
		dir := filepath.Join(t.TempDir(), "deep", "folder")
		s := openAt(t, dir)
		add(t, s, "int_1", "Ads")
		if _, err := s.Backup(t.Context()); err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			info, err := e.Info()
			want := fs.FileMode(0o600)
			if e.IsDir() {
				want = 0o700
			}
			if err == nil && info.Mode().Perm() != want {
				t.Errorf("umask %03o: %s has mode %04o", mask, path, info.Mode().Perm())
			}
			seen[filepath.Base(path)] = true
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"relink.db", "relink.db-wal", "relink.db-shm", "relink.db.id", "relink.db.lock", "backups"} {
			if !seen[name] {
				t.Errorf("%s was not looked at", name)
			}
		}
	}
}

func TestS11WhatIsOpenToOthersIsClosedWithANotice(t *testing.T) {
	dir, path := madeWith(t, 1)
	backups := filepath.Join(dir, "backups")
	if err := errors.Join(os.Mkdir(backups, 0o755), os.WriteFile(filepath.Join(backups, "relink-1.db"), nil, 0o644), os.Chmod(dir, 0o755), os.Chmod(path, 0o644)); err != nil {
		t.Fatal(err)
	}
	out := logged(t, dir)
	for _, p := range []string{dir, path, backups, filepath.Join(backups, "relink-1.db")} {
		info, err := os.Stat(p)
		if err != nil || info.Mode().Perm()&0o077 != 0 || !strings.Contains(out, "path="+p+" ") {
			t.Errorf("%s: %v, %v, log %s", p, info.Mode(), err, out)
		}
	}
}

func TestS11AFolderThatIsNotRelinksIsNotClosed(t *testing.T) {
	full, sticky := t.TempDir(), t.TempDir()
	if err := errors.Join(os.WriteFile(filepath.Join(full, "letter.txt"), nil, 0o644), os.Chmod(full, 0o755), os.Chmod(sticky, 0o777|fs.ModeSticky)); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{full, sticky} {
		before, _ := os.Stat(dir)
		_, err := reopen(t, dir)
		unsafe(t, err, dir, store.UnsafeShared)
		if after, _ := os.Stat(dir); after.Mode() != before.Mode() {
			t.Errorf("%s: mode changed from %v to %v", dir, before.Mode(), after.Mode())
		}
	}
}

func TestS11ALinkInPlaceOfAFileIsNotFollowed(t *testing.T) {
	for _, name := range []string{"relink.db", "relink.db-wal", "relink.db-shm", "relink.db.id", "relink.db.lock", "backups"} {
		dir, elsewhere := t.TempDir(), t.TempDir()
		target := filepath.Join(elsewhere, "target")
		if err := errors.Join(os.WriteFile(target, nil, 0o600), os.Symlink(target, filepath.Join(dir, name))); err != nil {
			t.Fatal(err)
		}
		_, err := reopen(t, dir)
		unsafe(t, err, filepath.Join(dir, name), store.UnsafeSymlink)
		if b, err := os.ReadFile(target); err != nil || len(b) > 0 {
			t.Errorf("%s: the link was followed: %d bytes, %v", name, len(b), err)
		}
	}
}

func TestS11ALinkAmongTheBackupsIsNotFollowed(t *testing.T) {
	dir := t.TempDir()
	s := openAt(t, dir)
	backups, target := filepath.Join(dir, "backups"), filepath.Join(t.TempDir(), "target")
	if err := errors.Join(os.Mkdir(backups, 0o700), os.WriteFile(target, nil, 0o600), os.Symlink(target, filepath.Join(backups, "relink-1.db.part"))); err != nil {
		t.Fatal(err)
	}
	_, err := s.Backup(t.Context())
	unsafe(t, err, filepath.Join(backups, "relink-1.db.part"), store.UnsafeSymlink)
}

func TestS11WhatBelongsToAnotherUserIsRefused(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give a file away")
	}
	const nobody = 65534
	dir, path := madeWith(t, 1)
	if err := os.Chown(path, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	_, err := reopen(t, dir)
	unsafe(t, err, path, store.UnsafeOwner)
	if err := errors.Join(os.Chown(path, 0, 0), os.Chown(dir, nobody, nobody)); err != nil {
		t.Fatal(err)
	}
	_, err = reopen(t, dir)
	unsafe(t, err, dir, store.UnsafeOwner)
}
