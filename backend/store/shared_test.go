package store_test

import (
	"errors"
	"testing"
	"time"

	"relink/backend/integration"
)

func TestIntegrationJoinsAGrantInOneTransaction(t *testing.T) {
	s := openAt(t, t.TempDir())
	ctx := t.Context()
	_, g, _ := add(t, s, "int_1", "Google Ads")
	other := integration.Integration{ID: "int_2", ProviderID: "google-analytics", Name: "Analytics", GrantID: g.ID, CreatedAt: start, UpdatedAt: start}
	joined := g.Seen(other.ProviderID, integration.Sight{Account: integration.Account{ID: "accounts/9"}, Resources: []integration.Resource{{ID: "p1"}}})
	joined.Version, joined.Scopes = 2, append(g.Scopes, "analytics")
	c := integration.GrantCommit{Grant: joined, FromVersion: 1, Act: integration.Act{At: start, IntegrationID: other.ID, GrantID: g.ID, What: "added"}}
	state := integration.State{IntegrationID: other.ID, Status: integration.StatusUnknown}

	taken := other
	taken.Name = "google ads"
	if err := s.Join(ctx, taken, state, c); !errors.Is(err, integration.ErrDuplicate) {
		t.Errorf("a taken name: %v", err)
	}
	same(t, "the grant after a refused join", g, must[integration.Grant](t)(s.Grant(ctx, g.ID)))
	late := c
	late.FromVersion = 7
	if err := s.Join(ctx, other, state, late); !errors.Is(err, integration.ErrBusy) {
		t.Errorf("a grant that changed meanwhile: %v", err)
	}
	if _, err := s.Integration(ctx, other.ID); !errors.Is(err, integration.ErrNotFound) {
		t.Errorf("the refused join left its integration: %v", err)
	}

	if err := s.Join(ctx, other, state, c); err != nil {
		t.Fatal(err)
	}
	same(t, "the grant", joined, must[integration.Grant](t)(s.Grant(ctx, g.ID)))
	if users := must[[]integration.Integration](t)(s.Users(ctx, g.ID)); len(users) != 2 {
		t.Errorf("used by %v", users)
	}
	if st := must[integration.State](t)(s.State(ctx, "int_1")); !st.DueAt.Equal(start) {
		t.Errorf("the other user of the new version is due %v", st.DueAt)
	}

	if orphan, err := s.Remove(ctx, "int_1", integration.Act{At: start}); err != nil || orphan != nil {
		t.Errorf("removing one user gave up the grant: %v, %v", orphan, err)
	}
	same(t, "the grant that the other one keeps", joined, must[integration.Grant](t)(s.Grant(ctx, g.ID)))
	if orphan, err := s.Remove(ctx, other.ID, integration.Act{At: start}); err != nil || orphan == nil || orphan.ID != g.ID {
		t.Errorf("the last user leaves %v, %v", orphan, err)
	}
}

func TestJoinOfTheSameVersionLeavesTheOthersAlone(t *testing.T) {
	s := openAt(t, t.TempDir())
	_, g, checked := add(t, s, "int_1", "Google Ads")
	other := integration.Integration{ID: "int_2", ProviderID: "google-analytics", Name: "Analytics", GrantID: g.ID}
	c := integration.GrantCommit{Grant: g, FromVersion: 1, Act: integration.Act{At: start.Add(time.Hour)}}
	if err := s.Join(t.Context(), other, integration.State{}, c); err != nil {
		t.Fatal(err)
	}
	same(t, "the first one's state", checked.State, must[integration.State](t)(s.State(t.Context(), "int_1")))
}

func TestCheckLearnsWhatAnotherProviderSees(t *testing.T) {
	s := openAt(t, t.TempDir())
	i, g, checked := add(t, s, "int_1", "Google Ads")
	learned := g.Seen("google-analytics", integration.Sight{Account: integration.Account{ID: "accounts/9", Name: "Shop"}})
	checked.State.IntegrationID, checked.Grant = i.ID, &learned
	if err := s.Record(t.Context(), []integration.Checked{checked}); err != nil {
		t.Fatal(err)
	}
	same(t, "the grant", learned, must[integration.Grant](t)(s.Grant(t.Context(), g.ID)))
}
