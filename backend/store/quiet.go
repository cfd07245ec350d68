package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"relink/backend/integration"
)

// quiet reads when notices rest and who was asked for help, by integration id; of one alone unless id is "".
func (s *Store) quiet(ctx context.Context, id string) (map[string][]integration.Rest, map[string]*integration.Asked, error) {
	const restsQuery = `SELECT integration_id, kind, starts_at, ends_at FROM rests
		WHERE (?1 = '' OR integration_id = ?1) AND (ends_at IS NULL OR ends_at > ?2) ORDER BY integration_id, kind`
	const askedQuery = `SELECT integration_id, whom, since, reminded_at, reminders FROM asked WHERE ?1 = '' OR integration_id = ?1`
	rests, asked := map[string][]integration.Rest{}, map[string]*integration.Asked{}
	rows, err := s.reads.QueryContext(ctx, restsQuery, id, s.now().UTC().Format(moment))
	_, err = collect(rows, err, func(row scanner) (r integration.Rest, err error) {
		var of string
		var at [2]sql.NullString
		if err := row.Scan(&of, &r.Kind, &at[0], &at[1]); err != nil {
			return r, err
		}
		err = moments(at[:], &r.From, &r.Until)
		rests[of] = append(rests[of], r)
		return r, err
	})
	if err != nil {
		return nil, nil, s.fault("read when notices rest", err)
	}
	rows, err = s.reads.QueryContext(ctx, askedQuery, id)
	_, err = collect(rows, err, func(row scanner) (a integration.Asked, err error) {
		var of string
		var at [2]sql.NullString
		if err := row.Scan(&of, &a.Whom, &at[0], &at[1], &a.Reminders); err != nil {
			return a, err
		}
		err = moments(at[:], &a.Since, &a.RemindedAt)
		asked[of] = &a
		return a, err
	})
	if err != nil {
		return nil, nil, s.fault("read who was asked for help", err)
	}
	return rests, asked, nil
}

// SetRests replaces when notices about an integration rest. It returns integration.ErrNotFound where
// the integration is gone.
func (s *Store) SetRests(ctx context.Context, id string, rests []integration.Rest, act integration.Act) error {
	const remove = `DELETE FROM rests WHERE integration_id = ?`
	const insert = `INSERT INTO rests (integration_id, kind, starts_at, ends_at) VALUES (?, ?, ?, ?)`
	return s.about(ctx, "save when notices rest", id, act, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, remove, id); err != nil {
			return err
		}
		for _, r := range rests {
			if _, err := tx.ExecContext(ctx, insert, id, string(r.Kind), r.From.UTC().Format(moment), text(r.Until)); err != nil {
				return err
			}
		}
		return nil
	})
}

// SetAsked stores that the owner of the account was asked for help. It returns integration.ErrNotFound
// where the integration is gone.
func (s *Store) SetAsked(ctx context.Context, id string, a integration.Asked, act integration.Act) error {
	const upsert = `INSERT INTO asked (integration_id, whom, since, reminded_at, reminders) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (integration_id) DO UPDATE SET whom = excluded.whom, since = excluded.since,
		reminded_at = excluded.reminded_at, reminders = excluded.reminders`
	return s.about(ctx, "save who was asked for help", id, act, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, upsert, id, a.Whom, a.Since.UTC().Format(moment), text(a.RemindedAt), a.Reminders)
		return err
	})
}

// about writes something about an integration that is there, and the act.
func (s *Store) about(ctx context.Context, what, id string, act integration.Act, do func(*sql.Tx) error) error {
	const there = `SELECT id FROM integrations WHERE id = ?`
	return s.write(ctx, what, relaxed, func(tx *sql.Tx) error {
		if err := tx.QueryRowContext(ctx, there, id).Scan(&id); err != nil {
			return absent(err)
		}
		if err := do(tx); err != nil {
			return err
		}
		return s.insertAct(ctx, tx, act)
	})
}

// RemindAsked puts a reminder into the outbox and counts it, unless another process was faster: the
// count must still be that of the one whose turn came.
func (s *Store) RemindAsked(ctx context.Context, id string, known integration.Asked, a integration.Alert) error {
	const count = `UPDATE asked SET reminded_at = ?, reminders = reminders + 1 WHERE integration_id = ? AND reminders = ?`
	return s.write(ctx, "note the reminder", relaxed, func(tx *sql.Tx) error {
		done, err := tx.ExecContext(ctx, count, a.At.UTC().Format(moment), id, known.Reminders)
		if err := touched(done, err); err != nil {
			if errors.Is(err, integration.ErrNotFound) {
				return nil
			}
			return err
		}
		return recording{tx: tx}.alerts(ctx, []integration.Alert{a}, nil)
	})
}

// ActedSince says whether somebody did something about an integration or its grant at or after the
// given moment that could have mended it. Handing a login out or silencing notices could not.
func (s *Store) ActedSince(ctx context.Context, id string, since time.Time) (bool, error) {
	const query = `SELECT EXISTS (SELECT 1 FROM acts a JOIN integrations i ON i.id = ?1
		WHERE a.at >= ?2 AND a.actor <> 'relink' AND (a.integration_id = ?1 OR a.grant_id = i.grant_id AND a.grant_id <> '')
		AND a.what NOT IN ('handed_out', 'handed_to', 'not_reconnected', 'paused', 'resumed', 'muted', 'muted_until', 'snoozed', 'maintenance', 'unmuted'))`
	var acted bool
	if err := s.reads.QueryRowContext(ctx, query, id, since.UTC().Format(moment)).Scan(&acted); err != nil {
		return false, s.fault("read the acts", err)
	}
	return acted, nil
}
