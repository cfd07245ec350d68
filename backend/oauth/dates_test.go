package oauth

import (
	"testing"
	"time"
)

// TestEndsThatAreDatesAreRead is Square's answer: dates in the place of seconds. What is no date in the future counts as
// not stated.
func TestEndsThatAreDatesAreRead(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	shape := Server{Answer: TokenAnswer{ExpiresAt: "expires_at", RefreshExpiresAt: "refresh_token_expires_at"}}
	rows := map[string]struct{ access, grant time.Time }{
		`"expires_at":"2026-12-24T12:00:00Z","refresh_token_expires_at":"2027-02-22T12:00:00Z"`: {now.AddDate(0, 0, 30), now.AddDate(0, 0, 90)},
		`"expires_at":"2026-12-24T09:00:00-03:00"`:                                              {now.AddDate(0, 0, 30), time.Time{}},
		`"expires_at":"2026-12-24T12:00:00Z","expires_in":60`:                                   {now.Add(time.Minute), time.Time{}},
		`"expires_at":"2026-11-24T11:59:59Z"`:                                                   {},
		`"expires_at":"9999-12-31T23:59:59Z"`:                                                   {now.Add(maxLifetime), time.Time{}},
		`"expires_at":"soon"`:                                                                   {},
		`"expires_at":1798113600`:                                                               {},
		`"expires_at":null`:                                                                     {},
	}
	for members, want := range rows {
		a := answer{status: 200, body: []byte(`{"access_token":"at",` + members + `}`), at: now}
		token, err := a.token(shape)
		if err != nil || !token.ExpiresAt.Equal(want.access) || !token.GrantExpiresAt.Equal(want.grant) {
			t.Errorf("%s: %v, %s, %s", members, err, token.ExpiresAt, token.GrantExpiresAt)
		}
	}
}

// TestScopesJoinedByCommasAreTakenApart is LinkedIn's answer to a request that was joined by spaces.
func TestScopesJoinedByCommasAreTakenApart(t *testing.T) {
	for scope, want := range map[string]int{"r_ads,r_ads_reporting": 2, "r_ads r_ads_reporting": 2, "r_ads": 1, "with,comma other": 2} {
		a := answer{status: 200, body: []byte(`{"access_token":"at","scope":"` + scope + `"}`)}
		if token, err := a.token(Server{}); err != nil || len(token.Scopes) != want {
			t.Errorf("%q: %v, %q", scope, err, token.Scopes)
		}
	}
}
