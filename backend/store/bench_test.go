package store_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"relink/backend/integration"
	"relink/backend/store"
)

// fill adds n integrations, each with its own grant and a day of hourly counters.
func fill(tb testing.TB, s *store.Store, n int) []integration.Checked {
	tb.Helper()
	ctx := context.Background()
	checks := make([]integration.Checked, n)
	for k := range n {
		i, g := example(fmt.Sprintf("int_%08d", k), fmt.Sprintf("Shop %d", k))
		checks[k] = checkedOK(i, g, start)
		if err := s.Add(ctx, i, g, checks[k].State, integration.Act{At: start, IntegrationID: i.ID, What: "added"}); err != nil {
			tb.Fatal(err)
		}
	}
	return checks
}

// move sets every check to another moment.
func move(checks []integration.Checked, at time.Time) {
	for k := range checks {
		st := &checks[k].State
		st.CheckedAt, st.SucceededAt, st.DueAt, st.Evidence.At = at, at, at.Add(5*time.Minute), at
		checks[k].Grant.UsedAt = at
	}
}

func record(tb testing.TB, s *store.Store, checks []integration.Checked) {
	tb.Helper()
	for from := 0; from < len(checks); from += 500 {
		if err := s.Record(context.Background(), checks[from:min(from+500, len(checks))]); err != nil {
			tb.Fatal(err)
		}
	}
}

// BenchmarkRecord tells the cost of 10,000 checks that found what the last ones found.
func BenchmarkRecord(b *testing.B) {
	s := openAt(b, b.TempDir())
	checks := fill(b, s, 1000)
	at := start
	for b.Loop() {
		for range 10 {
			at = at.Add(time.Second)
			move(checks, at)
			record(b, s, checks)
		}
	}
}

// BenchmarkStart tells the cost of the first truth: 1,000 integrations with a day of history.
func BenchmarkStart(b *testing.B) {
	dir := b.TempDir()
	s := openAt(b, dir)
	checks := fill(b, s, 1000)
	for h := range 24 {
		move(checks, start.Add(time.Duration(h)*time.Hour))
		record(b, s, checks)
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	steps := map[string]time.Duration{}
	n := 0
	for b.Loop() {
		n++
		begin := time.Now()
		lap := func(name string, err error) {
			if err != nil {
				b.Fatal(err)
			}
			steps[name] += time.Since(begin)
			begin = time.Now()
		}
		ctx := context.Background()
		s, err := store.Open(ctx, dir, store.Options{})
		lap("open", err)
		_, err = s.Integrations(ctx)
		lap("integrations", err)
		_, err = s.Grants(ctx)
		lap("grants", err)
		_, err = s.States(ctx)
		lap("states", err)
		_, err = s.Hours(ctx, start)
		lap("hours", err)
		lap("close", s.Close())
	}
	for name, d := range steps {
		b.ReportMetric(float64(d.Microseconds())/float64(n)/1000, name+"-ms")
	}
}
