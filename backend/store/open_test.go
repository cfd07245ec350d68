package store_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"relink/backend/integration"
	"relink/backend/store"
)

// reopen opens a folder that a test has meddled with.
func reopen(t *testing.T, dir string) (*store.Store, error) {
	t.Helper()
	s, err := store.Open(t.Context(), dir, store.Options{Now: func() time.Time { return start }})
	if s != nil {
		t.Cleanup(func() { s.Close() })
	}
	return s, err
}

// madeWith makes a folder with n integrations, closes it, and returns it with its database's path.
func madeWith(t *testing.T, n int) (dir, path string) {
	t.Helper()
	dir = t.TempDir()
	s := openAt(t, dir)
	record(t, s, fill(t, s, n))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return dir, s.Path()
}

// wantCorrupt wants the refusal that names the kept file, and the file as it was.
func wantCorrupt(t *testing.T, dir, path, backup string, before []byte) {
	t.Helper()
	_, err := reopen(t, dir)
	var corrupt *store.CorruptError
	if !errors.As(err, &corrupt) {
		t.Fatalf("got %v, want a CorruptError", err)
	}
	if corrupt.Path != path || corrupt.Backup != backup {
		t.Errorf("names %q and backup %q, want %q and %q", corrupt.Path, corrupt.Backup, path, backup)
	}
	if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
		t.Error("the damaged file was changed")
	}
}

func TestQ4ADamagedFileIsRefusedKeptAndTheBackupNamed(t *testing.T) {
	for name, damage := range map[string]func([]byte) []byte{
		"header":        func(b []byte) []byte { copy(b, "not a database at all"); return b },
		"cut off":       func(b []byte) []byte { return b[:len(b)/2] },
		"cut mid page":  func(b []byte) []byte { return b[:len(b)-100] },
		"cut to a word": func(b []byte) []byte { return b[:20] },
		"emptied":       func([]byte) []byte { return nil },
		"pages":         func(b []byte) []byte { clear(b[4096 : len(b)/2]); return b },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := openAt(t, dir)
			record(t, s, fill(t, s, 30))
			backup := must[string](t)(s.Backup(t.Context()))
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			whole, err := os.ReadFile(s.Path())
			if err != nil {
				t.Fatal(err)
			}
			damaged := damage(whole)
			if err := os.WriteFile(s.Path(), damaged, 0o600); err != nil {
				t.Fatal(err)
			}
			wantCorrupt(t, dir, s.Path(), backup, damaged)
			kept, err := store.Restore(dir, start)
			if err != nil {
				t.Fatal(err)
			}
			if after, _ := os.ReadFile(kept); !bytes.Equal(damaged, after) {
				t.Errorf("the damaged file was not kept at %s", kept)
			}
			restored := openAt(t, dir)
			if all := must[[]integration.Integration](t)(restored.Integrations(t.Context())); len(all) != 30 {
				t.Errorf("%d integrations restored", len(all))
			}
		})
	}
}

func TestQ4ALostFileIsNotAnEmptyOne(t *testing.T) {
	dir, path := madeWith(t, 1)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	var corrupt *store.CorruptError
	if _, err := reopen(t, dir); !errors.As(err, &corrupt) || corrupt.Backup != "" {
		t.Errorf("got %v", err)
	}
	if _, err := store.Restore(dir, start); !errors.Is(err, integration.ErrNotFound) {
		t.Errorf("restore without a backup: %v", err)
	}
}

func TestQ4AnotherProgramsDatabaseIsRefused(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "relink.db")
	db := must[*sql.DB](t)(sql.Open("sqlite", path))
	if _, err := db.Exec(`CREATE TABLE notes (a TEXT)`); err != nil {
		t.Fatal(err)
	}
	db.Close()
	before, _ := os.ReadFile(path)
	wantCorrupt(t, dir, path, "", before)
}

// TestQ4RandomPageDamageIsNeverSilent flips bytes in random pages: whatever is opened afterwards
// tells everything that was stored, or an error; never less.
func TestQ4RandomPageDamageIsNeverSilent(t *testing.T) {
	dir, path := madeWith(t, 60)
	whole := must[[]byte](t)(os.ReadFile(path))
	random := rand.New(rand.NewPCG(1, 2))
	refused := 0
	for range 100 {
		damaged := bytes.Clone(whole)
		page := random.IntN(len(whole)/4096) * 4096
		for range 64 {
			damaged[page+random.IntN(4096)] ^= byte(1 + random.IntN(255))
		}
		if err := os.WriteFile(path, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		if tellsLess(t, dir, 60) {
			refused++
		}
	}
	t.Logf("%d of 100 refused at once or when read", refused)
	if refused < 50 {
		t.Errorf("only %d of 100 damaged files were noticed", refused)
	}
}

// tellsLess reads everything; false when it is all there, true when an error said why not.
func tellsLess(t *testing.T, dir string, n int) bool {
	t.Helper()
	s, err := store.Open(t.Context(), dir, store.Options{})
	if err != nil {
		return true
	}
	defer s.Close()
	all, err1 := s.Integrations(t.Context())
	grants, err2 := s.Grants(t.Context())
	states, err3 := s.States(t.Context())
	_, err4 := s.Hours(t.Context(), start)
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return true
	}
	if len(all) != n || len(grants) != n || len(states) != n {
		t.Errorf("silently tells of %d integrations, %d grants, %d states", len(all), len(grants), len(states))
	}
	return false
}

