package commerce

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"relink/backend/integration"
)

// months are names and abbreviations in both languages by their first three letters.
var months = map[string]time.Month{
	"jan": 1, "feb": 2, "fev": 2, "mar": 3, "apr": 4, "abr": 4, "may": 5, "mai": 5, "jun": 6, "jul": 7,
	"aug": 8, "ago": 8, "sep": 9, "set": 9, "oct": 10, "out": 10, "nov": 11, "dec": 12, "dez": 12,
}

var (
	isoDate   = regexp.MustCompile(`^(\d{4})-(\d{1,2})-(\d{1,2})(?:[ t,]+(.+))?$`)
	slashDate = regexp.MustCompile(`^(\d{1,2})[/.](\d{1,2})[/.](\d{4}|\d{2})(?:[ ,]+(.+))?$`)
	monthDay  = regexp.MustCompile(`^([a-zç]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})(?:[ ,]+(.+))?$`)
	dayMonth  = regexp.MustCompile(`^(\d{1,2})º? (?:de )?([a-zç]{3,9})\.?,? (?:de )?(\d{4})(?:[ ,]+(.+))?$`)
	relative  = regexp.MustCompile(`^(?:há |ha )?(?:about |cerca de )?(\d{1,3}|an?|uma?) (minutes?|minutos?|hours?|horas?|days?|dias?)(?: ago| atrás| atras)?$`)
	dayTime   = regexp.MustCompile(`^(?:at |às |as )?(\d{1,2})[:h](\d{2})?(?::(\d{2}))?(?:\.\d+)? ?(am|pm|a\.m\.|p\.m\.)? ?(z|[a-z]{3,4}|[+-]\d{2}:?\d{2})?$`)
	spaces    = regexp.MustCompile(`[\s\x{a0}\x{202f}]+`)
)

// LastPoint reads Last Data Point Received as it was typed or pasted from the page there: in the manner
// of either language, where 03/04 is March 4th in English and April 3rd in Portuguese; zone is
// the account's own clock. It returns integration.InputErrors that say how to write it.
func LastPoint(typed, lang string, zone *time.Location, now time.Time) (time.Time, error) {
	text := strings.ToLower(strings.TrimSpace(spaces.ReplaceAllString(typed, " ")))
	for _, label := range []string{"last data point received", "último ponto de dados recebido"} {
		text = strings.TrimLeft(strings.TrimPrefix(text, label), " :")
	}
	at, ok := readMoment(text, lang, zone, now)
	switch {
	case !ok:
		return at, integration.InputErrors{{Field: "data_point", Code: "date_unreadable", Args: map[string]string{"value": strings.TrimSpace(typed)}}}
	case at.After(now.Add(24 * time.Hour)):
		return at, integration.InputErrors{{Field: "data_point", Code: "date_ahead", Args: map[string]string{"value": strings.TrimSpace(typed)}}}
	case at.After(now):
		at = now // the account's clock is only nearly known
	}
	return at.UTC(), nil
}

func readMoment(text, lang string, zone *time.Location, now time.Time) (time.Time, bool) {
	if m := relative.FindStringSubmatch(text); m != nil {
		return ago(m, now), true
	}
	if m := isoDate.FindStringSubmatch(text); m != nil {
		return moment(m[1], m[2], m[3], m[4], zone)
	}
	if m := slashDate.FindStringSubmatch(text); m != nil {
		day, month := m[1], m[2]
		if first, second := number(m[1]), number(m[2]); second > 12 || first <= 12 && !strings.HasPrefix(strings.ToLower(lang), "pt") {
			day, month = m[2], m[1]
		}
		return moment(m[3], month, day, m[4], zone)
	}
	if m := monthDay.FindStringSubmatch(text); m != nil {
		return moment(m[3], strconv.Itoa(int(months[head(m[1])])), m[2], m[4], zone)
	}
	if m := dayMonth.FindStringSubmatch(text); m != nil {
		return moment(m[3], strconv.Itoa(int(months[head(m[2])])), m[1], m[4], zone)
	}
	return time.Time{}, false
}

// head is the first three letters of a month's name.
func head(name string) string {
	letters := []rune(name)
	return string(letters[:min(len(letters), 3)])
}

// ago counts back from now.
func ago(m []string, now time.Time) time.Time {
	n := max(number(m[1]), 0)
	if n == 0 && m[1] != "0" {
		n = 1
	}
	unit := 24 * time.Hour
	switch m[2][0] {
	case 'm':
		unit = time.Minute
	case 'h':
		unit = time.Hour
	}
	return now.Add(-time.Duration(n) * unit)
}

// moment puts a date and a time of day together; false when the calendar has no such day.
func moment(year, month, day, rest string, zone *time.Location) (time.Time, bool) {
	y := number(year)
	if len(year) == 2 {
		y += 2000
	}
	hour, minute, second := 0, 0, 0
	if rest != "" {
		var ok bool
		if hour, minute, second, zone, ok = timeOfDay(rest, zone); !ok {
			return time.Time{}, false
		}
	}
	at := time.Date(y, time.Month(number(month)), number(day), hour, minute, second, 0, zone)
	return at, at.Day() == number(day) && at.Month() == time.Month(number(month)) && y >= 2000
}

func timeOfDay(text string, zone *time.Location) (hour, minute, second int, in *time.Location, ok bool) {
	m := dayTime.FindStringSubmatch(text)
	if m == nil {
		return 0, 0, 0, zone, false
	}
	hour, minute, second = number(m[1]), number(m[2]), number(m[3])
	switch strings.ReplaceAll(m[4], ".", "") {
	case "am":
		ok = hour >= 1 && hour <= 12
		hour %= 12
	case "pm":
		ok = hour >= 1 && hour <= 12
		hour = hour%12 + 12
	default:
		ok = hour <= 23
	}
	if named := m[5]; named != "" {
		given, known := Zone(named)
		if offset, err := time.Parse("-07:00", colon(named)); err == nil {
			given, known = offset.Location(), true
		}
		if !known {
			return 0, 0, 0, zone, false
		}
		zone = given
	}
	return hour, minute, second, zone, ok && minute <= 59 && second <= 59
}

// colon writes +0100 as +01:00.
func colon(offset string) string {
	if len(offset) == len("+0100") {
		return offset[:3] + ":" + offset[3:]
	}
	return offset
}

// number reads a whole number, 0 when it is none.
func number(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}
