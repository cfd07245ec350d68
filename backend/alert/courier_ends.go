package alert

import (
	"slices"
	"strconv"
	"time"

	"relink/backend/integration"
	"relink/backend/locale"
)

// endsEvery is how often a channel hears of logins that end soon, at most.
const endsEvery = 24 * time.Hour

// endsToTell is the one message about all logins that have come to a step before their end, and wake when to
// look again where it is too early for it. As the next message comes a day later, it tells of the steps of
// the coming day, too: the last one before an end is not late for that.
func endsToTell(c integration.Channel, told []integration.EndTold, s scene) (d dispatch, wake time.Time, ok bool) {
	type step struct {
		grant string
		end   int64
		days  int
	}
	var last time.Time
	heard := map[step]bool{}
	for _, t := range told {
		heard[step{t.GrantID, t.EndsAt.Unix(), t.Days}] = true
		if t.ToldAt.After(last) && !t.ToldAt.After(s.now) {
			last = t.ToldAt
		}
	}
	news := func(all []integration.Reminder) []integration.Reminder {
		return slices.DeleteFunc(slices.Clone(all), func(r integration.Reminder) bool {
			began := r.EndsAt.Add(-time.Duration(r.Days) * 24 * time.Hour)
			return heard[step{r.GrantID, r.EndsAt.Unix(), r.Days}] || began.Before(c.AddedAt) || s.muted(r.Alert.IntegrationID)
		})
	}
	due := news(s.ends)
	if len(due) == 0 {
		return d, wake, false
	}
	if next := last.Add(endsEvery); !last.IsZero() && s.now.Before(next) {
		return d, next, false
	}
	return dispatch{kind: integration.MessageEnds, ends: append(due, news(without(s.soon, s.ends))...)}, wake, true
}

// without leaves out the steps that stand already.
func without(all, standing []integration.Reminder) []integration.Reminder {
	return slices.DeleteFunc(slices.Clone(all), func(r integration.Reminder) bool {
		return slices.ContainsFunc(standing, func(s integration.Reminder) bool { return s.GrantID == r.GrantID && s.Days == r.Days })
	})
}

// endsMessage words the logins that end, each once, the one that ends first at the top.
func endsMessage(p locale.Printer, ends []integration.Reminder, now time.Time) integration.Message {
	var logins []integration.Reminder
	for _, r := range ends {
		if !slices.ContainsFunc(logins, func(l integration.Reminder) bool { return l.GrantID == r.GrantID }) {
			logins = append(logins, r)
		}
	}
	slices.SortStableFunc(logins, func(a, b integration.Reminder) int { return a.EndsAt.Compare(b.EndsAt) })
	first := ends[0]
	id := integration.EndID(first.GrantID) + "." + strconv.FormatInt(first.EndsAt.Unix(), 10) + "." + strconv.Itoa(first.Days)
	m := integration.Message{ID: id, Thread: id, Kind: integration.MessageEnds, At: now}
	expires := func(r integration.Reminder) string { return r.Alert.Finding.Args["expiresAt"] }
	for _, l := range logins {
		m.Integrations = append(m.Integrations, clean(l.Alert.Name))
	}
	if len(logins) == 1 {
		m.Title = p.T("notice.ends.title", "integration", m.Integrations[0])
		m.Text = p.T("notice.ends.body", "expiresAt", expires(logins[0]))
		return m
	}
	m.Title = p.T("notice.ends.group", "count", strconv.Itoa(len(logins)))
	for i, l := range logins[:min(len(logins), namesInMessage)] {
		m.Text += "• " + p.T("channel.ends.line", "integration", m.Integrations[i], "expiresAt", expires(l)) + "\n"
	}
	if rest := len(logins) - namesInMessage; rest > 0 {
		m.Text += p.T("channel.more", "count", strconv.Itoa(rest)) + "\n"
	}
	m.Text += p.T("channel.ends.text")
	return m
}
