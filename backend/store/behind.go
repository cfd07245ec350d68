package store

import (
	"context"
	"database/sql"

	"relink/backend/integration"
)

// Behind returns the open incidents of the other side, by integration id.
func (s *Store) Behind(ctx context.Context) (map[string]*integration.Incident, error) {
	return s.openOn(ctx, theirs)
}

// RecordTheirs opens, ends and drops incidents of the other side. What another process was faster with is
// not told again.
func (s *Store) RecordTheirs(ctx context.Context, turns []integration.TheirTurn) error {
	if len(turns) == 0 {
		return nil
	}
	return s.write(ctx, "record how the other side fares", relaxed, func(tx *sql.Tx) error {
		for _, t := range turns {
			done, err := turnTheirs(ctx, tx, t)
			if err != nil {
				return err
			}
			n, err := done.RowsAffected()
			if err == nil && n > 0 {
				err = (recording{tx: tx}).alerts(ctx, []integration.Alert{t.Alert}, nil)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func turnTheirs(ctx context.Context, tx *sql.Tx, t integration.TheirTurn) (sql.Result, error) {
	const insert = `INSERT INTO incidents (id, integration, opened_at, finding, notified, side)
		SELECT ?1, seq, ?2, ?3, 0, 'theirs' FROM integrations WHERE id = ?4 ON CONFLICT DO NOTHING`
	const end = `UPDATE incidents SET closed_at = ?, ending = ? WHERE id = ? AND closed_at IS NULL`
	const drop = `DELETE FROM incidents WHERE id = ? AND closed_at IS NULL`
	n := t.Incident
	switch {
	case t.Dropped:
		return tx.ExecContext(ctx, drop, n.ID)
	case !n.ClosedAt.IsZero():
		return tx.ExecContext(ctx, end, text(n.ClosedAt), string(n.Ending), n.ID)
	}
	finding, err := encode(n.Finding)
	if err != nil {
		return nil, err
	}
	return tx.ExecContext(ctx, insert, n.ID, text(n.OpenedAt), finding, n.IntegrationID)
}
