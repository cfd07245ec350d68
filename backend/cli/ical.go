package cli

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"relink/backend/view"
)

// The form of times in a calendar file (RFC 5545 section 3.3.5, in UTC), the longest line in octets
// (section 3.1), and how many days before an end its reminders ring.
const (
	icalMoment = "20060102T150405Z"
	icalLine   = 75
)

func reminderDays() []int { return []int{7, 3, 1} }

// ICalendar writes the calendar as a file of RFC 5545. Each end keeps its UID, so that the file can be
// imported again and again.
func (p *Parts) ICalendar(c view.Calendar) string {
	say := p.Printer()
	var f icalFile
	f.line("BEGIN", "VCALENDAR")
	f.line("VERSION", "2.0")
	f.line("PRODID", "-//Relink//"+icalText(p.Version)+"//EN")
	f.line("METHOD", "PUBLISH")
	f.line("X-WR-CALNAME", icalText(say.T("calendar.name")))
	stamp := icalTime(c.At)
	for _, e := range c.Entries {
		args := []string{"names", strings.Join(e.Names, ", "), "provider", e.ProviderName, "account", e.Account}
		summary := say.T("calendar.summary."+e.Kind, args...)
		f.line("BEGIN", "VEVENT")
		f.line("UID", e.Kind+"-"+e.Grant+uidOf(e)+"@relink")
		f.line("DTSTAMP", stamp)
		f.line("DTSTART", icalTime(e.At))
		f.line("DURATION", "PT15M")
		f.line("SUMMARY", icalText(summary))
		f.line("DESCRIPTION", icalText(say.T("calendar.description."+e.Kind, args...)))
		f.line("TRANSP", "TRANSPARENT")
		for _, days := range reminderDays() {
			f.line("BEGIN", "VALARM")
			f.line("ACTION", "DISPLAY")
			f.line("TRIGGER", fmt.Sprintf("-P%dD", days))
			f.line("DESCRIPTION", icalText(summary))
			f.line("END", "VALARM")
		}
		f.line("END", "VEVENT")
	}
	f.line("END", "VCALENDAR")
	return f.String()
}

// uidOf tells apart the ends that belong to one integration and not to the grant.
func uidOf(e view.End) string {
	if e.Kind == endOfGrant {
		return ""
	}
	return "-" + strings.Join(e.Integrations, "-")
}

func icalTime(rfc3339 string) string {
	at, err := time.Parse(time.RFC3339, rfc3339)
	if err != nil {
		return ""
	}
	return at.UTC().Format(icalMoment)
}

// icalText escapes a text (section 3.3.11); control characters, which no text may hold, become spaces.
func icalText(s string) string {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.ToValidUTF8(s, ""))
	lines := strings.Split(s, "\n")
	for n := range lines {
		lines[n] = strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`).Replace(plain(lines[n]))
	}
	return strings.Join(lines, `\n`)
}

// icalFile writes content lines.
type icalFile struct{ strings.Builder }

// line writes NAME:value, folded after 75 octets at the most and never within a character.
func (f *icalFile) line(name, value string) {
	rest, room := name+":"+value, icalLine
	for len(rest) > room {
		cut := room
		for !utf8.RuneStart(rest[cut]) {
			cut--
		}
		f.WriteString(rest[:cut] + "\r\n ")
		rest, room = rest[cut:], icalLine-1 // the space counts too
	}
	f.WriteString(rest + "\r\n")
}
