package store_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"relink/backend/integration"
	"relink/backend/store"
)

const day = 24 * time.Hour

// clocked opens a folder with a clock that the test moves.
func clocked(t *testing.T, dir string, now *time.Time) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), dir, store.Options{Now: func() time.Time { return *now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// total adds up the checks of an integration.
func total(t *testing.T, s *store.Store, id string) (rows, checks int) {
	t.Helper()
	hours := must[map[string][]integration.Hour](t)(s.Hours(t.Context(), time.Time{}.AddDate(1000, 0, 0)))[id]
	for _, h := range hours {
		checks += h.OK + h.Failing + h.Unknown
	}
	return len(hours), checks
}

func TestQ9HoursBecomeDaysAndLoseNoCount(t *testing.T) {
	s := openAt(t, t.TempDir())
	i, _, c := add(t, s, "int_1", "Ads")
	var batch []integration.Checked
	for h := range 40 * 24 {
		check := c
		check.State.CheckedAt = start.Add(time.Duration(h) * time.Hour)
		if h == 30 {
			check = failing(check, check.State.CheckedAt)
		}
		batch = append(batch, check)
	}
	record(t, s, batch)
	for range 2 { // twice does nothing more
		if err := s.Prune(t.Context(), start.Add(40*day)); err != nil {
			t.Fatal(err)
		}
		rows, checks := total(t, s, i.ID)
		if checks != 40*24 || rows != 10+30*24+10 {
			t.Errorf("%d checks in %d rows", checks, rows)
		}
	}
	hours := must[map[string][]integration.Hour](t)(s.Hours(t.Context(), start.Add(-day)))[i.ID]
	want := integration.Hour{
		Start: time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC), OK: 23, Failing: 1,
		Latency: 24 * 20 * time.Millisecond, Worst: integration.StatusNeedsReauthorization,
	}
	same(t, "the second day", want, hours[1])
	for k := range hours[1:] {
		if !hours[k].Start.Before(hours[k+1].Start) {
			t.Fatalf("hour %d is not in order", k)
		}
	}
}

func TestQ9HistoryIsForgottenAfter400Days(t *testing.T) {
	s := openAt(t, t.TempDir())
	i, _, good := add(t, s, "int_1", "Ads")
	bad := opening(failing(good, start.Add(time.Hour)), "inc_1")
	good.State.CheckedAt = start.Add(2 * time.Hour)
	good.Closed = &integration.Incident{ID: "inc_1", ClosedAt: start.Add(2 * time.Hour)}
	if err := s.Record(t.Context(), []integration.Checked{bad, good}); err != nil {
		t.Fatal(err)
	}
	left := func() (n [4]int) {
		n[0] = len(must[[]integration.Change](t)(s.Changes(t.Context(), i.ID, 100)))
		n[1] = len(must[[]integration.Incident](t)(s.Incidents(t.Context(), i.ID, 100)))
		n[2] = len(must[[]integration.Act](t)(s.Acts(t.Context(), i.ID, 100)))
		n[3], _ = total(t, s, i.ID)
		return n
	}
	for at, want := range map[time.Duration][4]int{0: {3, 1, 1, 3}, 399 * day: {3, 1, 1, 1}} {
		if at > 0 {
			if err := s.Prune(t.Context(), start.Add(at)); err != nil {
				t.Fatal(err)
			}
			same(t, at.String(), want, left())
		}
	}
	if err := s.Prune(t.Context(), start.Add(401*day)); err != nil {
		t.Fatal(err)
	}
	same(t, "after 401 days", [4]int{}, left())
	if st := must[integration.State](t)(s.State(t.Context(), i.ID)); st.Status != integration.StatusConnected {
		t.Errorf("the last known truth was forgotten: %s", st.Status)
	}
}

func TestQ8AClockThatJumpsAheadDeletesNothing(t *testing.T) {
	s := openAt(t, t.TempDir())
	i, _, _ := add(t, s, "int_1", "Ads")
	for _, now := range []time.Time{start, start.AddDate(10, 0, 0), start.Add(day), start.AddDate(10, 0, 0)} {
		if err := s.Prune(t.Context(), now); err != nil {
			t.Fatal(err)
		}
		if changes := must[[]integration.Change](t)(s.Changes(t.Context(), i.ID, 100)); len(changes) != 1 {
			t.Fatalf("at %v: %d changes", now, len(changes))
		}
	}
}

func TestQ9AFlappingIntegrationCannotFillTheDisk(t *testing.T) {
	s := openAt(t, t.TempDir())
	i, _, good := add(t, s, "int_1", "Ads")
	quiet, _, _ := add(t, s, "int_2", "Stripe")
	var batch []integration.Checked
	for n := range 600 {
		good.State.CheckedAt = start.Add(time.Duration(2*n+1) * time.Minute)
		batch = append(batch, good, failing(good, start.Add(time.Duration(2*n+2)*time.Minute)))
	}
	record(t, s, batch)
	if err := s.Prune(t.Context(), start.Add(day)); err != nil {
		t.Fatal(err)
	}
	changes := must[[]integration.Change](t)(s.Changes(t.Context(), i.ID, 10000))
	if len(changes) != 500 || !changes[0].At.Equal(start.Add(1200*time.Minute)) {
		t.Errorf("%d changes, the newest of %v", len(changes), changes[0].At)
	}
	if changes := must[[]integration.Change](t)(s.Changes(t.Context(), quiet.ID, 10)); len(changes) != 1 {
		t.Errorf("the quiet one has %d", len(changes))
	}
}

func TestQ9TheLogIsCutShort(t *testing.T) {
	s := openAt(t, t.TempDir())
	checks := fill(t, s, 300)
	for n := range 10 {
		move(checks, start.Add(time.Duration(n)*time.Hour))
		record(t, s, checks)
	}
	wal := s.Path() + "-wal"
	before := must[os.FileInfo](t)(os.Stat(wal)).Size()
	if err := s.Prune(t.Context(), start); err != nil {
		t.Fatal(err)
	}
	if after := must[os.FileInfo](t)(os.Stat(wal)).Size(); after != 0 || before == 0 || before > 8<<20 {
		t.Errorf("the log has %d bytes, had %d", after, before)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(wal); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the log outlives the store: %v", err)
	}
}

func TestBackupsAreRotatedAndWhole(t *testing.T) {
	dir, now := t.TempDir(), start
	s := clocked(t, dir, &now)
	var last string
	for n := range 5 {
		add(t, s, fmt.Sprintf("int_%d", n), fmt.Sprint(n))
		last = must[string](t)(s.Backup(t.Context()))
		now = now.Add(day)
	}
	if err := os.WriteFile(last+".part", []byte("cut short"), 0o600); err != nil {
		t.Fatal(err)
	}
	last = must[string](t)(s.Backup(t.Context()))
	entries := must[[]os.DirEntry](t)(os.ReadDir(filepath.Join(dir, "backups")))
	if len(entries) != 3 || entries[2].Name() != filepath.Base(last) {
		t.Errorf("backups: %v", entries)
	}
	other := t.TempDir()
	if err := os.Rename(last, filepath.Join(other, "relink.db")); err != nil {
		t.Fatal(err)
	}
	copied := openAt(t, other)
	same(t, "integrations", must[[]integration.Integration](t)(s.Integrations(t.Context())), must[[]integration.Integration](t)(copied.Integrations(t.Context())))
}

func TestUpkeepBacksUpOnceADay(t *testing.T) {
	dir, now := t.TempDir(), start
	s := clocked(t, dir, &now)
	for _, step := range []struct {
		after   time.Duration
		backups int
	}{{0, 1}, {time.Hour, 1}, {24 * time.Hour, 2}, {23 * time.Hour, 2}, {8 * day, 3}, {-5 * day, 3}} {
		now = now.Add(step.after)
		if err := s.Upkeep(t.Context()); err != nil {
			t.Fatal(err)
		}
		entries, err := os.ReadDir(filepath.Join(dir, "backups"))
		if err != nil || len(entries) != step.backups {
			t.Errorf("at %v: %d backups, %v; want %d", now, len(entries), err, step.backups)
		}
	}
}
