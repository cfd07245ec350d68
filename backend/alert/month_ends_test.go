package alert_test

import (
	"fmt"
	"strings"
	"time"

	"relink/backend/alert"
	"relink/backend/integration"
)

// Thirty logins of the month end between its second and its fourth week.
const (
	endsFrom = 100
	endsTill = 130
)

func (m *month) endOf(n int) time.Time {
	return monthStart.Add(9*24*time.Hour + time.Duration(n-endsFrom)*13*time.Hour)
}

func (m *month) endsAt(at time.Time) []integration.Reminder {
	var all []alert.End
	for n := endsFrom; n < endsTill; n++ {
		end := m.endOf(n)
		all = append(all, alert.End{Grant: integration.Grant{ID: m.rows[n].GrantID, Method: integration.MethodOAuth2Code, ObtainedAt: end.AddDate(0, 0, -60), ExpiresAt: end}, Integration: m.rows[n]})
	}
	return alert.Reminders(all, at)
}

// endsWereTold looks that each channel heard of every end, once a day at most. That it was not at night, nor
// while offline, is looked at with all messages.
func (m *month) endsWereTold() {
	last, named := map[string]time.Time{}, map[string][]time.Time{}
	for _, s := range m.sent {
		if s.Kind != integration.MessageEnds {
			continue
		}
		if before := last[s.channel]; !before.IsZero() && s.at.Sub(before) < 24*time.Hour {
			m.t.Errorf("%s heard of ends at %s and at %s", s.channel, before, s.at)
		}
		last[s.channel] = s.at
		for _, name := range s.Integrations {
			named[s.channel+" "+name] = append(named[s.channel+" "+name], s.at)
		}
		if strings.Contains(s.Text+s.Title, "grt_") {
			m.t.Errorf("%q names a grant", s.Text)
		}
	}
	for n := endsFrom; n < endsTill; n++ {
		for _, channel := range []string{"slack", "mail"} {
			times := named[fmt.Sprintf("%s Source %d", channel, n)]
			// The last step may fall into a night and a Sunday, in which nothing is said.
			if len(times) < 2 || len(times) > 3 || m.endOf(n).Sub(times[len(times)-1]) > 80*time.Hour || !times[len(times)-1].Before(m.endOf(n)) {
				m.t.Errorf("%s heard of the end at %s of Source %d at %v", channel, m.endOf(n), n, times)
			}
		}
	}
}
