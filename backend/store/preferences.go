package store

import (
	"context"
	"database/sql"
	"errors"
)

// Preference returns one of the app's settings, "" when it was never set.
func (s *Store) Preference(ctx context.Context, key string) (string, error) {
	const query = `SELECT value FROM preferences WHERE name = ?`
	var value string
	err := s.reads.QueryRowContext(ctx, query, key).Scan(&value)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", s.fault("read the preference", err)
	}
	return value, nil
}

// SetPreference stores one of the app's settings.
func (s *Store) SetPreference(ctx context.Context, key, value string) error {
	const upsert = `INSERT INTO preferences (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value`
	return s.write(ctx, "save the preference", relaxed, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, upsert, key, value)
		return err
	})
}
