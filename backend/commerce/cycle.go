// Package commerce answers how an integration fares on the other side, inside Adobe Commerce
// Intelligence, and what a person does there to authorize it again.
//
// # Why
// Commerce Intelligence keeps consents of its own and offers no interface to read or write them. All
// that it publishes is its last completed update cycle. So what is known of its side comes from that and
// from what a person read on its page, and the table in side.go never calls that side connected because
// ours is. Everything here is pure: the probe asks, the store remembers, the caller brings the time.
package commerce

import (
	"encoding/json"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"relink/backend/integration"
)

// ProviderID is the catalog's name of an account of Commerce Intelligence.
const ProviderID = "commerce-intelligence"

// maxWords is how many bytes are kept of a name that the service gave.
const maxWords = 100

// answer is what GET /client/ID/fullupdatestatus returns (developer.adobe.com, Update Cycle Status API).
type answer struct {
	Last *struct {
		ID     int64  `json:"id"`
		Type   named  `json:"type"`
		Start  string `json:"start"`
		End    string `json:"end"`
		Status named  `json:"status"`
	} `json:"lastCompletedUpdateJob"`
	Zone string `json:"timezoneAbbreviation"`
}

type named struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

// completedID is the one terminal status that is documented: Completed Successfully.
const completedID = 4

// Read notes the update cycle that an answer of the Update Cycle Status API tells. What cannot be read
// stays away: the probe's proof is not in doubt for it.
func Read(body []byte, e *integration.Evidence) {
	var a answer
	if json.Unmarshal(body, &a) != nil {
		return
	}
	c := &integration.Cycle{Result: integration.CycleNone, Zone: words(a.Zone)}
	e.Cycle = c
	if a.Last == nil {
		return
	}
	c.Job, c.Kind, c.State, c.Told = a.Last.ID, words(a.Last.Type.Name), words(a.Last.Status.Name), words(a.Last.End)
	c.Result = result(a.Last.Status)
	if zone, ok := Zone(c.Zone); ok {
		c.Start, c.End = clock(a.Last.Start, zone), clock(a.Last.End, zone)
	}
}

// result reads a terminal status. Its name is trusted before its number, which is documented by one example.
func result(s named) integration.CycleResult {
	name := strings.ToLower(s.Name)
	for _, word := range []string{"fail", "error", "abort", "cancel", "kill", "terminated", "timed out", "unsuccessful"} {
		if strings.Contains(name, word) {
			return integration.CycleFailed
		}
	}
	if strings.Contains(name, "success") || name == "" && s.ID == completedID {
		return integration.CycleCompleted
	}
	return integration.CycleUnclear
}

// clock reads a moment on the account's own clock; zero when it is none.
func clock(value string, zone *time.Location) time.Time {
	at, err := time.ParseInLocation("2006-01-02 15:04:05", strings.TrimSpace(value), zone)
	if err != nil {
		return time.Time{}
	}
	return at.UTC()
}

// Zone is the time zone that an abbreviation stands for. The service names EST in its documentation;
// those with more than one meaning in the world are left out, so that no age is wrong by hours.
func Zone(abbreviation string) (*time.Location, bool) {
	name := strings.ToUpper(strings.TrimSpace(abbreviation))
	minutes, ok := map[string]int{
		"UTC": 0, "GMT": 0, "Z": 0, "WET": 0, "WEST": 60,
		"EST": -300, "EDT": -240, "CST": -360, "CDT": -300, "MST": -420, "MDT": -360, "PST": -480, "PDT": -420,
		"AKST": -540, "AKDT": -480, "HST": -600, "AST": -240, "ADT": -180, "NST": -210, "NDT": -150,
		"BRT": -180, "BRST": -120, "-03": -180, "-02": -120, "-04": -240, "-05": -300,
		"CET": 60, "CEST": 120, "EET": 120, "EEST": 180, "MSK": 180, "+03": 180, "+04": 240, "SGT": 480, "+08": 480, "JST": 540, "KST": 540,
		"AEST": 600, "AEDT": 660, "ACST": 570, "ACDT": 630, "AWST": 480, "NZST": 720, "NZDT": 780, "SAST": 120, "HKT": 480,
	}[name]
	if !ok {
		return nil, false
	}
	return time.FixedZone(name, minutes*60), true
}

// words are the service's own words as plain text: without control characters, and not too long.
func words(s string) string {
	s = strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return -1
		}
		return r
	}, s))
	for len(s) > maxWords {
		_, size := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-size]
	}
	return s
}
