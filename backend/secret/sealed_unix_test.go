//go:build unix

package secret

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestS11SealedFilesAreClosedToOthersWhateverTheUmask(t *testing.T) {
	for _, mask := range []int{0o000, 0o022, 0o277} {
		dir, key := filepath.Join(t.TempDir(), "vault"), Key{IdentityFile: identityFile(t)}
		old := syscall.Umask(mask)
		err := os.Mkdir(dir, 0o755)
		v := NewSealed(dir, key)
		err = errors.Join(err, os.Chmod(dir, 0o755), v.Set(t.Context(), "grt_a/1", New("x")), v.Set(t.Context(), "grt_a/1", New("y")))
		syscall.Umask(old)
		if err != nil {
			t.Fatal(err)
		}
		seen := 0
		err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			about, err := d.Info()
			want := fs.FileMode(0o600)
			if d.IsDir() {
				want = 0o700
			}
			if got := about.Mode().Perm(); err == nil && got&^want != 0 || got&0o600 == 0 && d.Name() != lockFile {
				t.Errorf("umask %03o: %s has mode %04o", mask, path, got)
			}
			seen++
			return err
		})
		if err != nil || seen < 4 {
			t.Errorf("%d files, %v", seen, err)
		}
	}
}

func TestS11ALinkInPlaceOfTheSealedFolderIsNotFollowed(t *testing.T) {
	dir, elsewhere := filepath.Join(t.TempDir(), "vault"), t.TempDir()
	if err := os.Symlink(elsewhere, dir); err != nil {
		t.Fatal(err)
	}
	v := NewSealed(dir, Key{IdentityFile: identityFile(t)})
	if err := v.Set(t.Context(), "grt_a/1", New("x")); !errors.Is(err, ErrRefused) {
		t.Errorf("got %v", err)
	}
	if entries, err := os.ReadDir(elsewhere); err != nil || len(entries) > 0 {
		t.Errorf("the link was followed: %v, %v", entries, err)
	}
}
