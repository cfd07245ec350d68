package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"

	"relink/backend/integration"
)

// Acts returns the audit trail of an integration, or of everything when id is "", newest first, at
// most limit entries.
func (s *Store) Acts(ctx context.Context, id string, limit int) ([]integration.Act, error) {
	return s.Activity(ctx, integration.ActFilter{IntegrationID: id, Limit: limit})
}

// Activity returns the part of the audit trail that the filter names, newest first.
func (s *Store) Activity(ctx context.Context, f integration.ActFilter) ([]integration.Act, error) {
	const query = `SELECT at, integration_id, grant_id, what, args, actor, scopes FROM acts
		WHERE (?1 = '' AND ?2 = '' OR integration_id = ?1 AND ?1 <> '' OR ?2 <> '' AND lower(json_extract(args, '$.integration')) = ?2)
		AND at >= ?3 ORDER BY at DESC, seq DESC LIMIT ?4`
	rows, err := s.reads.QueryContext(ctx, query, f.IntegrationID, fold(f.Name), f.Since.UTC().Format(moment), f.Limit)
	all, err := collect(rows, err, func(row scanner) (a integration.Act, err error) {
		var at, args, scopes string
		if err := row.Scan(&at, &a.IntegrationID, &a.GrantID, &a.What, &args, &a.Actor, &scopes); err != nil {
			return a, err
		}
		a.At, err = parse(at)
		return a, errors.Join(err, decode(args, &a.Args), decode(scopes, &a.Scopes))
	})
	if err != nil {
		return nil, s.fault("read the acts", err)
	}
	return all, nil
}

// AddAct appends to the audit trail.
func (s *Store) AddAct(ctx context.Context, a integration.Act) error {
	return s.write(ctx, "record the act", relaxed, func(tx *sql.Tx) error { return s.insertAct(ctx, tx, a) })
}

// insertAct adds who acts through this store, and the scopes that the grant has within the transaction.
func (s *Store) insertAct(ctx context.Context, tx *sql.Tx, a integration.Act) error {
	const insert = `INSERT INTO acts (at, integration_id, grant_id, what, args, actor, scopes)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, coalesce((SELECT scopes FROM grants WHERE id = ?3), '[]'))`
	args, err := encode(a.Args)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, insert, a.At.UTC().Format(moment), a.IntegrationID, a.GrantID, a.What, args, cmp.Or(a.Actor, s.actor))
	return err
}
