package store

import (
	"context"
	"database/sql"
	"errors"

	"relink/backend/integration"
)

// hotStatements are what every check runs, prepared once on the writing connection.
type hotStatements struct {
	again, known, upsert, verdict, change, hour, used, learned *sql.Stmt
}

// each names the statements with their SQL.
func (h *hotStatements) each(f func(to **sql.Stmt, query string)) {
	f(&h.again, stateAgain)
	f(&h.known, stateKnown)
	f(&h.upsert, stateUpsert)
	f(&h.verdict, verdictUpsert)
	f(&h.change, changeInsert)
	f(&h.hour, hourCount)
	f(&h.used, grantUsed)
	f(&h.learned, grantLearned)
}

func prepareHot(ctx context.Context, db *sql.DB) (*hotStatements, error) {
	h := &hotStatements{}
	var errs []error
	h.each(func(to **sql.Stmt, query string) {
		stmt, err := db.PrepareContext(ctx, query)
		*to, errs = stmt, append(errs, err)
	})
	return h, errors.Join(errs...)
}

func (h *hotStatements) close() error {
	var errs []error
	h.each(func(to **sql.Stmt, _ string) {
		if *to != nil {
			errs = append(errs, (*to).Close())
		}
	})
	return errors.Join(errs...)
}

// in returns the same statements inside of a transaction.
func (h *hotStatements) in(ctx context.Context, tx *sql.Tx) *hotStatements {
	bound := *h
	bound.each(func(to **sql.Stmt, _ string) { *to = tx.StmtContext(ctx, *to) })
	return &bound
}

// Record stores what checks left behind, all in one transaction: the state; a change when the
// status, the verdict or the rule became another; the hour's counters; incidents; alerts; and what
// was learned about the grants, whose version it never touches. A check of an integration that is
// gone leaves nothing. An entry without an integration id stores its alerts only.
func (s *Store) Record(ctx context.Context, batch []integration.Checked) error {
	hot, err := s.hotStatements(ctx)
	if err != nil {
		return s.fault("record the checks", err)
	}
	return s.write(ctx, "record the checks", relaxed, func(tx *sql.Tx) error {
		// The transaction's context interrupts it as a whole; one watcher for each statement would cost more than the statement.
		within := context.WithoutCancel(ctx)
		r := recording{tx: tx, hot: hot.in(within, tx)}
		for _, c := range batch {
			if err := r.one(within, c); err != nil {
				return err
			}
		}
		return nil
	})
}

// hotStatements prepares them before the first use: a start that only reads does without.
func (s *Store) hotStatements(ctx context.Context) (*hotStatements, error) {
	s.preparing.Lock()
	defer s.preparing.Unlock()
	if s.hot != nil {
		return s.hot, nil
	}
	if s.writes == nil {
		return nil, integration.ErrReadOnly
	}
	hot, err := prepareHot(ctx, s.writes)
	if err != nil {
		return nil, errors.Join(err, hot.close())
	}
	s.hot = hot
	return hot, nil
}

// recording is one batch within its transaction.
type recording struct {
	tx  *sql.Tx
	hot *hotStatements
}

// one records one check.
func (r recording) one(ctx context.Context, c integration.Checked) error {
	if c.State.IntegrationID == "" {
		return r.alerts(ctx, c.Alerts, nil)
	}
	same, err := r.again(ctx, c)
	if err != nil {
		return err
	}
	if !same {
		gone, err := r.changed(ctx, c)
		if err != nil || gone {
			return err
		}
	}
	if err := r.count(ctx, c.State); err != nil {
		return err
	}
	if err := r.cycle(ctx, c.State); err != nil {
		return err
	}
	if c.Grant == nil {
		return nil
	}
	return learn(ctx, r.hot, *c.Grant)
}

// again is the cheap way, for a check that found what the last one found; it says whether it was one.
func (r recording) again(ctx context.Context, c integration.Checked) (bool, error) {
	st := c.State
	if st.Finding.Verdict == integration.VerdictFailing || st.Incident != nil || c.Closed != nil || len(c.Alerts) > 0 {
		return false, nil
	}
	if st.Finding.Verdict == integration.VerdictOK && st.SuccessesInARow == 1 {
		return false, nil // the first good check after something else
	}
	done, err := r.hot.again.ExecContext(ctx, text(st.CheckedAt), text(st.SucceededAt), text(st.DueAt), st.FailuresInARow,
		st.SuccessesInARow, st.RefusedInARow, flag(st.Latched), st.IntegrationID, fingerprint(st))
	if err != nil {
		return false, err
	}
	n, err := done.RowsAffected()
	return n > 0, err
}

const stateKnown = `SELECT i.seq, coalesce(s.status, ''), coalesce(s.verdict, ''), coalesce(s.rule, '')
	FROM integrations i LEFT JOIN states s ON s.integration_id = i.id WHERE i.id = ?`

// changed writes everything; gone says that the integration was removed meanwhile.
func (r recording) changed(ctx context.Context, c integration.Checked) (gone bool, err error) {
	var seq int64
	var status, verdict, rule string
	err = r.hot.known.QueryRowContext(ctx, c.State.IntegrationID).Scan(&seq, &status, &verdict, &rule)
	if errors.Is(err, sql.ErrNoRows) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	found, err := verdictValues(c.State)
	if err != nil {
		return false, err
	}
	if _, err := r.hot.upsert.ExecContext(ctx, stateValues(c.State)...); err != nil {
		return false, err
	}
	if _, err := r.hot.verdict.ExecContext(ctx, found...); err != nil {
		return false, err
	}
	if status != string(c.State.Status) || verdict != string(c.State.Finding.Verdict) || rule != c.State.Finding.Rule {
		finding, err := encode(c.State.Finding)
		if err != nil {
			return false, err
		}
		if _, err := r.hot.change.ExecContext(ctx, seq, text(c.State.CheckedAt), string(c.State.Status), finding); err != nil {
			return false, err
		}
	}
	untold, err := r.incidents(ctx, seq, c)
	if err != nil {
		return false, err
	}
	return false, r.alerts(ctx, c.Alerts, untold)
}
