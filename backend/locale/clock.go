package locale

import (
	"strconv"
	"time"
)

// Time writes a moment in the reader's zone: the time alone when it is today, the date with it
// otherwise, and a dash for the zero time, which stands for "not known".
func (p Printer) Time(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	local := t.In(p.catalog.zone)
	if sameDay(local, p.catalog.now().In(p.catalog.zone)) {
		return local.Format("15:04")
	}
	return p.T("time.date_time", "date", p.Date(t), "clock", local.Format("15:04"))
}

// Date writes the day of a moment in the reader's zone.
func (p Printer) Date(t time.Time) string {
	local := t.In(p.catalog.zone)
	return p.T("time.date",
		"day", strconv.Itoa(local.Day()),
		"month", p.T("time.month_"+strconv.Itoa(int(local.Month()))),
		"year", strconv.Itoa(local.Year()))
}

func sameDay(a, b time.Time) bool {
	return a.Year() == b.Year() && a.YearDay() == b.YearDay()
}
