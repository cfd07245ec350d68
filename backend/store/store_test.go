package store_test

import (
	"context"
	"testing"
	"time"

	"relink/backend/integration"
	"relink/backend/store"
)

var start = time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)

// openAt opens a data folder with the clock at start and closes it after the test.
func openAt(tb testing.TB, dir string) *store.Store {
	tb.Helper()
	s, err := store.Open(context.Background(), dir, store.Options{Now: func() time.Time { return start }})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	return s
}

// example is an integration with a grant of its own.
func example(id, name string) (integration.Integration, integration.Grant) {
	g := integration.Grant{
		ID: "grt_" + id, ProviderID: "google-ads", Method: integration.MethodOAuth2Code,
		Account: integration.Account{ID: "1001", Name: "ana@shop.example"}, Scopes: []string{"adwords", "email"},
		Resources: []integration.Resource{{ID: "7", Name: "Shop"}}, Public: map[string]string{"client_id": "cid"},
		Version: 1, ObtainedAt: start.Add(-time.Hour), AccessExpiresAt: start.Add(time.Hour),
		RenewedAt: start.Add(-time.Minute), UsedAt: start.Add(-time.Second),
	}
	i := integration.Integration{
		ID: id, ProviderID: "google-ads", Name: name, Settings: map[string]string{"profile": "7"},
		Interval: 5 * time.Minute, GrantID: g.ID, CreatedAt: start, UpdatedAt: start,
	}
	return i, g
}

// checkedOK is a good check.
func checkedOK(i integration.Integration, g integration.Grant, at time.Time) integration.Checked {
	return integration.Checked{
		State: integration.State{
			IntegrationID: i.ID, Status: integration.StatusConnected, CheckedAt: at, SucceededAt: at, DueAt: at.Add(i.Interval), SuccessesInARow: 1,
			Finding: integration.Finding{
				Verdict: integration.VerdictOK, Rule: "works", Status: integration.StatusConnected, Confidence: integration.Certain,
				Next: integration.NextNothing, Args: map[string]string{"integration": i.Name, "account": g.Account.Name},
				Known: []integration.Text{{Key: "observation.proof", Args: map[string]string{"status": "200"}}},
			},
			Evidence: integration.Evidence{
				ProviderID: i.ProviderID, Method: g.Method, At: at, Took: 20 * time.Millisecond, Stage: integration.StageDone,
				Steps: []integration.StepSeen{
					{Stage: integration.StageKeychain, OK: true, Took: 5 * time.Millisecond}, {Stage: integration.StageTCP, OK: true, Took: time.Millisecond},
					{Stage: integration.StageRequest, OK: true, Took: 14 * time.Millisecond},
				},
				Vault: integration.VaultOK, Party: integration.PartyAPI, Host: "api.example.com", HTTPStatus: 200,
				Account: g.Account, Resources: g.Resources, Scopes: g.Scopes, ExpectedAccount: g.Account,
				Facts: integration.GrantFacts{ObtainedAt: g.ObtainedAt, UsedAt: g.UsedAt, AccessExpiresAt: g.AccessExpiresAt, Renewable: true},
			},
		},
		Grant: &integration.Grant{ID: g.ID, Version: g.Version, Account: g.Account, Resources: g.Resources, Scopes: g.Scopes, UsedAt: at},
	}
}
