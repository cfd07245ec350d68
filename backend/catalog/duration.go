package catalog

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Duration is a time.Duration that YAML writes as "90d", "24h" or "30m".
type Duration time.Duration

// UnmarshalText reads a duration: a whole number followed by d, or what time.ParseDuration accepts.
func (d *Duration) UnmarshalText(text []byte) error {
	s := string(text)
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.Atoi(days)
		if err != nil || n <= 0 {
			return fmt.Errorf("duration %q: want a whole number of days such as 90d, or 24h, 30m", s)
		}
		*d = Duration(time.Duration(n) * 24 * time.Hour)
		return nil
	}
	v, err := time.ParseDuration(s)
	if err != nil || v <= 0 {
		return fmt.Errorf("duration %q: want 90d, 24h or 30m", s)
	}
	*d = Duration(v)
	return nil
}

// MarshalJSON writes nanoseconds, for builtin.json.
func (d Duration) MarshalJSON() ([]byte, error) { return strconv.AppendInt(nil, int64(d), 10), nil }

// UnmarshalJSON reads nanoseconds.
func (d *Duration) UnmarshalJSON(text []byte) error {
	n, err := strconv.ParseInt(string(text), 10, 64)
	*d = Duration(n)
	return err
}
