package store

import (
	"context"
	"database/sql"

	"relink/backend/integration"
)

// Remind puts the alerts of reminders into the outbox, each once for its grant, end and step: what was
// put there before is left out, whether it was told since or not.
func (s *Store) Remind(ctx context.Context, reminders []integration.Reminder) error {
	const note = `INSERT INTO reminders (grant_id, ends_at, days) SELECT ?1, ?2, ?3 WHERE EXISTS (SELECT 1 FROM grants WHERE id = ?1)
		ON CONFLICT DO NOTHING`
	known, err := s.reminded(ctx)
	if err != nil {
		return err
	}
	var fresh []integration.Reminder
	for _, r := range reminders {
		if !known[reminder{r.GrantID, r.EndsAt.UTC().Format(moment), r.Days}] {
			fresh = append(fresh, r)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	return s.write(ctx, "note the reminders", relaxed, func(tx *sql.Tx) error {
		for _, r := range fresh {
			done, err := tx.ExecContext(ctx, note, r.GrantID, r.EndsAt.UTC().Format(moment), r.Days)
			if err != nil {
				return err
			}
			n, err := done.RowsAffected()
			if err != nil {
				return err
			}
			if n == 0 {
				continue // the grant is gone, or another process was faster
			}
			if err := (recording{tx: tx}).alerts(ctx, []integration.Alert{r.Alert}, nil); err != nil {
				return err
			}
		}
		return nil
	})
}

// unremind takes word of the grant's end back: what nobody was told yet is dropped, and what was told is
// withdrawn.
func (s *Store) unremind(ctx context.Context, tx *sql.Tx, grantID string) error {
	const drop = `DELETE FROM alerts WHERE kind = ? AND incident_id = ?`
	const forget = `DELETE FROM reminders WHERE grant_id = ?`
	if _, err := tx.ExecContext(ctx, drop, string(integration.AlertExpires), integration.EndID(grantID)); err != nil {
		return err
	}
	done, err := tx.ExecContext(ctx, forget, grantID)
	if err != nil {
		return err
	}
	n, err := done.RowsAffected()
	if err != nil || n == 0 {
		return err
	}
	over := integration.Alert{ID: integration.NewID("alr_", s.now()), Kind: integration.AlertRecovered, IncidentID: integration.EndID(grantID), At: s.now()}
	return recording{tx: tx}.alerts(ctx, []integration.Alert{over}, nil)
}

type reminder struct {
	grantID, endsAt string
	days            int
}

// reminded are the reminders of before.
func (s *Store) reminded(ctx context.Context) (map[reminder]bool, error) {
	const query = `SELECT grant_id, ends_at, days FROM reminders`
	rows, err := s.reads.QueryContext(ctx, query)
	all, err := collect(rows, err, func(row scanner) (r reminder, err error) { return r, row.Scan(&r.grantID, &r.endsAt, &r.days) })
	if err != nil {
		return nil, s.fault("read the reminders", err)
	}
	known := make(map[reminder]bool, len(all))
	for _, r := range all {
		known[r] = true
	}
	return known, nil
}

// EndsTold returns the steps before the ends of grants that the channels were told of.
func (s *Store) EndsTold(ctx context.Context) ([]integration.EndTold, error) {
	const query = `SELECT channel, grant_id, ends_at, days, told_at FROM channel_ends`
	rows, err := s.reads.QueryContext(ctx, query)
	all, err := collect(rows, err, func(row scanner) (e integration.EndTold, err error) {
		var at [2]sql.NullString
		if err := row.Scan(&e.ChannelID, &e.GrantID, &at[0], &e.Days, &at[1]); err != nil {
			return e, err
		}
		return e, moments(at[:], &e.EndsAt, &e.ToldAt)
	})
	if err != nil {
		return nil, s.fault("read what the channels were told", err)
	}
	return all, nil
}

// SaveEnds notes of which steps a channel was told. Those of channels and grants that were removed meanwhile
// are left out.
func (s *Store) SaveEnds(ctx context.Context, told []integration.EndTold) error {
	const insert = `INSERT INTO channel_ends (channel, grant_id, ends_at, days, told_at) SELECT ?1, ?2, ?3, ?4, ?5
		WHERE EXISTS (SELECT 1 FROM channels WHERE id = ?1) AND EXISTS (SELECT 1 FROM grants WHERE id = ?2) ON CONFLICT DO NOTHING`
	return s.write(ctx, "note what the channel was told", relaxed, func(tx *sql.Tx) error {
		for _, e := range told {
			if _, err := tx.ExecContext(ctx, insert, e.ChannelID, e.GrantID, text(e.EndsAt), e.Days, text(e.ToldAt)); err != nil {
				return err
			}
		}
		return nil
	})
}
