package store

import (
	"context"
	"errors"

	"relink/backend/integration"
)

const changeInsert = `INSERT INTO changes (integration, at, status, finding) VALUES (?, ?, ?, ?)`

// Changes returns the moments at which the integration's finding became another, newest first, at
// most limit of them.
func (s *Store) Changes(ctx context.Context, id string, limit int) ([]integration.Change, error) {
	const query = `SELECT c.at, c.status, c.finding FROM changes c JOIN integrations i ON i.seq = c.integration
		WHERE i.id = ? ORDER BY c.at DESC, c.seq DESC LIMIT ?`
	rows, err := s.reads.QueryContext(ctx, query, id, limit)
	all, err := collect(rows, err, func(row scanner) (integration.Change, error) {
		c := integration.Change{IntegrationID: id}
		var at, finding string
		if err := row.Scan(&at, &c.Status, &finding); err != nil {
			return c, err
		}
		var err error
		c.At, err = parse(at)
		return c, errors.Join(err, decode(finding, &c.Finding))
	})
	if err != nil {
		return nil, s.fault("read the changes", err)
	}
	return all, nil
}
