package store

import (
	"context"
	"database/sql"
	"errors"

	"relink/backend/integration"
)

// Acts returns the audit trail of an integration, or of everything when id is "", newest first, at
// most limit entries.
func (s *Store) Acts(ctx context.Context, id string, limit int) ([]integration.Act, error) {
	const query = `SELECT at, integration_id, grant_id, what, args FROM acts
		WHERE integration_id = ?1 OR ?1 = '' ORDER BY at DESC, seq DESC LIMIT ?2`
	rows, err := s.reads.QueryContext(ctx, query, id, limit)
	all, err := collect(rows, err, func(row scanner) (a integration.Act, err error) {
		var at, args string
		if err := row.Scan(&at, &a.IntegrationID, &a.GrantID, &a.What, &args); err != nil {
			return a, err
		}
		a.At, err = parse(at)
		return a, errors.Join(err, decode(args, &a.Args))
	})
	if err != nil {
		return nil, s.fault("read the acts", err)
	}
	return all, nil
}

// AddAct appends to the audit trail.
func (s *Store) AddAct(ctx context.Context, a integration.Act) error {
	return s.write(ctx, "record the act", relaxed, func(tx *sql.Tx) error { return insertAct(ctx, tx, a) })
}

func insertAct(ctx context.Context, tx *sql.Tx, a integration.Act) error {
	const insert = `INSERT INTO acts (at, integration_id, grant_id, what, args) VALUES (?, ?, ?, ?, ?)`
	args, err := encode(a.Args)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, insert, a.At.UTC().Format(moment), a.IntegrationID, a.GrantID, a.What, args)
	return err
}
