package alert

import (
	"strings"
	"time"
)

// Quiet is when nothing is said: some hours of every day, and whole days of the week. The zero Quiet is never.
type Quiet struct {
	From, To int // minutes after midnight; equal for no hours
	Days     map[time.Weekday]bool
}

// weekdays are the names of days in settings, Sunday first.
func weekdays() []string { return []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"} }

// ParseQuiet reads hours such as "22:00-07:00" and days such as "sat,sun"; either may be empty. It is
// false for anything else.
func ParseQuiet(hours, days string) (Quiet, bool) {
	q := Quiet{Days: map[time.Weekday]bool{}}
	if hours = strings.TrimSpace(hours); hours != "" {
		from, to, ok := strings.Cut(hours, "-")
		first, wrong := time.Parse("15:04", strings.TrimSpace(from))
		last, wrongToo := time.Parse("15:04", strings.TrimSpace(to))
		if !ok || wrong != nil || wrongToo != nil || first.Equal(last) {
			return Quiet{}, false
		}
		q.From, q.To = minute(first), minute(last)
	}
	for day := range strings.SplitSeq(days, ",") {
		if day = strings.ToLower(strings.TrimSpace(day)); day == "" {
			continue
		}
		found := false
		for i, name := range weekdays() {
			if name == day {
				q.Days[time.Weekday(i)], found = true, true
			}
		}
		if !found {
			return Quiet{}, false
		}
	}
	return q, true
}

// At says whether nothing is said at the given moment, which is taken in its own zone: hours are those of a
// clock on the wall, on the days when it is put forward or back, too.
func (q Quiet) At(t time.Time) bool {
	if q.Days[t.Weekday()] {
		return true
	}
	at := minute(t)
	if q.From <= q.To {
		return q.From <= at && at < q.To
	}
	return at >= q.From || at < q.To
}

func minute(t time.Time) int { return t.Hour()*60 + t.Minute() }
