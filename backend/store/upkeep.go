package store

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

const (
	hoursKept   = 30 * 24 * time.Hour  // then they are folded into days
	historyKept = 400 * 24 * time.Hour // a year can be compared with the one before
	changesKept = 500                  // of one integration, so that a flapping one cannot fill the disk
	backupEvery = 24 * time.Hour
	verifyEvery = 7 * 24 * time.Hour
	// pruneStep is how far one run may move the border of what is kept: a clock that jumps ahead by years deletes nothing at once.
	pruneStep = 48 * time.Hour
)

// Upkeep does what is due: it prunes, backs up once a day and verifies the file once a week. It is
// meant to be called once a day, off everybody's path.
func (s *Store) Upkeep(ctx context.Context) error {
	if s.ReadOnly() {
		return nil
	}
	now := s.now()
	if err := s.Prune(ctx, now); err != nil {
		return err
	}
	if due, err := s.due(ctx, "backup", backupEvery, now); err != nil || !due {
		return err
	}
	if due, err := s.due(ctx, "verify", verifyEvery, now); err != nil {
		return err
	} else if due {
		if err := s.Verify(ctx); err != nil {
			return err // no backup of damage: it would push out a good one
		}
	}
	if _, err := s.Backup(ctx); err != nil {
		return err
	}
	return s.done(ctx, "backup", now)
}

// Verify reads the whole structure of the file, which takes about half a second for 100 MB, and returns
// a *CorruptError when it is damaged.
func (s *Store) Verify(ctx context.Context) error {
	if err := s.quickCheck(ctx); err != nil {
		return err
	}
	if s.ReadOnly() {
		return nil
	}
	return s.done(ctx, "verify", s.now())
}

func (s *Store) quickCheck(ctx context.Context) error {
	const query = `PRAGMA quick_check(1)`
	var verdict string
	if err := s.reads.QueryRowContext(ctx, query).Scan(&verdict); err != nil {
		return s.fault("verify the database", err)
	}
	if verdict != "ok" {
		return s.fault("verify the database", s.corrupt(verdict))
	}
	return nil
}

// Prune folds old hours into days, forgets what is older than 400 days, and cuts the log short.
func (s *Store) Prune(ctx context.Context, now time.Time) error {
	const fold = `INSERT INTO days (start, integration, ok, failing, unknown, latency_us, severity, worst)
		SELECT substr(start, 1, 10) || 'T00:00:00Z', integration, ok, failing, unknown, latency_us, severity, worst
		FROM hours WHERE start < ?
		ON CONFLICT (start, integration) DO UPDATE SET ok = ok + excluded.ok, failing = failing + excluded.failing,
		unknown = unknown + excluded.unknown, latency_us = latency_us + excluded.latency_us,
		worst = CASE WHEN excluded.severity > severity THEN excluded.worst ELSE worst END,
		severity = max(severity, excluded.severity)`
	const folded = `DELETE FROM hours WHERE start < ?`
	const excess = `DELETE FROM changes WHERE seq IN (SELECT seq FROM (SELECT seq, row_number()
		OVER (PARTITION BY integration ORDER BY at DESC, seq DESC) AS place FROM changes) WHERE place > ?)`
	const checkpoint = `PRAGMA wal_checkpoint(TRUNCATE)`
	err := s.write(ctx, "prune the history", relaxed, func(tx *sql.Tx) error {
		// Whole days only, so that no day is both folded and counted by the hour.
		border, err := s.border(ctx, tx, "fold", now.Add(-hoursKept).UTC().Truncate(24*time.Hour))
		if err != nil {
			return err
		}
		for _, stmt := range []string{fold, folded} {
			if _, err := tx.ExecContext(ctx, stmt, border.Format(hour)); err != nil {
				return err
			}
		}
		if _, err := tx.ExecContext(ctx, excess, changesKept); err != nil {
			return err
		}
		return s.forget(ctx, tx, now)
	})
	if err != nil {
		return err
	}
	if _, err := s.writes.ExecContext(ctx, checkpoint); err != nil {
		return s.fault("cut the log short", err)
	}
	return nil
}

// forget deletes what is too old to be of use.
func (s *Store) forget(ctx context.Context, tx *sql.Tx, now time.Time) error {
	border, err := s.border(ctx, tx, "forget", now.Add(-historyKept).UTC())
	if err != nil {
		return err
	}
	for _, stmt := range []string{
		`DELETE FROM changes WHERE at < ?`,
		`DELETE FROM acts WHERE at < ?`,
		`DELETE FROM incidents WHERE closed_at < ?`,
		`DELETE FROM threads WHERE closed_at < ?`,
		`DELETE FROM channel_ends WHERE ends_at < ?`,
		`DELETE FROM days WHERE start < ?`,
	} {
		if _, err := tx.ExecContext(ctx, stmt, border.Format(moment)); err != nil {
			return err
		}
	}
	return nil
}

// border returns the moment up to which a task may work: the wanted one, but at most pruneStep
// beyond the last run's.
func (s *Store) border(ctx context.Context, tx *sql.Tx, task string, want time.Time) (time.Time, error) {
	last, err := lastRun(ctx, tx, task)
	if err != nil {
		return time.Time{}, err
	}
	if next := last.Add(pruneStep); !last.IsZero() && want.After(next) {
		want = next
	}
	if want.Before(last) {
		return want, nil // the clock went back: what was done stays done
	}
	_, err = tx.ExecContext(ctx, upkeepUpsert, task, want.UTC().Format(moment))
	return want, err
}

const upkeepUpsert = `INSERT INTO upkeep (task, at) VALUES (?, ?) ON CONFLICT (task) DO UPDATE SET at = excluded.at`

type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// lastRun returns when a task last ran, zero for never.
func lastRun(ctx context.Context, q querier, task string) (time.Time, error) {
	const query = `SELECT at FROM upkeep WHERE task = ?`
	var at string
	err := q.QueryRowContext(ctx, query, task).Scan(&at)
	if errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, err
	}
	return parse(at)
}

// due says whether a task is to run again; a last run in the future is one of a wrong clock.
func (s *Store) due(ctx context.Context, task string, every time.Duration, now time.Time) (bool, error) {
	last, err := lastRun(ctx, s.reads, task)
	if err != nil {
		return false, s.fault("read the upkeep", err)
	}
	return last.IsZero() || now.Sub(last) >= every || last.After(now), nil
}

func (s *Store) done(ctx context.Context, task string, at time.Time) error {
	return s.write(ctx, "note the upkeep", relaxed, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, upkeepUpsert, task, at.UTC().Format(moment))
		return err
	})
}
