package store

import (
	"context"
	"database/sql"

	"relink/backend/integration"
)

// Journal replaces the entry about the grant's renewal, nil removes it. It is on the disk when Journal
// returns: what is sent next cannot be taken back.
func (s *Store) Journal(ctx context.Context, grantID string, r *integration.Renewal) error {
	return s.write(ctx, "write the journal of renewals", synced, func(tx *sql.Tx) error {
		return journal(ctx, tx, grantID, r)
	})
}

func journal(ctx context.Context, tx *sql.Tx, grantID string, r *integration.Renewal) error {
	const remove = `DELETE FROM renewals WHERE grant_id = ?`
	const put = `INSERT INTO renewals (grant_id, version, fingerprint, started_at, repeated, lost) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (grant_id) DO UPDATE SET version = excluded.version, fingerprint = excluded.fingerprint,
		started_at = excluded.started_at, repeated = excluded.repeated, lost = excluded.lost`
	if r == nil {
		_, err := tx.ExecContext(ctx, remove, grantID)
		return err
	}
	_, err := tx.ExecContext(ctx, put, grantID, r.Version, r.Fingerprint, text(r.StartedAt), flag(r.Repeated), flag(r.Lost))
	return err
}

// renewalRow is an entry as it stands beside its grant: NULL where there is none.
type renewalRow struct {
	version, repeated, lost sql.NullInt64
	fingerprint, startedAt  sql.NullString
}

func (r renewalRow) read() (*integration.Renewal, error) {
	if !r.version.Valid {
		return nil, nil
	}
	at, err := momentOf(r.startedAt)
	return &integration.Renewal{
		Version: int(r.version.Int64), Fingerprint: r.fingerprint.String, StartedAt: at,
		Repeated: r.repeated.Int64 == 1, Lost: r.lost.Int64 == 1,
	}, err
}
