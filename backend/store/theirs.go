package store

import (
	"context"
	"database/sql"
	"errors"

	"relink/backend/integration"
)

const theirColumns = `SELECT integration_id, switched, account, data_point, told_at, steps, key_refresh FROM theirs `

func scanTheir(row scanner) (integration.Their, error) {
	var t integration.Their
	var at [2]sql.NullString
	var steps, keys string
	if err := row.Scan(&t.IntegrationID, &t.Switch, &t.Account, &at[0], &at[1], &steps, &keys); err != nil {
		return t, err
	}
	return t, errors.Join(moments(at[:], &t.DataPoint, &t.ToldAt), decode(steps, &t.Steps), decode(keys, &t.Keys))
}

// Theirs returns what people told of the other side, by integration; one of which nothing was told is absent.
func (s *Store) Theirs(ctx context.Context) (map[string]integration.Their, error) {
	rows, err := s.reads.QueryContext(ctx, theirColumns)
	all, err := collect(rows, err, scanTheir)
	if err != nil {
		return nil, s.fault("read what is known of the other side", err)
	}
	byID := make(map[string]integration.Their, len(all))
	for _, t := range all {
		byID[t.IntegrationID] = t
	}
	return byID, nil
}

// ChangeTheir changes what is known of the other side of an integration, in one transaction, and records
// the act where it has one. It returns integration.ErrNotFound where the integration is gone, and the
// error of change.
func (s *Store) ChangeTheir(ctx context.Context, id string, act integration.Act, change func(integration.Their) (integration.Their, error)) error {
	const query = theirColumns + `WHERE integration_id = ?`
	const upsert = `INSERT INTO theirs (integration_id, switched, account, data_point, told_at, steps, key_refresh)
		SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 WHERE EXISTS (SELECT 1 FROM integrations WHERE id = ?1)
		ON CONFLICT (integration_id) DO UPDATE SET switched = excluded.switched, account = excluded.account,
			data_point = excluded.data_point, told_at = excluded.told_at, steps = excluded.steps, key_refresh = excluded.key_refresh`
	return s.write(ctx, "save what is known of the other side", relaxed, func(tx *sql.Tx) error {
		t, err := scanTheir(tx.QueryRowContext(ctx, query, id))
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if t, err = change(t); err != nil {
			return err
		}
		steps, err1 := encode(t.Steps)
		keys, err2 := encode(t.Keys)
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		done, err := tx.ExecContext(ctx, upsert, id, t.Switch, t.Account, text(t.DataPoint), text(t.ToldAt), steps, keys)
		if err := touched(done, err); err != nil {
			return err
		}
		if act.What == "" {
			return nil
		}
		return s.insertAct(ctx, tx, act)
	})
}
