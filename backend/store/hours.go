package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"relink/backend/integration"
)

// hour is the start of an hour, or of a day, as a key.
const hour = "2006-01-02T15:00:00Z"

const hourCount = `INSERT INTO hours (start, integration, ok, failing, unknown, latency_us, severity, worst)
	VALUES (?1, coalesce(?2, (SELECT seq FROM integrations WHERE id = ?3)), ?4, ?5, ?6, ?7, ?8, ?9)
	ON CONFLICT (start, integration) DO UPDATE SET ok = ok + excluded.ok, failing = failing + excluded.failing,
	unknown = unknown + excluded.unknown, latency_us = latency_us + excluded.latency_us,
	worst = CASE WHEN excluded.severity > severity THEN excluded.worst ELSE worst END,
	severity = max(severity, excluded.severity)`

// count adds one check to its hour.
func (r recording) count(ctx context.Context, st integration.State) error {
	var ok, failing, unknown int
	switch st.Finding.Verdict {
	case integration.VerdictOK:
		ok = 1
	case integration.VerdictFailing:
		failing = 1
	case integration.VerdictUnknown:
		unknown = 1
	default:
		return nil // nothing was checked
	}
	seq := any(nil)
	if known, ok := r.known[st.IntegrationID]; ok {
		seq = known.seq
	}
	_, err := r.hot.hour.ExecContext(ctx, st.CheckedAt.UTC().Format(hour), seq, st.IntegrationID, ok, failing, unknown,
		st.Evidence.Took.Microseconds(), st.Status.Severity(), string(st.Status))
	return err
}

// Hours returns the counters of every hour that began at since or later, by integration id, oldest
// first. Hours that are older than 30 days were folded: one Hour then stands for a day in UTC.
func (s *Store) Hours(ctx context.Context, since time.Time) (map[string][]integration.Hour, error) {
	// One row for each hour instead of one for each integration and hour: handing over a row costs
	// more than making it, and a start with 1,000 integrations reads 24,000 of them.
	const packed = `SELECT start, group_concat(integration || ',' || ok || ',' || failing || ',' || unknown || ',' || latency_us || ',' || worst, ';') `
	const days = packed + `FROM days WHERE start >= ? GROUP BY start ORDER BY start`
	const hours = packed + `FROM hours WHERE start >= ? GROUP BY start ORDER BY start`
	ids, err := s.idsBySeq(ctx)
	if err != nil {
		return nil, err
	}
	byID := make(map[string][]integration.Hour, len(ids))
	for _, query := range []string{days, hours} {
		rows, err := s.reads.QueryContext(ctx, query, since.UTC().Format(moment[:19])+"Z")
		_, err = collect(rows, err, func(row scanner) (none struct{}, err error) {
			var start, counters string
			if err := row.Scan(&start, &counters); err != nil {
				return none, err
			}
			return none, unpack(start, counters, ids, byID)
		})
		if err != nil {
			return nil, s.fault("read the hours", err)
		}
	}
	return byID, nil
}

// unpack adds one hour of every integration to byID.
func unpack(start, packed string, ids map[int64]string, byID map[string][]integration.Hour) error {
	at, err := parse(start)
	if err != nil {
		return err
	}
	for one := range strings.SplitSeq(packed, ";") {
		var n [5]int
		rest := one
		for k := range n {
			number, after, _ := strings.Cut(rest, ",")
			if n[k], rest = digits(number), after; n[k] < 0 {
				return fmt.Errorf("stored counters %q", one)
			}
		}
		id := ids[int64(n[0])]
		byID[id] = append(byID[id], integration.Hour{
			Start: at, OK: n[1], Failing: n[2], Unknown: n[3],
			Latency: time.Duration(n[4]) * time.Microsecond, Worst: integration.Status(rest),
		})
	}
	return nil
}

// idsBySeq maps the short references of history to integration ids.
func (s *Store) idsBySeq(ctx context.Context) (map[int64]string, error) {
	const query = `SELECT seq, id FROM integrations`
	type pair struct {
		seq int64
		id  string
	}
	rows, err := s.reads.QueryContext(ctx, query)
	all, err := collect(rows, err, func(row scanner) (p pair, err error) { return p, row.Scan(&p.seq, &p.id) })
	if err != nil {
		return nil, s.fault("read the integrations", err)
	}
	ids := make(map[int64]string, len(all))
	for _, p := range all {
		ids[p.seq] = p.id
	}
	return ids, nil
}
