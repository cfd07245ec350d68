package store

import (
	"context"
	"database/sql"
	"errors"

	"relink/backend/integration"
)

// alerts puts into the outbox what the person is to be told.
func (r recording) alerts(ctx context.Context, alerts []integration.Alert, names renamed) error {
	const insert = `INSERT INTO alerts (id, kind, incident_id, integration_id, name, finding, at)
		VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`
	const over = `DELETE FROM alerts WHERE kind = 'broken' AND incident_id = ?1 AND ` + atRest
	for _, a := range alerts {
		incident := a.IncidentID
		if known, ok := names[incident]; ok {
			incident = known
		}
		if a.IncidentID != "" && incident == "" {
			continue
		}
		if a.Kind == integration.AlertRecovered {
			// What was held back by a rest and is over by now is not told when the rest ends.
			if _, err := r.tx.ExecContext(ctx, over, incident, a.At.UTC().Format(moment)); err != nil {
				return err
			}
		}
		finding, err := encode(a.Finding)
		if err != nil {
			return err
		}
		_, err = r.tx.ExecContext(ctx, insert, a.ID, string(a.Kind), incident, a.IntegrationID, a.Name, finding, a.At.UTC().Format(moment))
		if err != nil {
			return err
		}
	}
	return nil
}

// atRest says of an alert that notices about its integration rest at the moment ?2.
const atRest = `EXISTS (SELECT 1 FROM rests r WHERE r.integration_id = alerts.integration_id AND r.starts_at <= ?2
	AND (r.ends_at IS NULL OR r.ends_at > ?2))`

// PendingAlerts returns what the person is still to be told, oldest first, at most limit of them. What
// is broken is left out while its notices rest; what recovered is not.
func (s *Store) PendingAlerts(ctx context.Context, limit int) ([]integration.Alert, error) {
	const query = `SELECT alerts.id, kind, incident_id, integration_id, alerts.name, coalesce(i.provider, ''), coalesce(i.grant_id, ''), finding, at
		FROM alerts LEFT JOIN integrations i ON i.id = alerts.integration_id
		WHERE kind NOT IN ('broken', 'expires') OR NOT ` + atRest + ` ORDER BY alerts.seq LIMIT ?1`
	rows, err := s.reads.QueryContext(ctx, query, limit, s.now().UTC().Format(moment))
	all, err := collect(rows, err, func(row scanner) (a integration.Alert, err error) {
		var finding, at string
		if err := row.Scan(&a.ID, &a.Kind, &a.IncidentID, &a.IntegrationID, &a.Name, &a.ProviderID, &a.GrantID, &finding, &at); err != nil {
			return a, err
		}
		a.At, err = parse(at)
		return a, errors.Join(err, decode(finding, &a.Finding))
	})
	if err != nil {
		return nil, s.fault("read the alerts", err)
	}
	return all, nil
}

// AlertSent takes an alert out of the outbox and notes at its incident that the person was told. An
// alert that is gone is no error: another process told it.
func (s *Store) AlertSent(ctx context.Context, id string) error {
	const remove = `DELETE FROM alerts WHERE id = ? RETURNING kind, incident_id`
	const told = `UPDATE incidents SET notified = 1, notified_at = coalesce(notified_at, ?) WHERE id = ?`
	return s.write(ctx, "take the alert out of the outbox", relaxed, func(tx *sql.Tx) error {
		var kind, incident string
		err := tx.QueryRowContext(ctx, remove, id).Scan(&kind, &incident)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil || kind != string(integration.AlertBroken) {
			return err
		}
		_, err = tx.ExecContext(ctx, told, s.now().UTC().Format(moment), incident)
		return err
	})
}
