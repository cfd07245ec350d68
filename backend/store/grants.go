package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"relink/backend/integration"
)

const grantColumns = `SELECT id, provider, method, account_id, account_name, scopes, resources, public, others, grants.version,
	obtained_at, access_expires_at, expires_at, renewed_at, used_at, disconnected_at, renewals.version, fingerprint, started_at, repeated, lost
	FROM grants LEFT JOIN renewals ON grant_id = id `

func scanGrant(row scanner) (integration.Grant, error) {
	var g integration.Grant
	var scopes, resources, public, others string
	var at [6]sql.NullString
	var renewal renewalRow
	err := row.Scan(&g.ID, &g.ProviderID, &g.Method, &g.Account.ID, &g.Account.Name, &scopes, &resources, &public, &others,
		&g.Version, &at[0], &at[1], &at[2], &at[3], &at[4], &at[5],
		&renewal.version, &renewal.fingerprint, &renewal.startedAt, &renewal.repeated, &renewal.lost)
	if err != nil {
		return g, err
	}
	var wrong error
	g.Renewal, wrong = renewal.read()
	err = errors.Join(wrong, decode(scopes, &g.Scopes), decode(resources, &g.Resources), decode(public, &g.Public), decode(others, &g.Others),
		moments(at[:], &g.ObtainedAt, &g.AccessExpiresAt, &g.ExpiresAt, &g.RenewedAt, &g.UsedAt, &g.DisconnectedAt))
	return g, err
}

// grantValues are the columns after the id, in the order of grantColumns.
func grantValues(g integration.Grant) ([]any, error) {
	scopes, err1 := encode(g.Scopes)
	resources, err2 := encode(g.Resources)
	public, err3 := encode(g.Public)
	others, err4 := encode(g.Others)
	return []any{g.ProviderID, string(g.Method), g.Account.ID, g.Account.Name, scopes, resources, public, others, g.Version,
		text(g.ObtainedAt), text(g.AccessExpiresAt), text(g.ExpiresAt), text(g.RenewedAt), text(g.UsedAt), text(g.DisconnectedAt)}, errors.Join(err1, err2, err3, err4)
}

// Grant returns one, or integration.ErrNotFound.
func (s *Store) Grant(ctx context.Context, id string) (integration.Grant, error) {
	const query = grantColumns + `WHERE id = ?`
	g, err := scanGrant(s.reads.QueryRowContext(ctx, query, id))
	if err != nil {
		return integration.Grant{}, s.fault("read the grant", absent(err))
	}
	return g, nil
}

// Grants returns all of them by id.
func (s *Store) Grants(ctx context.Context) (map[string]integration.Grant, error) {
	rows, err := s.reads.QueryContext(ctx, grantColumns)
	byID := map[string]integration.Grant{}
	_, err = collect(rows, err, func(row scanner) (none struct{}, err error) {
		g, err := scanGrant(row)
		byID[g.ID] = g
		return none, err
	})
	if err != nil {
		return nil, s.fault("read the grants", err)
	}
	return byID, nil
}

// Users returns the integrations that use a grant, by name.
func (s *Store) Users(ctx context.Context, grantID string) ([]integration.Integration, error) {
	const query = integrationColumns + `WHERE grant_id = ? ORDER BY folded_name`
	rows, err := s.reads.QueryContext(ctx, query, grantID)
	all, err := collect(rows, err, scanIntegration)
	if err != nil {
		return nil, s.fault("read the users of the grant", err)
	}
	return all, nil
}

// insertGrant stores a grant that is new; one that is stored already is left as it is.
func insertGrant(ctx context.Context, tx *sql.Tx, g integration.Grant) error {
	const insert = `INSERT INTO grants (id, provider, method, account_id, account_name, scopes, resources, public, others, version,
		obtained_at, access_expires_at, expires_at, renewed_at, used_at, disconnected_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`
	values, err := grantValues(g)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, insert, append([]any{g.ID}, values...)...)
	return err
}

// SaveRenewal replaces the grant's row if it still has fromVersion, and ends its renewal's entry in the
// journal; else it returns integration.ErrBusy: somebody else was faster, and this row is not the truth
// any more.
func (s *Store) SaveRenewal(ctx context.Context, g integration.Grant, fromVersion int) error {
	return s.write(ctx, "save the renewed grant", synced, func(tx *sql.Tx) error {
		return flip(ctx, tx, g, fromVersion)
	})
}

// Commit replaces the grant's row by a reauthorization's, under the same guard as SaveRenewal, and
// records the act. The integrations that use it lose their latch and are due at once: what was
// refused is not offered any more, even if Relink ends before it has checked them.
func (s *Store) Commit(ctx context.Context, c integration.GrantCommit) error {
	return s.write(ctx, "save the new grant", synced, func(tx *sql.Tx) error {
		if err := commit(ctx, tx, c); err != nil {
			return err
		}
		if err := s.unremind(ctx, tx, c.Grant.ID); err != nil {
			return err
		}
		return s.insertAct(ctx, tx, c.Act)
	})
}

