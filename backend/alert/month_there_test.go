package alert_test

import (
	"math/rand/v2"
	"time"

	"relink/backend/commerce"
	"relink/backend/integration"
)

// The other side of the month: the first integration is the account of Commerce Intelligence, and the next ones
// live there, too. Updates run every night; now and then one fails, or none comes. What arrives of an
// integration is known from what a person reads there.
const (
	account   = 0
	livesTill = 60
)

// there says whether a kind of trouble is one of the other side, which our checks do not see at an integration.
func there(kind string) bool { return kind == "behind" || kind == "failing" || kind == "late" }

func (m *month) scriptThere(at func() time.Time, add func(string, time.Time, time.Duration, func(int) bool), r *rand.Rand) {
	for range 10 { // the consent that one integration has there is gone
		one := 1 + r.IntN(livesTill-1)
		add("behind", at(), time.Duration(3+r.IntN(4))*24*time.Hour, func(n int) bool { return n == one })
	}
	add("behind", monthStart.Add(5*24*time.Hour+10*time.Hour), 4*24*time.Hour, func(n int) bool { return n >= 20 && n < 32 })
	warehouse := func(n int) bool { return n == account }
	add("failing", monthStart.Add(9*24*time.Hour), 3*24*time.Hour, warehouse)
	add("late", monthStart.Add(16*24*time.Hour), 5*24*time.Hour, warehouse)
}

func (m *month) inTrouble(kind string, n int) bool {
	for _, t := range m.troubles {
		if t.kind == kind && t.who(n) && !m.now.Before(t.from) && m.now.Before(t.until) {
			return true
		}
	}
	return false
}

// cycle is what the account tells of its last update, which ends at three in the night.
func (m *month) cycle() *integration.Cycle {
	end := m.now.Truncate(24 * time.Hour).Add(3 * time.Hour)
	if end.After(m.now) {
		end = end.AddDate(0, 0, -1)
	}
	c := &integration.Cycle{Job: 1, State: "Completed Successfully", Result: integration.CycleCompleted, Zone: "UTC"}
	switch {
	case m.inTrouble("failing", account):
		c.State, c.Result = "Failed", integration.CycleFailed
	case m.inTrouble("late", account):
		end = end.AddDate(0, 0, -3)
	}
	c.Start, c.End = end.Add(-2*time.Hour), end
	return c
}

// lookThere is what a person reads there and what follows from it. They look when something is wrong, and
// again while an incident is open.
func (m *month) lookThere() {
	if m.offline {
		return
	}
	open, err := m.store.Behind(m.t.Context())
	check(m.t, err)
	cycles, err := m.store.Cycles(m.t.Context())
	check(m.t, err)
	var known *integration.CycleSeen
	if seen, ok := cycles[m.rows[account].ID]; ok {
		known = &seen
	}
	var turns []integration.TheirTurn
	for n := 1; n < livesTill; n++ {
		id, t := m.rows[n].ID, m.theirs[n]
		wrong := m.inTrouble("behind", n)
		if (wrong || open[id] != nil) && m.now.Sub(t.ToldAt) > 12*time.Hour {
			t.ToldAt, t.DataPoint = m.now, m.now
			if wrong {
				t.DataPoint = m.now.AddDate(0, 0, -4)
			}
			m.theirs[n] = t
		}
		ours := commerce.OursOf(m.states[n].StatusAt(m.now, m.rows[n]))
		side := commerce.Judge(commerce.Known{Ours: ours, Cycle: known, Their: t, Now: m.now})
		turn, ok := commerce.Turn(commerce.Place{Integration: m.rows[n], On: true, Side: side, Their: t, Open: open[id]}, m.now)
		if !ok {
			continue
		}
		if begins := turn.Incident.ClosedAt.IsZero(); begins && (t.DataPoint.Equal(t.ToldAt) || ours != commerce.OursWell) {
			m.t.Errorf("%s is behind there, says %s, while ours is %s", m.rows[n].Name, side.Rule, ours)
		}
		turns = append(turns, turn)
	}
	check(m.t, m.store.RecordTheirs(m.t.Context(), turns))
}

// theOtherSideWasTold looks that what is behind was told as such: together where it came together, and an update
// that fails or does not come as one incident of the account.
func (m *month) theOtherSideWasTold() {
	single, crowdTold := 0, 0
	for n, row := range m.rows {
		incidents, err := m.store.Incidents(m.t.Context(), row.ID, 100)
		check(m.t, err)
		cycles := 0
		for _, i := range incidents {
			switch {
			case i.Theirs && (n == account || n >= livesTill || i.Finding.Rule != "data-behind"):
				m.t.Errorf("%s has an incident there: %s", row.Name, i.Finding.Rule)
			case i.Theirs:
				single++
			case i.Finding.Cause == integration.CauseCommerceIntelligence:
				cycles++
			}
		}
		if n == account && cycles != 2 || n != account && cycles != 0 {
			m.t.Errorf("%s has %d incidents of updates", row.Name, cycles)
		}
	}
	told := map[string]bool{}
	for _, s := range m.sent {
		if s.Kind != integration.MessageBroken || s.Cause != integration.CauseCommerceIntelligence {
			continue
		}
		crowdTold = max(crowdTold, len(s.Integrations))
		for _, name := range s.Integrations {
			told[s.channel+" "+name] = true
		}
	}
	if single < 15 || crowdTold < 10 || !told["slack Warehouse"] || !told["mail Warehouse"] {
		m.t.Errorf("%d incidents there, at most %d of them told together; told of %v", single, crowdTold, told)
	}
}
