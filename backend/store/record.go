package store

import (
	"context"
	"database/sql"
	"errors"

	"relink/backend/integration"
)

// hotStatements are what every check runs, prepared once on the writing connection.
type hotStatements struct {
	again, standings, upsert, verdict, change, hour, used, learned *sql.Stmt
}

// each names the statements with their SQL.
func (h *hotStatements) each(f func(to **sql.Stmt, query string)) {
	f(&h.again, stateAgain)
	f(&h.standings, standings)
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
		r := recording{tx: tx, hot: hot.in(within, tx), known: make(map[string]standing, len(batch))}
		var changed []string
		for _, c := range batch {
			if c.State.IntegrationID != "" && !mayRepeat(c) {
				changed = append(changed, c.State.IntegrationID)
			}
		}
		if err := r.lookUp(within, changed); err != nil {
			return err
		}
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
	tx    *sql.Tx
	hot   *hotStatements
	known map[string]standing // of those that were looked up, by integration id
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

// mayRepeat says whether a check may have found what the last one found, so that the cheap way is worth a try.
func mayRepeat(c integration.Checked) bool {
	st := c.State
	if st.Finding.Verdict == integration.VerdictFailing || st.Incident != nil || c.Closed != nil || len(c.Alerts) > 0 {
		return false
	}
	return st.Finding.Verdict != integration.VerdictOK || st.SuccessesInARow != 1 // 1: the first good check after something else
}

// again is the cheap way, for a check that found what the last one found; it says whether it was one.
func (r recording) again(ctx context.Context, c integration.Checked) (bool, error) {
	if !mayRepeat(c) {
		return false, nil
	}
	st := c.State
	done, err := r.hot.again.ExecContext(ctx, text(st.CheckedAt), text(st.SucceededAt), text(st.DueAt), st.FailuresInARow,
		st.SuccessesInARow, st.RefusedInARow, flag(st.Latched), st.IntegrationID, fingerprint(st))
	if err != nil {
		return false, err
	}
	n, err := done.RowsAffected()
	return n > 0, err
}

// standing is what the store knows of an integration when a check of it is recorded.
type standing struct {
	seq                   int64
	status, verdict, rule string
	asked                 bool // its account's owner was asked for help
}

// standings reads what is known of those in a JSON array of ids.
const standings = `SELECT i.id, i.seq, coalesce(s.status, ''), coalesce(s.verdict, ''), coalesce(s.rule, ''),
	EXISTS (SELECT 1 FROM asked WHERE integration_id = i.id)
	FROM json_each(?) wanted CROSS JOIN integrations i ON i.id = wanted.value LEFT JOIN states s ON s.integration_id = i.id`

// lookUp reads what is known of some integrations at once; those that are gone are left out.
func (r recording) lookUp(ctx context.Context, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	wanted, err := encode(ids)
	if err != nil {
		return err
	}
	rows, err := r.hot.standings.QueryContext(ctx, wanted)
	_, err = collect(rows, err, func(row scanner) (none struct{}, err error) {
		var id string
		var s standing
		err = row.Scan(&id, &s.seq, &s.status, &s.verdict, &s.rule, &s.asked)
		r.known[id] = s
		return none, err
	})
	return err
}

// changed writes everything; gone says that the integration was removed meanwhile.
func (r recording) changed(ctx context.Context, c integration.Checked) (gone bool, err error) {
	id := c.State.IntegrationID
	last, ok := r.known[id]
	if !ok {
		if err := r.lookUp(ctx, []string{id}); err != nil {
			return false, err
		}
		if last, ok = r.known[id]; !ok {
			return true, nil
		}
	}
	finding, evidence, err := sealed(c.State)
	if err != nil {
		return false, err
	}
	if _, err := r.hot.upsert.ExecContext(ctx, stateValues(c.State)...); err != nil {
		return false, err
	}
	if _, err := r.hot.verdict.ExecContext(ctx, id, finding, evidence); err != nil {
		return false, err
	}
	now := standing{
		seq: last.seq, status: string(c.State.Status), verdict: string(c.State.Finding.Verdict), rule: c.State.Finding.Rule,
		asked: last.asked && !c.Settled(),
	}
	if last.status != now.status || last.verdict != now.verdict || last.rule != now.rule {
		if _, err := r.hot.change.ExecContext(ctx, now.seq, text(c.State.CheckedAt), now.status, finding); err != nil {
			return false, err
		}
	}
	untold, err := r.incidents(ctx, last, c)
	if err != nil {
		return false, err
	}
	r.known[id] = now
	return false, r.alerts(ctx, c.Alerts, untold)
}
