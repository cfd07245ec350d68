package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"relink/backend/integration"
)

const integrationColumns = `SELECT id, provider, name, settings, interval_ms, grant_id, paused, created_at, updated_at, host_keys FROM integrations `

func scanIntegration(row scanner) (integration.Integration, error) {
	var i integration.Integration
	var settings string
	var intervalMS int64
	var at [2]sql.NullString
	err := row.Scan(&i.ID, &i.ProviderID, &i.Name, &settings, &intervalMS, &i.GrantID, &i.Paused, &at[0], &at[1], &i.HostKeys)
	if err != nil {
		return i, err
	}
	i.Interval = time.Duration(intervalMS) * time.Millisecond
	if err := decode(settings, &i.Settings); err != nil {
		return i, err
	}
	return i, moments(at[:], &i.CreatedAt, &i.UpdatedAt)
}

// Integrations returns all of them, by name.
func (s *Store) Integrations(ctx context.Context) ([]integration.Integration, error) {
	const query = integrationColumns + `ORDER BY folded_name`
	rows, err := s.reads.QueryContext(ctx, query)
	all, err := collect(rows, err, scanIntegration)
	if err != nil {
		return nil, s.fault("read the integrations", err)
	}
	return all, nil
}

// Integration returns one, or integration.ErrNotFound.
func (s *Store) Integration(ctx context.Context, id string) (integration.Integration, error) {
	const query = integrationColumns + `WHERE id = ?`
	return s.oneIntegration(ctx, query, id)
}

// IntegrationByName returns the one with the name, whatever its case and the spaces around it, or
// integration.ErrNotFound.
func (s *Store) IntegrationByName(ctx context.Context, name string) (integration.Integration, error) {
	const query = integrationColumns + `WHERE folded_name = ?`
	return s.oneIntegration(ctx, query, fold(name))
}

func (s *Store) oneIntegration(ctx context.Context, query, arg string) (integration.Integration, error) {
	i, err := scanIntegration(s.reads.QueryRowContext(ctx, query, arg))
	if err != nil {
		return integration.Integration{}, s.fault("read the integration", absent(err))
	}
	return i, nil
}

// fold is what two names share when they are the same to a person.
func fold(name string) string { return strings.ToLower(strings.TrimSpace(name)) }

// absent turns "no rows" into integration.ErrNotFound.
func absent(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return integration.ErrNotFound
	}
	return err
}

// Add stores a new integration, its grant unless that is stored already, its first state and the
// act. It returns integration.ErrDuplicate when the name is taken.
func (s *Store) Add(ctx context.Context, i integration.Integration, g integration.Grant, st integration.State, act integration.Act) error {
	return s.write(ctx, "add the integration", synced, func(tx *sql.Tx) error {
		if err := insertGrant(ctx, tx, g); err != nil {
			return err
		}
		return s.insert(ctx, tx, i, st, act)
	})
}

// insert stores a new integration whose grant is there, its first state and the act.
func (s *Store) insert(ctx context.Context, tx *sql.Tx, i integration.Integration, st integration.State, act integration.Act) error {
	if err := insertIntegration(ctx, tx, i); err != nil {
		return err
	}
	st.IntegrationID = i.ID
	if err := insertState(ctx, tx, st); err != nil {
		return err
	}
	return s.insertAct(ctx, tx, act)
}

func insertIntegration(ctx context.Context, tx *sql.Tx, i integration.Integration) error {
	const insert = `INSERT INTO integrations
		(id, provider, name, folded_name, settings, interval_ms, grant_id, paused, created_at, updated_at, host_keys)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	settings, err := encode(i.Settings)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, insert, i.ID, i.ProviderID, strings.TrimSpace(i.Name), fold(i.Name), settings,
		i.Interval.Milliseconds(), i.GrantID, flag(i.Paused), text(i.CreatedAt), text(i.UpdatedAt), i.HostKeys)
	if taken(err) {
		return integration.ErrDuplicate
	}
	return err
}

// Edit stores the name, the settings, the interval and whether it is paused; the grant and the host keys stay. It
// returns integration.ErrNotFound or integration.ErrDuplicate.
func (s *Store) Edit(ctx context.Context, i integration.Integration, act integration.Act) error {
	const update = `UPDATE integrations
		SET name = ?, folded_name = ?, settings = ?, interval_ms = ?, paused = ?, updated_at = ? WHERE id = ?`
	return s.write(ctx, "edit the integration", relaxed, func(tx *sql.Tx) error {
		settings, err := encode(i.Settings)
		if err != nil {
			return err
		}
		done, err := tx.ExecContext(ctx, update, strings.TrimSpace(i.Name), fold(i.Name), settings,
			i.Interval.Milliseconds(), flag(i.Paused), text(i.UpdatedAt), i.ID)
		if taken(err) {
			return integration.ErrDuplicate
		}
		if err := touched(done, err); err != nil {
			return err
		}
		return s.insertAct(ctx, tx, act)
	})
}

// SetHostKeys replaces the host keys that a person believed, lines of known_hosts. It returns
// integration.ErrNotFound where the integration is gone.
func (s *Store) SetHostKeys(ctx context.Context, id, lines string, act integration.Act) error {
	const update = `UPDATE integrations SET host_keys = ? WHERE id = ?`
	return s.write(ctx, "save the host keys", synced, func(tx *sql.Tx) error {
		done, err := tx.ExecContext(ctx, update, lines, id)
		if err := touched(done, err); err != nil {
			return err
		}
		return s.insertAct(ctx, tx, act)
	})
}

// touched returns integration.ErrNotFound when a statement found no row.
func touched(done sql.Result, err error) error {
	if err != nil {
		return err
	}
	if n, err := done.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, integration.ErrNotFound)
	}
	return nil
}

// Remove deletes an integration with its history, and its grant when nothing else uses it; that
// grant is returned, so that its secret can be deleted too.
func (s *Store) Remove(ctx context.Context, id string, act integration.Act) (orphan *integration.Grant, err error) {
	const remove = `DELETE FROM integrations WHERE id = ? RETURNING grant_id`
	const removeAlerts = `DELETE FROM alerts WHERE integration_id = ?`
	err = s.write(ctx, "remove the integration", synced, func(tx *sql.Tx) error {
		var grantID string
		if err := tx.QueryRowContext(ctx, remove, id).Scan(&grantID); err != nil {
			return absent(err)
		}
		if _, err := tx.ExecContext(ctx, removeAlerts, id); err != nil {
			return err
		}
		if err := s.insertAct(ctx, tx, act); err != nil {
			return err
		}
		orphan, err = removeUnused(ctx, tx, grantID)
		return err
	})
	if err != nil {
		return nil, err
	}
	return orphan, nil
}
