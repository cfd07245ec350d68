package store

import (
	"context"
	"database/sql"
	"errors"
	"hash/fnv"
	"maps"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"time"

	"relink/backend/integration"
)

const stateColumns = `SELECT integration_id, status, checked_at, succeeded_at, due_at, failures_in_row, successes_in_row,
	refused_in_row, latched, patience, coalesce(finding, ''), coalesce(evidence, '') FROM states LEFT JOIN verdicts USING (integration_id) `

// sealedAtOnce is how many states are held as JSON while they are read: all of them at once would be the most
// memory that a start needs.
const sealedAtOnce = 512

// sealedState is a state whose finding and evidence are still JSON.
type sealedState struct {
	integration.State
	finding, evidence string
}

func scanState(row scanner, st *sealedState) error {
	var at [3]sql.NullString
	err := row.Scan(&st.IntegrationID, &st.Status, &at[0], &at[1], &at[2], &st.FailuresInARow, &st.SuccessesInARow,
		&st.RefusedInARow, &st.Latched, &st.Patience, &st.finding, &st.evidence)
	return errors.Join(err, moments(at[:], &st.CheckedAt, &st.SucceededAt, &st.DueAt))
}

func (st *sealedState) unseal() error {
	var err1, err2 error
	if st.finding != "" {
		err1 = decode(st.finding, &st.Finding)
	}
	if st.evidence != "" {
		err2 = decode(st.evidence, &st.Evidence)
	}
	return errors.Join(err1, err2)
}

// unsealAll shares the work among the processors: it is the longest part of a start.
func unsealAll(all []sealedState) error {
	workers := runtime.GOMAXPROCS(0)
	errs := make([]error, workers)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for k := w; k < len(all); k += workers {
				errs[w] = errors.Join(errs[w], all[k].unseal())
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// States returns the last known truth by integration id. Times are whole milliseconds. The evidence
// of a check that only repeated a good one is that of the first such check in its hour; see its At.
func (s *Store) States(ctx context.Context) (map[string]integration.State, error) {
	open, err := s.openIncidents(ctx)
	if err != nil {
		return nil, err
	}
	rests, asked, err := s.quiet(ctx, "")
	if err != nil {
		return nil, err
	}
	byID := map[string]integration.State{}
	sealed := make([]sealedState, 0, sealedAtOnce)
	settle := func() error {
		err := unsealAll(sealed)
		for _, st := range sealed {
			st.Incident, st.Rests, st.Asked = open[st.IntegrationID], rests[st.IntegrationID], asked[st.IntegrationID]
			byID[st.IntegrationID] = st.State
		}
		sealed = sealed[:0]
		return err
	}
	rows, err := s.reads.QueryContext(ctx, stateColumns)
	_, err = collect(rows, err, func(row scanner) (none struct{}, err error) {
		sealed = append(sealed, sealedState{})
		if err := scanState(row, &sealed[len(sealed)-1]); err != nil || len(sealed) < sealedAtOnce {
			return none, err
		}
		return none, settle()
	})
	if err == nil {
		err = settle()
	}
	if err != nil {
		return nil, s.fault("read the states", err)
	}
	return byID, nil
}

// State returns one, or integration.ErrNotFound.
func (s *Store) State(ctx context.Context, id string) (integration.State, error) {
	const query = stateColumns + `WHERE integration_id = ?`
	var st sealedState
	err := scanState(s.reads.QueryRowContext(ctx, query, id), &st)
	if err == nil {
		err = st.unseal()
	}
	if err != nil {
		return integration.State{}, s.fault("read the state", absent(err))
	}
	if st.Incident, err = s.openIncident(ctx, id); err != nil {
		return integration.State{}, err
	}
	rests, asked, err := s.quiet(ctx, id)
	st.Rests, st.Asked = rests[id], asked[id]
	return st.State, err
}

const stateUpsert = `INSERT INTO states (integration_id, status, verdict, rule, checked_at, succeeded_at, due_at,
	failures_in_row, successes_in_row, refused_in_row, latched, patience, fingerprint) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
	ON CONFLICT (integration_id) DO UPDATE SET status = excluded.status, verdict = excluded.verdict, rule = excluded.rule,
	checked_at = excluded.checked_at, succeeded_at = excluded.succeeded_at, due_at = excluded.due_at,
	failures_in_row = excluded.failures_in_row, successes_in_row = excluded.successes_in_row,
	refused_in_row = excluded.refused_in_row, latched = excluded.latched,
	patience = max(states.patience, excluded.patience), fingerprint = excluded.fingerprint`

const verdictUpsert = `INSERT INTO verdicts (integration_id, finding, evidence) VALUES (?, ?, ?)
	ON CONFLICT (integration_id) DO UPDATE SET finding = excluded.finding,
	evidence = CASE excluded.evidence WHEN '' THEN verdicts.evidence ELSE excluded.evidence END`

// stateAgain is all that a check writes when it found what the last one found.
const stateAgain = `UPDATE states SET checked_at = ?, succeeded_at = ?, due_at = ?, failures_in_row = ?,
	successes_in_row = ?, refused_in_row = ?, latched = ? WHERE integration_id = ? AND fingerprint = ?`

func stateValues(st integration.State) []any {
	return []any{st.IntegrationID, string(st.Status), string(st.Finding.Verdict), st.Finding.Rule,
		text(st.CheckedAt), text(st.SucceededAt), text(st.DueAt), st.FailuresInARow, st.SuccessesInARow,
		st.RefusedInARow, flag(st.Latched), st.Patience, fingerprint(st)}
}

// sealed is a state's finding and evidence as JSON; evidence is "" where there is none, which leaves what is stored.
func sealed(st integration.State) (finding, evidence string, err error) {
	finding, err = encode(st.Finding)
	if err == nil && st.Evidence.Stage != "" {
		evidence, err = encode(st.Evidence)
	}
	return finding, evidence, err
}

// insertState stores the first state of an integration, and its first change when it was checked.
func insertState(ctx context.Context, tx *sql.Tx, st integration.State) error {
	const seqOf = `SELECT seq FROM integrations WHERE id = ?`
	if _, err := tx.ExecContext(ctx, stateUpsert, stateValues(st)...); err != nil {
		return err
	}
	if st.CheckedAt.IsZero() {
		return nil // a row that holds nothing yet would only be moved when it grows
	}
	finding, evidence, err := sealed(st)
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, verdictUpsert, st.IntegrationID, finding, evidence); err != nil {
		return err
	}
	var seq int64
	if err := tx.QueryRowContext(ctx, seqOf, st.IntegrationID).Scan(&seq); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, changeInsert, seq, text(st.CheckedAt), string(st.Status), finding)
	return err
}

// fingerprint is equal for two states of the same hour that tell a person the same.
func fingerprint(st integration.State) string {
	sum := fnv.New64a()
	put := func(s string) { sum.Write([]byte(s)); sum.Write([]byte{0}) }
	put(string(st.Status))
	put(string(st.Finding.Verdict))
	put(st.Finding.Rule)
	for _, name := range slices.Sorted(maps.Keys(st.Finding.Args)) {
		put(name)
		put(st.Finding.Args[name])
	}
	hour := st.CheckedAt.Unix() / int64(time.Hour/time.Second)
	return strconv.FormatUint(sum.Sum64(), 36) + "@" + strconv.FormatInt(hour, 36)
}
