package commerce_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"relink/backend/commerce"
	in "relink/backend/integration"
)

// documented is the answer of Adobe's documentation, with its state and zone replaced.
func documented(state, zone string) []byte {
	return fmt.Appendf(nil, `{"clientId":194,"lastCompletedUpdateJob":{"id":13554,"type":{"id":2,"name":"Full Update"},
		"start":"2025-12-09 03:26:25","end":"2025-12-09 03:29:03","status":%s},
		"lastCompletedUpdateJobWithDataSync":null,"timezoneAbbreviation":%q}`, state, zone)
}

func TestReadTakesTheCycleFromTheDocumentedAnswer(t *testing.T) {
	var e in.Evidence
	commerce.Read(documented(`{"id":4,"name":"Completed Successfully"}`, "EST"), &e)
	want := &in.Cycle{Job: 13554, Kind: "Full Update", State: "Completed Successfully", Result: in.CycleCompleted, Told: "2025-12-09 03:29:03", Zone: "EST",
		Start: time.Date(2025, 12, 9, 8, 26, 25, 0, time.UTC), End: time.Date(2025, 12, 9, 8, 29, 3, 0, time.UTC)}
	if diff := cmp.Diff(want, e.Cycle); diff != "" {
		t.Error(diff)
	}
}

func TestReadTellsStatesApartAndGuessesNothing(t *testing.T) {
	cases := []struct {
		name   string
		body   []byte
		result in.CycleResult
		timed  bool
	}{
		{"failed", documented(`{"id":5,"name":"Failed"}`, "EDT"), in.CycleFailed, true},
		{"completed with errors", documented(`{"id":4,"name":"Completed with errors"}`, "EDT"), in.CycleFailed, true},
		{"canceled", documented(`{"id":6,"name":"Canceled by user"}`, "UTC"), in.CycleFailed, true},
		{"words that nobody documented", documented(`{"id":9,"name":"Archived"}`, "UTC"), in.CycleUnclear, true},
		{"the documented number without words", documented(`{"id":4}`, "UTC"), in.CycleCompleted, true},
		{"a zone with several meanings has no age", documented(`{"id":4,"name":"Completed Successfully"}`, "IST"), in.CycleCompleted, false},
		{"no update yet", []byte(`{"clientId":194,"lastCompletedUpdateJob":null,"timezoneAbbreviation":"EST"}`), in.CycleNone, false},
	}
	for _, c := range cases {
		var e in.Evidence
		commerce.Read(c.body, &e)
		if e.Cycle == nil || e.Cycle.Result != c.result || e.Cycle.End.IsZero() == c.timed {
			t.Errorf("%s: %+v", c.name, e.Cycle)
		}
	}
	var e in.Evidence
	commerce.Read([]byte(`{"lastCompletedUpdateJob":"soon"}`), &e)
	if e.Cycle != nil {
		t.Errorf("an answer that cannot be read: %+v", e.Cycle)
	}
	commerce.Read(documented(`{"id":4,"name":"A\u0000B`+strings.Repeat("é", 90)+`"}`, "EST"), &e)
	if state := e.Cycle.State; !strings.HasPrefix(state, "ABé") || len(state) > 100 || strings.ContainsRune(state, '�') {
		t.Errorf("words of the service: %q", state)
	}
}

func TestDataPointIsReadInTheMannerOfBothLanguages(t *testing.T) {
	est, _ := commerce.Zone("EST")
	march := time.Date(2026, 3, 4, 18, 5, 0, 0, time.UTC) // 13:05 there
	cases := []struct {
		typed, lang string
		want        time.Time
	}{
		{"2026-03-04 13:05:00", "en", march},
		{"2026-03-04T18:05:00Z", "en", march},
		{"2026-03-04 15:05 -03:00", "pt-BR", march},
		{"Last Data Point Received: March 4, 2026 1:05 PM", "en", march},
		{"Mar 4th, 2026, 1:05 pm EST", "en", march},
		{"03/04/2026 1:05 PM", "en", march},
		{"3/4/26 13:05", "en", march},
		{"04/03/2026 13:05", "pt-BR", march},
		{"4 de março de 2026 às 13:05", "pt-BR", march},
		{"4 mar. 2026, 13h05", "pt-BR", march},
		{"25/12/2025", "en", time.Date(2025, 12, 25, 5, 0, 0, 0, time.UTC)},
		{"12/25/2025", "pt-BR", time.Date(2025, 12, 25, 5, 0, 0, 0, time.UTC)},
		{"3 hours ago", "en", now.Add(-3 * hour)},
		{"an hour ago", "en", now.Add(-hour)},
		{"há 2 dias", "pt-BR", now.Add(-2 * day)},
		{"15 minutos atrás", "pt-BR", now.Add(-15 * time.Minute)},
		{"2026-11-24 09:00", "en", now}, // two hours ahead on a clock that is only nearly known
	}
	for _, c := range cases {
		got, err := commerce.LastPoint(c.typed, c.lang, est, now)
		if err != nil || !got.Equal(c.want) {
			t.Errorf("%q in %s: %s, %v; want %s", c.typed, c.lang, got, err, c.want)
		}
	}
	for typed, code := range map[string]string{
		"": "date_unreadable", "yesterday-ish": "date_unreadable", "2026-02-30": "date_unreadable", "13/13/2026": "date_unreadable",
		"2026-03-04 25:00": "date_unreadable", "2026-03-04 13:05 PM": "date_unreadable", "2026-03-04 13:05 XYZ": "date_unreadable", "2026-12-24": "date_ahead",
	} {
		_, err := commerce.LastPoint(typed, "en", est, now)
		if problems := in.Problems(err); len(problems) != 1 || problems[0].Code != code || problems[0].Field != "data_point" {
			t.Errorf("%q: %v, want %s", typed, err, code)
		}
	}
}

func FuzzLastPoint(f *testing.F) {
	for _, typed := range []string{"2026-03-04 13:05:00", "Mar 4th, 2026, 1:05 pm EST", "há 2 dias", "4 de março de 2026 às 13h05", "13/13/99", "um dia"} {
		f.Add(typed, "en")
		f.Add(typed, "pt-BR")
	}
	est, _ := commerce.Zone("EST")
	f.Fuzz(func(t *testing.T, typed, lang string) {
		at, err := commerce.LastPoint(typed, lang, est, now)
		if err == nil && at.After(now) || err != nil && len(in.Problems(err)) != 1 {
			t.Errorf("%q: %s, %v", typed, at, err)
		}
	})
}
