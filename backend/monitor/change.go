package monitor

import (
	"context"
	"fmt"

	"relink/backend/integration"
)

// Edit changes an integration's name, settings or interval; its grant is not touched.
func (m *Monitor) Edit(ctx context.Context, i integration.Integration) error {
	return m.edit(ctx, i, "edited")
}

// Pause stops the schedule of an integration; Resume starts it again.
func (m *Monitor) Pause(ctx context.Context, id string) error { return m.pauseOrResume(ctx, id, true) }

// Resume starts the schedule of a paused integration, with a check due at once.
func (m *Monitor) Resume(ctx context.Context, id string) error {
	return m.pauseOrResume(ctx, id, false)
}

func (m *Monitor) pauseOrResume(ctx context.Context, id string, paused bool) error {
	seen, err := m.One(id)
	if err != nil || seen.Integration.Paused == paused {
		return err
	}
	what := "resumed"
	if paused {
		what = "paused"
	}
	seen.Integration.Paused = paused
	return m.edit(ctx, seen.Integration, what)
}

func (m *Monitor) edit(ctx context.Context, i integration.Integration, what string) error {
	i.UpdatedAt = m.Now()
	act := integration.Act{At: m.Now(), IntegrationID: i.ID, GrantID: i.GrantID, What: what, Args: map[string]string{"integration": i.Name}}
	if err := m.Store.Edit(ctx, i, act); err != nil {
		return fmt.Errorf("save the integration: %w", err)
	}
	return m.reload(ctx, i.ID)
}

// EnrollHostKeys replaces the host keys that a person believes of an integration's bastions, lines of known_hosts.
func (m *Monitor) EnrollHostKeys(ctx context.Context, id, lines string, act integration.Act) error {
	if err := m.Store.SetHostKeys(ctx, id, lines, act); err != nil {
		return fmt.Errorf("save the host keys: %w", err)
	}
	return m.reload(ctx, id)
}

// Remove deletes an integration, and its grant's secret when no other integration uses it.
func (m *Monitor) Remove(ctx context.Context, id string) error {
	seen, err := m.One(id)
	if err != nil {
		return err
	}
	act := integration.Act{At: m.Now(), IntegrationID: id, GrantID: seen.Integration.GrantID, What: "removed", Args: map[string]string{"integration": seen.Integration.Name}}
	orphan, err := m.Store.Remove(ctx, id, act)
	if err != nil {
		return fmt.Errorf("remove the integration: %w", err)
	}
	if err := m.reload(ctx, id); err != nil {
		return err
	}
	if orphan != nil {
		return m.Grants.Forget(ctx, *orphan)
	}
	return nil
}

// Committed makes the monitor see a grant that was just committed, and checks every integration
// that uses it. It returns their names.
func (m *Monitor) Committed(ctx context.Context, grantID string) ([]string, error) {
	if err := m.reload(ctx, ""); err != nil {
		return nil, err
	}
	var ids, names []string
	m.mu.RLock()
	for id, row := range m.rows {
		if row.GrantID == grantID {
			ids, names = append(ids, id), append(names, row.Name)
		}
	}
	m.mu.RUnlock()
	for id, err := range m.Sweep(ctx, ids, AfterCommit) {
		m.Log.Error("check after a new grant", "integration", id, "error", err)
	}
	return names, nil
}

// Disconnected makes the monitor see a grant that was just given back: every integration that uses it
// is looked at, which sends nothing, and says so from then on.
func (m *Monitor) Disconnected(ctx context.Context, grantID string) error {
	_, err := m.Committed(ctx, grantID)
	return err
}

// reload reads everything again and tells the listeners.
func (m *Monitor) reload(ctx context.Context, id string) error {
	m.results.wait()
	if err := m.Load(ctx); err != nil {
		return err
	}
	m.poke()
	if m.Events.Changed != nil {
		m.Events.Changed(id)
	}
	return nil
}
