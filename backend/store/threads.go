package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"relink/backend/integration"
)

// Outages returns every open incident with its integration, the oldest first.
func (s *Store) Outages(ctx context.Context) ([]integration.Outage, error) {
	const query = `SELECT n.id, i.id, n.opened_at, n.finding, n.side = 'theirs', i.name, i.provider, i.grant_id, i.paused
		FROM incidents n JOIN integrations i ON i.seq = n.integration WHERE n.closed_at IS NULL ORDER BY n.opened_at, n.id`
	rows, err := s.reads.QueryContext(ctx, query)
	all, err := collect(rows, err, func(row scanner) (o integration.Outage, err error) {
		var opened, finding string
		if err := row.Scan(&o.Incident.ID, &o.Incident.IntegrationID, &opened, &finding, &o.Incident.Theirs, &o.Name, &o.ProviderID, &o.GrantID, &o.Paused); err != nil {
			return o, err
		}
		o.Incident.OpenedAt, err = parse(opened)
		return o, errors.Join(err, decode(finding, &o.Incident.Finding))
	})
	if err != nil {
		return nil, s.fault("read what is broken", err)
	}
	return all, nil
}

// Threads returns what the channels were told: all that is open, and what was told or ended since the given moment.
func (s *Store) Threads(ctx context.Context, since time.Time) ([]integration.Thread, error) {
	const query = `SELECT id, channel, reference, title, cause, rule, told_at, reminded_at, reminders, closed_at
		FROM threads WHERE closed_at IS NULL OR closed_at >= ?1 OR told_at >= ?1 ORDER BY told_at, id`
	rows, err := s.reads.QueryContext(ctx, query, text(since))
	all, err := collect(rows, err, func(row scanner) (t integration.Thread, err error) {
		var at [3]sql.NullString
		if err := row.Scan(&t.ID, &t.ChannelID, &t.Reference, &t.Title, &t.Cause, &t.Rule, &at[0], &at[1], &t.Reminders, &at[2]); err != nil {
			return t, err
		}
		return t, moments(at[:], &t.ToldAt, &t.RemindedAt, &t.ClosedAt)
	})
	if err == nil && len(all) > 0 {
		err = s.members(ctx, all, since)
	}
	if err != nil {
		return nil, s.fault("read what the channels were told", err)
	}
	return all, nil
}

// members fills in the incidents of threads. Those of integrations that were removed are gone.
func (s *Store) members(ctx context.Context, threads []integration.Thread, since time.Time) error {
	const query = `SELECT m.thread, m.incident, i.id, i.provider, i.name FROM threads t JOIN thread_members m ON m.thread = t.id
		JOIN incidents n ON n.id = m.incident JOIN integrations i ON i.seq = n.integration
		WHERE t.closed_at IS NULL OR t.closed_at >= ?1 OR t.told_at >= ?1 ORDER BY i.name, m.incident`
	type member struct {
		thread string
		integration.ThreadMember
	}
	rows, err := s.reads.QueryContext(ctx, query, text(since))
	all, err := collect(rows, err, func(row scanner) (m member, err error) {
		return m, row.Scan(&m.thread, &m.IncidentID, &m.IntegrationID, &m.ProviderID, &m.Name)
	})
	if err != nil {
		return err
	}
	at := make(map[string]*integration.Thread, len(threads))
	for i := range threads {
		at[threads[i].ID] = &threads[i]
	}
	for _, m := range all {
		if t := at[m.thread]; t != nil {
			t.Members = append(t.Members, m.ThreadMember)
		}
	}
	return nil
}

// SaveThread stores what a channel was told, or what became of it. Members of incidents, integrations and
// channels that were removed meanwhile are left out; so is an incident that the channel was told of before.
func (s *Store) SaveThread(ctx context.Context, t integration.Thread) error {
	const upsert = `INSERT INTO threads (id, channel, reference, title, cause, rule, told_at, reminded_at, reminders, closed_at)
		SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10 WHERE EXISTS (SELECT 1 FROM channels WHERE id = ?2)
		ON CONFLICT (id) DO UPDATE SET reminded_at = excluded.reminded_at, reminders = excluded.reminders, closed_at = excluded.closed_at`
	const join = `INSERT INTO thread_members (channel, incident, thread) SELECT ?1, ?2, ?3
		WHERE EXISTS (SELECT 1 FROM incidents WHERE id = ?2) AND EXISTS (SELECT 1 FROM threads WHERE id = ?3) ON CONFLICT DO NOTHING`
	return s.write(ctx, "note what the channel was told", relaxed, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, upsert, t.ID, t.ChannelID, t.Reference, t.Title, string(t.Cause), t.Rule,
			text(t.ToldAt), text(t.RemindedAt), t.Reminders, text(t.ClosedAt))
		if err != nil || !t.ClosedAt.IsZero() || !t.RemindedAt.IsZero() {
			return err
		}
		for _, m := range t.Members {
			if _, err := tx.ExecContext(ctx, join, t.ChannelID, m.IncidentID, t.ID); err != nil {
				return err
			}
		}
		return nil
	})
}
