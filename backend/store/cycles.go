package store

import (
	"context"
	"database/sql"

	"relink/backend/integration"
)

const cycleUpsert = `INSERT INTO update_cycles
	(integration_id, job, kind, state, result, started_at, ended_at, told, zone, asked_at, address)
	SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11 WHERE EXISTS (SELECT 1 FROM integrations WHERE id = ?1)
	ON CONFLICT (integration_id) DO UPDATE SET job = excluded.job, kind = excluded.kind, state = excluded.state,
		result = excluded.result, started_at = excluded.started_at, ended_at = excluded.ended_at, told = excluded.told,
		zone = excluded.zone, asked_at = excluded.asked_at, address = excluded.address`

// cycle keeps the update cycle that a check was told of, if it was told of one.
func (r recording) cycle(ctx context.Context, st integration.State) error {
	c := st.Evidence.Cycle
	if c == nil {
		return nil
	}
	_, err := r.tx.ExecContext(ctx, cycleUpsert, st.IntegrationID, c.Job, c.Kind, c.State, string(c.Result),
		text(c.Start), text(c.End), c.Told, c.Zone, text(st.CheckedAt), st.Evidence.Address)
	return err
}

// Cycles returns the last update cycle of every account of Commerce Intelligence, by the account's integration.
func (s *Store) Cycles(ctx context.Context) (map[string]integration.CycleSeen, error) {
	const query = `SELECT integration_id, job, kind, state, result, started_at, ended_at, told, zone, asked_at, address FROM update_cycles`
	rows, err := s.reads.QueryContext(ctx, query)
	all, err := collect(rows, err, func(row scanner) (c integration.CycleSeen, err error) {
		var at [3]sql.NullString
		err = row.Scan(&c.IntegrationID, &c.Cycle.Job, &c.Cycle.Kind, &c.Cycle.State, &c.Cycle.Result, &at[0], &at[1],
			&c.Cycle.Told, &c.Cycle.Zone, &at[2], &c.Address)
		if err != nil {
			return c, err
		}
		return c, moments(at[:], &c.Cycle.Start, &c.Cycle.End, &c.AskedAt)
	})
	if err != nil {
		return nil, s.fault("read the update cycles", err)
	}
	byID := make(map[string]integration.CycleSeen, len(all))
	for _, c := range all {
		byID[c.IntegrationID] = c
	}
	return byID, nil
}
