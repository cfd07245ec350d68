package store

import (
	"context"
	"database/sql"
	"errors"

	"relink/backend/integration"
)

// Channels returns where notices go beyond the desktop, in the order in which they were added.
func (s *Store) Channels(ctx context.Context) ([]integration.Channel, error) {
	const query = `SELECT id, kind, name, settings, added_at, delivered_at, failure, failures, retry_at FROM channels ORDER BY added_at, id`
	rows, err := s.reads.QueryContext(ctx, query)
	all, err := collect(rows, err, func(row scanner) (c integration.Channel, err error) {
		var settings string
		var at [3]sql.NullString
		if err := row.Scan(&c.ID, &c.Kind, &c.Name, &settings, &at[0], &at[1], &c.Failure, &c.Failures, &at[2]); err != nil {
			return c, err
		}
		return c, errors.Join(moments(at[:], &c.AddedAt, &c.DeliveredAt, &c.RetryAt), decode(settings, &c.Settings))
	})
	if err != nil {
		return nil, s.fault("read the channels", err)
	}
	return all, nil
}

// AddChannel stores a new channel; integration.ErrDuplicate means that its name is taken.
func (s *Store) AddChannel(ctx context.Context, c integration.Channel) error {
	const insert = `INSERT INTO channels (id, kind, name, settings, added_at) VALUES (?, ?, ?, ?, ?)`
	const taken = `SELECT EXISTS (SELECT 1 FROM channels WHERE name = ? COLLATE NOCASE)`
	settings, err := encode(c.Settings)
	if err != nil {
		return s.fault("add the channel", err)
	}
	return s.write(ctx, "add the channel", relaxed, func(tx *sql.Tx) error {
		var known bool
		if err := tx.QueryRowContext(ctx, taken, c.Name).Scan(&known); err != nil {
			return err
		}
		if known {
			return integration.ErrDuplicate
		}
		_, err := tx.ExecContext(ctx, insert, c.ID, string(c.Kind), c.Name, settings, text(c.AddedAt))
		return err
	})
}

// RemoveChannel forgets a channel and what it was told. One that is gone is no error.
func (s *Store) RemoveChannel(ctx context.Context, id string) error {
	const remove = `DELETE FROM channels WHERE id = ?`
	return s.write(ctx, "remove the channel", relaxed, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, remove, id)
		return err
	})
}

// Delivered notes how the last delivery of a channel went: the fields DeliveredAt, Failure, Failures and
// RetryAt. A channel that was removed meanwhile stays removed.
func (s *Store) Delivered(ctx context.Context, c integration.Channel) error {
	const update = `UPDATE channels SET delivered_at = ?, failure = ?, failures = ?, retry_at = ? WHERE id = ?`
	return s.write(ctx, "note the delivery", relaxed, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, update, text(c.DeliveredAt), c.Failure, c.Failures, text(c.RetryAt), c.ID)
		return err
	})
}