func TestDamageFoundLaterIsNamedToo(t *testing.T) {
	dir := t.TempDir()
	s := openAt(t, dir)
	fill(t, s, 60)
	if err := s.Prune(t.Context(), start); err != nil { // everything is in the file now, not in the log
		t.Fatal(err)
	}
	f := must[*os.File](t)(os.OpenFile(s.Path(), os.O_RDWR, 0))
	defer f.Close()
	size := must[os.FileInfo](t)(f.Stat()).Size()
	if _, err := f.WriteAt(make([]byte, size-8192), 8192); err != nil {
		t.Fatal(err)
	}
	var corrupt *store.CorruptError
	if err := s.Verify(t.Context()); !errors.As(err, &corrupt) {
		t.Errorf("verify: %v", err)
	}
	if err := s.Upkeep(t.Context()); !errors.As(err, &corrupt) {
		t.Errorf("upkeep: %v", err)
	}
}

func TestQ5ANewerSchemaIsRefusedAndNotTouched(t *testing.T) {
	dir, path := madeWith(t, 3)
	db := must[*sql.DB](t)(sql.Open("sqlite", path))
	if _, err := db.Exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, 1)`); err != nil {
		t.Fatal(err)
	}
	db.Close()
	before := must[[]byte](t)(os.ReadFile(path))
	if _, err := reopen(t, dir); !errors.Is(err, store.ErrNewer) {
		t.Fatalf("got %v", err)
	}
	if after := must[[]byte](t)(os.ReadFile(path)); !bytes.Equal(before, after) {
		t.Error("the file was changed")
	}
	if backups, _ := os.ReadDir(filepath.Join(dir, "backups")); len(backups) > 0 {
		t.Error("a backup was made")
	}
}

func TestAnEmptyFileWithoutAMarkerIsANewOne(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "relink.db"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s := openAt(t, dir) // a process ended between making the file and writing to it
	add(t, s, "int_1", "Ads")
}

func TestAFolderIsMadeAndTakesAnyName(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a b?c#d%20é", "deep")
	s := openAt(t, dir)
	add(t, s, "int_1", "Ads")
	if !strings.HasPrefix(s.Path(), dir) || s.ReadOnly() {
		t.Errorf("path %s, read-only %v", s.Path(), s.ReadOnly())
	}
	if _, err := os.Stat(s.Path()); err != nil {
		t.Error(err)
	}
}

func TestAFileInPlaceOfTheFolderIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{path, filepath.Join(path, "data")} {
		_, err := reopen(t, dir)
		var unsafe *store.UnsafeError
		if !errors.As(err, &unsafe) || unsafe.Why != store.UnsafeKind || unsafe.Path != path {
			t.Errorf("%s: %v", dir, err)
		}
	}
}

func TestOpeningTheSameNewFolderManyTimesAtOnceMakesOneDatabase(t *testing.T) {
	dir := t.TempDir()
	errs := make(chan error, 8)
	for range cap(errs) {
		go func() {
			s, err := store.Open(context.Background(), dir, store.Options{})
			if err == nil {
				err = errors.Join(s.SetPreference(context.Background(), "a", "b"), s.Close())
			}
			errs <- err
		}()
	}
	for range cap(errs) {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

// logged opens a folder and returns what the log says.
func logged(t *testing.T, dir string) string {
	t.Helper()
	var out bytes.Buffer
	s, err := store.Open(t.Context(), dir, store.Options{Logger: slog.New(slog.NewTextHandler(&out, nil))})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestAnotherDatabaseInPlaceIsNoticed(t *testing.T) {
	dir, path := madeWith(t, 1)
	_, other := madeWith(t, 1)
	if err := os.Rename(other, path); err != nil {
		t.Fatal(err)
	}
	if out := logged(t, dir); !strings.Contains(out, "another database was put in place") {
		t.Errorf("log: %s", out)
	}
	if out := logged(t, dir); strings.Contains(out, "another database") {
		t.Errorf("noticed twice: %s", out)
	}
}