// Join stores a new integration on a grant that is there, and what that made of the grant's row, under
// the guard of Commit. It returns integration.ErrDuplicate when the name is taken.
func (s *Store) Join(ctx context.Context, i integration.Integration, st integration.State, c integration.GrantCommit) error {
	return s.write(ctx, "add the integration", synced, func(tx *sql.Tx) error {
		if err := commit(ctx, tx, c); err != nil {
			return err
		}
		return s.insert(ctx, tx, i, st, c.Act)
	})
}

// commit flips the grant's row; where that brings another version, whoever uses it is due at once.
func commit(ctx context.Context, tx *sql.Tx, c integration.GrantCommit) error {
	const unlatch = `UPDATE states SET latched = 0, refused_in_row = 0, due_at = ?
		WHERE integration_id IN (SELECT id FROM integrations WHERE grant_id = ? AND paused = 0)`
	c.Grant.DisconnectedAt = time.Time{}
	if err := flip(ctx, tx, c.Grant, c.FromVersion); err != nil || c.Grant.Version == c.FromVersion {
		return err
	}
	_, err := tx.ExecContext(ctx, unlatch, text(c.Act.At), c.Grant.ID)
	return err
}

// flip moves the version pointer and everything that goes with it.
func flip(ctx context.Context, tx *sql.Tx, g integration.Grant, fromVersion int) error {
	const update = `UPDATE grants SET provider = ?, method = ?, account_id = ?, account_name = ?, scopes = ?, resources = ?,
		public = ?, others = ?, version = ?, obtained_at = ?, access_expires_at = ?, expires_at = ?, renewed_at = ?, used_at = ?, disconnected_at = ?
		WHERE id = ? AND version = ?`
	const exists = `SELECT count(*) FROM grants WHERE id = ?`
	values, err := grantValues(g)
	if err != nil {
		return err
	}
	done, err := tx.ExecContext(ctx, update, append(values, g.ID, fromVersion)...)
	if err = touched(done, err); err == nil {
		return journal(ctx, tx, g.ID, nil)
	}
	if !errors.Is(err, integration.ErrNotFound) {
		return err
	}
	var n int
	if err := tx.QueryRowContext(ctx, exists, g.ID).Scan(&n); err != nil {
		return err
	}
	if n > 0 {
		return integration.ErrBusy
	}
	return integration.ErrNotFound
}

// removeUnused deletes the grant if no integration uses it any more, and returns it.
func removeUnused(ctx context.Context, tx *sql.Tx, id string) (*integration.Grant, error) {
	const users = `SELECT count(*) FROM integrations WHERE grant_id = ?`
	const query = grantColumns + `WHERE id = ?`
	const remove = `DELETE FROM grants WHERE id = ?`
	var n int
	if err := tx.QueryRowContext(ctx, users, id).Scan(&n); err != nil || n > 0 {
		return nil, err
	}
	g, err := scanGrant(tx.QueryRowContext(ctx, query, id))
	if err != nil {
		return nil, err
	}
	if _, err := tx.ExecContext(ctx, remove, id); err != nil {
		return nil, err
	}
	return &g, nil
}

// learn stores what a check found out about a grant. Nothing is overwritten by what was not learned,
// nor by a check that used a version which is not the current one.
func learn(ctx context.Context, h *hotStatements, g integration.Grant) error {
	if g.Account == (integration.Account{}) && g.Resources == nil && g.Scopes == nil && g.Others == nil {
		if g.UsedAt.IsZero() {
			return nil
		}
		_, err := h.used.ExecContext(ctx, text(g.UsedAt), g.ID, g.Version, g.Version)
		return err
	}
	account, name := any(nil), any(nil)
	if g.Account != (integration.Account{}) {
		account, name = g.Account.ID, g.Account.Name
	}
	scopes, err1 := encodeUnlessNil(g.Scopes)
	resources, err2 := encodeUnlessNil(g.Resources)
	others, err3 := any(nil), error(nil)
	if g.Others != nil {
		others, err3 = encode(g.Others)
	}
	if err := errors.Join(err1, err2, err3); err != nil {
		return err
	}
	_, err := h.learned.ExecContext(ctx, account, name, scopes, resources, g.ID, g.Version, others, text(g.UsedAt))
	return err
}

// encodeUnlessNil writes a list as JSON, NULL for nil.
func encodeUnlessNil[T any](list []T) (any, error) {
	if list == nil {
		return nil, nil
	}
	return encode(list)
}

const grantUsed = `UPDATE grants SET used_at = ? WHERE id = ? AND (? = 0 OR version = ?)`

// grantLearned writes only when something differs: in most checks nothing does.
const grantLearned = `UPDATE grants SET account_id = coalesce(?1, account_id), account_name = coalesce(?2, account_name),
	scopes = coalesce(?3, scopes), resources = coalesce(?4, resources), others = coalesce(?7, others),
	used_at = coalesce(?8, used_at) WHERE id = ?5 AND (?6 = 0 OR version = ?6)
	AND NOT (?8 IS NULL AND account_id = coalesce(?1, account_id) AND account_name = coalesce(?2, account_name)
		AND scopes = coalesce(?3, scopes) AND resources = coalesce(?4, resources) AND others = coalesce(?7, others))`
