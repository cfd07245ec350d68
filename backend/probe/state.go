package probe

import (
	"strconv"
	"strings"
	"time"
)

// epoch reads seconds since 1970; the zero time when there are none.
func epoch(text string) time.Time {
	seconds, err := strconv.ParseFloat(text, 64)
	if err != nil || seconds <= 0 {
		return time.Time{}
	}
	return time.Unix(int64(seconds), 0).UTC()
}

// lagOf reads a replica's lag in seconds, and whether it is known.
func lagOf(text string) (time.Duration, bool) {
	seconds, err := strconv.ParseFloat(text, 64)
	if err != nil || seconds < 0 {
		return 0, false
	}
	return time.Duration(seconds * float64(time.Second)), true
}

// yes reads a truth as the servers write it.
func yes(text string) bool {
	switch strings.ToLower(text) {
	case "t", "true", "1", "on", "yes":
		return true
	}
	return false
}
