package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"relink/backend/integration"
)

const incidentColumns = `SELECT n.id, i.id, n.opened_at, n.closed_at, n.finding, n.notified,
	n.notified_at, n.ending, n.side = 'theirs'
	FROM incidents n JOIN integrations i ON i.seq = n.integration `

func scanIncident(row scanner) (integration.Incident, error) {
	var n integration.Incident
	var at [3]sql.NullString
	var finding string
	if err := row.Scan(&n.ID, &n.IntegrationID, &at[0], &at[1], &finding, &n.Notified, &at[2], &n.Ending, &n.Theirs); err != nil {
		return n, err
	}
	return n, errors.Join(moments(at[:], &n.OpenedAt, &n.ClosedAt, &n.NotifiedAt), decode(finding, &n.Finding))
}

// AllIncidents returns the incidents of all integrations that were open at the given moment or later,
// newest first, at most limit of them.
func (s *Store) AllIncidents(ctx context.Context, since time.Time, limit int) ([]integration.Incident, error) {
	const query = incidentColumns + `WHERE n.closed_at IS NULL OR n.closed_at >= ? ORDER BY n.opened_at DESC, n.id DESC LIMIT ?`
	rows, err := s.reads.QueryContext(ctx, query, since.UTC().Format(moment), limit)
	all, err := collect(rows, err, scanIncident)
	if err != nil {
		return nil, s.fault("read the incidents", err)
	}
	return all, nil
}

// Incidents returns the integration's incidents, newest first, at most limit of them.
func (s *Store) Incidents(ctx context.Context, id string, limit int) ([]integration.Incident, error) {
	const query = incidentColumns + `WHERE i.id = ? ORDER BY n.opened_at DESC LIMIT ?`
	rows, err := s.reads.QueryContext(ctx, query, id, limit)
	all, err := collect(rows, err, scanIncident)
	if err != nil {
		return nil, s.fault("read the incidents", err)
	}
	return all, nil
}

// openIncidents returns what is open of our side, by integration id.
func (s *Store) openIncidents(ctx context.Context) (map[string]*integration.Incident, error) {
	return s.openOn(ctx, ours)
}

// The sides of an integration, as the store writes them.
const (
	ours   = ""
	theirs = "theirs"
)

// openOn returns what is open of one side.
func (s *Store) openOn(ctx context.Context, side string) (map[string]*integration.Incident, error) {
	const query = incidentColumns + `WHERE n.closed_at IS NULL AND n.side = ?`
	rows, err := s.reads.QueryContext(ctx, query, side)
	all, err := collect(rows, err, scanIncident)
	if err != nil {
		return nil, s.fault("read the open incidents", err)
	}
	open := make(map[string]*integration.Incident, len(all))
	for _, n := range all {
		open[n.IntegrationID] = &n
	}
	return open, nil
}

// openIncident returns the open incident of our side of an integration, nil when there is none.
func (s *Store) openIncident(ctx context.Context, id string) (*integration.Incident, error) {
	const query = incidentColumns + `WHERE i.id = ? AND n.closed_at IS NULL AND n.side = ''`
	n, err := scanIncident(s.reads.QueryRowContext(ctx, query, id))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, s.fault("read the open incident", err)
	}
	return &n, nil
}

// renamed maps an incident to the one that the store knows for the same trouble: "" when its
// alerts are not to be told.
type renamed map[string]string

// incidents opens and closes what the check says. Two processes may find the same trouble at the
// same time; the first to record it opens the incident, and only its alert is told.
func (r recording) incidents(ctx context.Context, last standing, c integration.Checked) (renamed, error) {
	const answered = `DELETE FROM asked WHERE integration_id = ?`
	names := renamed{}
	if last.asked && c.Settled() {
		if _, err := r.tx.ExecContext(ctx, answered, c.State.IntegrationID); err != nil {
			return nil, err
		}
	}
	if n := c.State.Incident; n != nil {
		known, err := r.open(ctx, last.seq, *n)
		if err != nil {
			return nil, err
		}
		if known != n.ID {
			names[n.ID] = ""
		}
	}
	if n := c.Closed; n != nil {
		const update = `UPDATE incidents SET closed_at = ?, ending = ? WHERE integration = ? AND closed_at IS NULL AND side = '' RETURNING id`
		var known string
		err := r.tx.QueryRowContext(ctx, update, text(n.ClosedAt), string(n.Ending), last.seq).Scan(&known)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return nil, err
		}
		names[n.ID] = known // "": closed by somebody else, who told it
	}
	return names, nil
}

// open stores an open incident unless there is one, and returns the id of the one that is open, ""
// when somebody else has closed it meanwhile.
func (r recording) open(ctx context.Context, seq int64, n integration.Incident) (string, error) {
	const insert = `INSERT INTO incidents (id, integration, opened_at, finding, notified) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`
	const query = `SELECT id FROM incidents WHERE integration = ? AND closed_at IS NULL AND side = ''`
	const told = `UPDATE incidents SET notified = 1 WHERE id = ? AND notified = 0`
	finding, err := encode(n.Finding)
	if err != nil {
		return "", err
	}
	if _, err := r.tx.ExecContext(ctx, insert, n.ID, seq, text(n.OpenedAt), finding, flag(n.Notified)); err != nil {
		return "", err
	}
	if n.Notified {
		if _, err := r.tx.ExecContext(ctx, told, n.ID); err != nil {
			return "", err
		}
	}
	var known string
	err = r.tx.QueryRowContext(ctx, query, seq).Scan(&known)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return known, err
}
