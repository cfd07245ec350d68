package cli

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	ics "github.com/arran4/golang-ical"

	"relink/backend/locale"
	"relink/backend/view"
)

// speaking are parts that can word a calendar, and nothing else.
func speaking(t *testing.T, lang string) *Parts {
	t.Helper()
	sentences, err := locale.Load()
	if err != nil {
		t.Fatal(err)
	}
	return &Parts{Options: Options{Version: "1.0", Lang: lang}, Sentences: sentences}
}

// The file is read back by a parser that nobody here wrote.
func TestCalendarFileIsReadByAnotherParser(t *testing.T) {
	hostile := "Ads, EU; \\north\r\nBEGIN:VEVENT\x1b[31m " + strings.Repeat("é€🛒", 60)
	calendar := view.Calendar{At: "2026-11-01T10:00:00Z", Entries: []view.End{
		{Kind: endOfGrant, At: "2026-12-24T08:30:00Z", Grant: "grt_1", Integrations: []string{"int_1", "int_2"}, Names: []string{hostile, "Shop"}, ProviderName: "Google", Account: "ana@shop.example"},
		{Kind: endOfTheirs, At: "2026-12-25T00:00:00Z", Grant: "grt_1", Integrations: []string{"int_1"}, Names: []string{"Analytics"}},
		{Kind: endOfTheirs, At: "2026-12-25T00:00:00Z", Grant: "grt_1", Integrations: []string{"int_2"}, Names: []string{"Shop"}},
	}}
	for _, lang := range locale.Languages() {
		p := speaking(t, lang)
		text := p.ICalendar(calendar)
		for n, line := range strings.Split(strings.TrimSuffix(text, "\r\n"), "\r\n") {
			if len(line) > 75 || !utf8.ValidString(line) || strings.ContainsAny(line, "\r\n\x1b") {
				t.Errorf("%s, line %d: %d octets, %q", lang, n, len(line), line)
			}
		}
		read, err := ics.ParseCalendar(strings.NewReader(text))
		if err != nil {
			t.Fatalf("%s: %v\n%s", lang, err, text)
		}
		events := read.Events()
		if len(events) != 3 {
			t.Fatalf("%s: %d events", lang, len(events))
		}
		uids := map[string]bool{}
		for n, event := range events {
			uids[event.Id()] = true
			at, err := event.GetStartAt()
			if want, _ := time.Parse(time.RFC3339, calendar.Entries[n].At); err != nil || !at.Equal(want) {
				t.Errorf("%s: event %d starts at %v, %v", lang, n, at, err)
			}
			if len(event.Alarms()) != 3 {
				t.Errorf("%s: event %d has %d alarms", lang, n, len(event.Alarms()))
			}
		}
		if len(uids) != 3 {
			t.Errorf("%s: UIDs %v", lang, uids)
		}
		// A line break and what a terminal would obey become spaces or a break within the text, and never a line of the file.
		want := p.Printer().T("calendar.summary.grant", "names", "Ads, EU; \\north\nBEGIN:VEVENT [31m "+strings.Repeat("é€🛒", 60)+", Shop", "provider", "Google")
		if got := events[0].GetProperty(ics.ComponentPropertySummary).Value; got != want {
			t.Errorf("%s: summary\n%q, want\n%q", lang, got, want)
		}
	}
}

func TestCalendarFileKeepsItsUIDs(t *testing.T) {
	p := speaking(t, locale.English)
	entry := view.End{Kind: endOfGrant, At: "2026-12-24T08:30:00Z", Grant: "grt_1", Names: []string{"Ads"}}
	later := entry
	later.At, later.Names = "2027-03-01T00:00:00Z", []string{"Ads", "Shop"}
	uid := func(e view.End) string {
		read, err := ics.ParseCalendar(strings.NewReader(p.ICalendar(view.Calendar{At: "2026-11-01T10:00:00Z", Entries: []view.End{e}})))
		if err != nil {
			t.Fatal(err)
		}
		return read.Events()[0].Id()
	}
	if a, b := uid(entry), uid(later); a != b || a == "" {
		t.Errorf("%q became %q", a, b)
	}
}

func TestVariablesAreNamedForPeopleOfEveryAlphabet(t *testing.T) {
	for name, want := range map[string]string{
		"Loja São João": "LOJA_SAO_JOAO", "  Ads (EU) #2 ": "ADS_EU_2", "a__b": "A_B", "Магазин 7": "7", "x": "X",
	} {
		if got := upperName(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

func TestSinceIsALengthADayOrAMoment(t *testing.T) {
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"24h": now.Add(-24 * time.Hour), "7d": now.AddDate(0, 0, -7), "2026-11-01": time.Date(2026, 11, 1, 0, 0, 0, 0, time.Local),
		"2026-11-01T10:00:00Z": time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC),
	} {
		if got, ok := parseSince(text, now); !ok || !got.Equal(want) {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
	for _, text := range []string{"", "yesterday", "-1d", "-2h", "2026-13-01"} {
		if got, ok := parseSince(text, now); ok {
			t.Errorf("%q is taken for %v", text, got)
		}
	}
}
