package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"relink/backend/integration"
)

// Disconnect ends a grant by the person's will, in one transaction that survives a lost power supply:
// its row moves to a version that the vault does not have, what its provider is still to be told is
// noted, and the act is recorded. Guarded by the version as SaveRenewal is.
func (s *Store) Disconnect(ctx context.Context, d integration.Disconnection) error {
	return s.write(ctx, "disconnect the grant", synced, func(tx *sql.Tx) error {
		if err := flip(ctx, tx, d.Grant, d.FromVersion); err != nil {
			return err
		}
		if d.Pending != nil {
			if err := insertRevocation(ctx, tx, *d.Pending); err != nil {
				return err
			}
		}
		if err := s.unremind(ctx, tx, d.Grant.ID); err != nil {
			return err
		}
		return s.insertAct(ctx, tx, d.Act)
	})
}

func insertRevocation(ctx context.Context, tx *sql.Tx, r integration.Revocation) error {
	const insert = `INSERT INTO revocations (id, grant_id, version, provider, method, settings, public, account,
		integration_id, name, begun_at, due_at, tries, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	settings, err1 := encode(r.Settings)
	public, err2 := encode(r.Public)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, insert, r.ID, r.GrantID, r.Version, r.ProviderID, string(r.Method), settings, public, r.Account,
		r.IntegrationID, r.Name, r.BegunAt.UTC().Format(moment), r.DueAt.UTC().Format(moment), r.Tries, r.Reason)
	return err
}

const revocationColumns = `SELECT id, grant_id, version, provider, method, settings, public, account, integration_id, name,
	begun_at, due_at, tries, reason FROM revocations `

func scanRevocation(row scanner) (integration.Revocation, error) {
	var r integration.Revocation
	var settings, public, begun, due string
	err := row.Scan(&r.ID, &r.GrantID, &r.Version, &r.ProviderID, &r.Method, &settings, &public, &r.Account,
		&r.IntegrationID, &r.Name, &begun, &due, &r.Tries, &r.Reason)
	if err != nil {
		return r, err
	}
	var wrong1, wrong2 error
	r.BegunAt, wrong1 = parse(begun)
	r.DueAt, wrong2 = parse(due)
	return r, errors.Join(wrong1, wrong2, decode(settings, &r.Settings), decode(public, &r.Public))
}

// Revocations returns what providers are still to be told, oldest first.
func (s *Store) Revocations(ctx context.Context) ([]integration.Revocation, error) {
	const query = revocationColumns + `ORDER BY begun_at, id`
	rows, err := s.reads.QueryContext(ctx, query)
	all, err := collect(rows, err, scanRevocation)
	if err != nil {
		return nil, s.fault("read the revocations", err)
	}
	return all, nil
}

// Revocation returns one of them, or integration.ErrNotFound when it was settled.
func (s *Store) Revocation(ctx context.Context, id string) (integration.Revocation, error) {
	const query = revocationColumns + `WHERE id = ?`
	r, err := scanRevocation(s.reads.QueryRowContext(ctx, query, id))
	if err != nil {
		return r, s.fault("read the revocation", absent(err))
	}
	return r, nil
}

// PutOff notes that a try to tell the provider did not do, why, and when the next one is due.
func (s *Store) PutOff(ctx context.Context, id, reason string, due time.Time) error {
	const update = `UPDATE revocations SET tries = tries + 1, reason = ?, due_at = ? WHERE id = ?`
	return s.write(ctx, "put the revocation off", synced, func(tx *sql.Tx) error {
		return touched(tx.ExecContext(ctx, update, reason, due.UTC().Format(moment), id))
	})
}

// Settle ends the trying and records how it ended. One that is gone was settled by another process,
// and is no error.
func (s *Store) Settle(ctx context.Context, id string, act integration.Act) error {
	const remove = `DELETE FROM revocations WHERE id = ?`
	return s.write(ctx, "settle the revocation", synced, func(tx *sql.Tx) error {
		err := touched(tx.ExecContext(ctx, remove, id))
		if errors.Is(err, integration.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		return s.insertAct(ctx, tx, act)
	})
}
