package monitor

import (
	"context"
	"fmt"
	"slices"
	"time"

	"relink/backend/integration"
)

// Rest lets notices about an integration rest while its checks go on. A rest of the same kind is replaced.
func (m *Monitor) Rest(ctx context.Context, id string, rest integration.Rest) error {
	seen, err := m.One(id)
	if err != nil {
		return err
	}
	rests := slices.DeleteFunc(slices.Clone(seen.State.Rests), func(r integration.Rest) bool { return r.Kind == rest.Kind })
	what := string(rest.Kind)
	if rest.Kind == integration.RestMuted && !rest.Until.IsZero() {
		what = "muted_until"
	}
	return m.rest(ctx, seen, append(rests, rest), what, map[string]string{"untilAt": stamp(rest.Until), "fromAt": stamp(rest.From)})
}

// Unrest ends every rest of an integration, also one that is planned; what is still broken is told.
func (m *Monitor) Unrest(ctx context.Context, id string) error {
	seen, err := m.One(id)
	if err != nil || len(seen.State.Rests) == 0 {
		return err
	}
	return m.rest(ctx, seen, nil, "unmuted", map[string]string{})
}

func (m *Monitor) rest(ctx context.Context, seen Seen, rests []integration.Rest, what string, args map[string]string) error {
	i := seen.Integration
	args["integration"] = i.Name
	act := integration.Act{At: m.Now(), IntegrationID: i.ID, GrantID: i.GrantID, What: what, Args: args}
	if err := m.Store.SetRests(ctx, i.ID, rests, act); err != nil {
		return fmt.Errorf("save when notices rest: %w", err)
	}
	return m.reload(ctx, i.ID)
}

// Ask notes that the owner of an integration's account was asked for help, and whom. One that works is
// left as it is: there is nothing to wait for. Asking the same person again changes nothing.
func (m *Monitor) Ask(ctx context.Context, id, whom string) error {
	seen, err := m.One(id)
	if err != nil || seen.State.Finding.Verdict != integration.VerdictFailing {
		return err
	}
	if known := seen.State.Asked; known != nil && (whom == "" || whom == known.Whom) {
		return nil
	}
	i := seen.Integration
	act := integration.Act{At: m.Now(), IntegrationID: i.ID, GrantID: i.GrantID, What: "asked", Args: map[string]string{"integration": i.Name, "whom": whom}}
	if whom == "" {
		act.What = "asked_somebody"
	}
	if err := m.Store.SetAsked(ctx, id, integration.Asked{Whom: whom, Since: m.Now()}, act); err != nil {
		return fmt.Errorf("save who was asked for help: %w", err)
	}
	return m.reload(ctx, id)
}

// RemindAsked puts reminders of what owners were asked for into the outbox: one a day for each, a few at
// most, and none while nothing is broken.
func (m *Monitor) RemindAsked(ctx context.Context) error {
	now := m.Now()
	for _, seen := range m.All() {
		asked, incident := seen.State.Asked, seen.State.Incident
		if asked == nil || incident == nil || seen.Integration.Paused || !asked.ReminderDue(now) {
			continue
		}
		again := alert(integration.AlertBroken, *incident, seen.Integration, integration.Finding{
			Verdict: integration.VerdictFailing, Cause: incident.Finding.Cause, Rule: integration.RuleAsked, Status: integration.StatusWaitingForAdmin,
			Next: integration.NextAskOwner, Args: map[string]string{"whom": asked.Whom, "sinceAt": stamp(asked.Since)},
		}, now)
		if err := m.Store.RemindAsked(ctx, seen.Integration.ID, *asked, again); err != nil {
			return fmt.Errorf("remind of what was asked for: %w", err)
		}
		if err := m.reload(ctx, seen.Integration.ID); err != nil {
			return err
		}
	}
	return nil
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
