package cli

import (
	"context"
	"fmt"

	"relink/backend/commerce"
	"relink/backend/integration"
	"relink/backend/monitor"
	"relink/backend/view"
)

// compare opens and ends the incidents of what is behind inside Commerce Intelligence while our side is
// well. While this computer is offline nothing is known of either side.
func (p *Parts) compare(ctx context.Context) error {
	if p.Monitor.Offline() {
		return nil
	}
	o, err := p.otherSide(ctx)
	if err != nil {
		return err
	}
	open, err := p.Store.Behind(ctx)
	if err != nil {
		return err
	}
	var turns []integration.TheirTurn
	now := p.Now()
	for _, seen := range p.Monitor.All() {
		i := seen.Integration
		place := commerce.Place{Integration: i, Their: o.theirs[i.ID], Open: open[i.ID]}
		side, theirs, on := p.judge(o, seen, now)
		if on {
			place.On, place.Side, place.Args = true, side, o.args(i, theirs)
		}
		if turn, ok := commerce.Turn(place, now); ok {
			turns = append(turns, turn)
		}
	}
	if err := p.Store.RecordTheirs(ctx, turns); err != nil {
		return fmt.Errorf("record what is behind in Commerce Intelligence: %w", err)
	}
	return nil
}

// behindView is an open incident of the other side: it stands alone.
func (p *Parts) behindView(n integration.Incident, s monitor.Seen) view.IncidentGroup {
	return view.IncidentGroup{
		Title:     view.Text{Key: "incident.bond.none", Args: map[string]string{"integration": s.Integration.Name}},
		Incidents: []view.Incident{view.IncidentOf(n, p.source(s))},
	}
}
