package store

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// moment is RFC 3339 in UTC with a fixed width, so that the order of the texts is the order of the times.
const moment = "2006-01-02T15:04:05.000Z"

// text writes a time, NULL when it is zero.
func text(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format(moment)
}

// momentOf reads what text wrote. It is parsed by hand: a start reads tens of thousands of them.
func momentOf(s sql.NullString) (time.Time, error) {
	if !s.Valid {
		return time.Time{}, nil
	}
	return parse(s.String)
}

// parse reads 2006-01-02T15:04:05Z, with or without milliseconds.
func parse(s string) (time.Time, error) {
	if len(s) != len("2006-01-02T15:04:05Z") && len(s) != len(moment) || s[10] != 'T' || s[len(s)-1] != 'Z' {
		return time.Time{}, fmt.Errorf("stored time %q", s)
	}
	ms := 0
	if len(s) == len(moment) {
		ms = digits(s[20:23])
	}
	year, month, day := digits(s[0:4]), digits(s[5:7]), digits(s[8:10])
	hour, minute, second := digits(s[11:13]), digits(s[14:16]), digits(s[17:19])
	if min(year, month, day, hour, minute, second, ms) < 0 {
		return time.Time{}, fmt.Errorf("stored time %q", s)
	}
	return time.Date(year, time.Month(month), day, hour, minute, second, ms*int(time.Millisecond), time.UTC), nil
}

// digits reads a whole number, -1 when it is none.
func digits(s string) int {
	n := 0
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return -1
		}
		n = n*10 + int(s[i]-'0')
	}
	return n
}

// encode writes a value as JSON text.
func encode(v any) (string, error) {
	b, err := json.Marshal(v)
	return string(b), err
}

// decode reads JSON text into v.
func decode(s string, v any) error {
	if s == "null" { // of most grants' lists, at each start
		return nil
	}
	if err := json.Unmarshal([]byte(s), v); err != nil {
		return fmt.Errorf("stored JSON: %w", err)
	}
	return nil
}

// flag writes a bool as SQLite keeps it.
func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

// moments reads several nullable times at once.
func moments(from []sql.NullString, to ...*time.Time) error {
	for i, t := range to {
		var err error
		if *t, err = momentOf(from[i]); err != nil {
			return err
		}
	}
	return nil
}

// collect reads all rows of a query with one scanning func and closes it.
func collect[T any](rows *sql.Rows, err error, scan func(scanner) (T, error)) ([]T, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, err
		}
		if len(all) == cap(all) {
			all = slices.Grow(all, max(16, len(all))) // append alone would grow by a quarter, and copy the more often
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

// scanner is a row, alone or in a set.
type scanner interface{ Scan(into ...any) error }
