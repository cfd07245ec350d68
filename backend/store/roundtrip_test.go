package store_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"relink/backend/integration"
	"relink/backend/store"
)

// add stores an example and returns what was stored.
func add(t testing.TB, s *store.Store, id, name string) (integration.Integration, integration.Grant, integration.Checked) {
	t.Helper()
	i, g := example(id, name)
	c := checkedOK(i, g, start)
	if err := s.Add(t.Context(), i, g, c.State, integration.Act{At: start, IntegrationID: i.ID, GrantID: g.ID, What: "added"}); err != nil {
		t.Fatal(err)
	}
	return i, g, c
}

// same fails when two values differ.
func same(t testing.TB, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// must returns the value of a call that may not fail.
func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestWhatWasAddedComesBackAfterReopening(t *testing.T) {
	dir := t.TempDir()
	s := openAt(t, dir)
	i, g, c := add(t, s, "int_1", "  Google Ads ")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openAt(t, dir)
	i.Name = "Google Ads"
	ctx := t.Context()
	same(t, "integration", i, must[integration.Integration](t)(s.Integration(ctx, i.ID)))
	same(t, "integrations", []integration.Integration{i}, must[[]integration.Integration](t)(s.Integrations(ctx)))
	same(t, "by name", i, must[integration.Integration](t)(s.IntegrationByName(ctx, " GOOGLE ads")))
	same(t, "grant", g, must[integration.Grant](t)(s.Grant(ctx, g.ID)))
	same(t, "grants", map[string]integration.Grant{g.ID: g}, must[map[string]integration.Grant](t)(s.Grants(ctx)))
	same(t, "users", []integration.Integration{i}, must[[]integration.Integration](t)(s.Users(ctx, g.ID)))
	same(t, "state", c.State, must[integration.State](t)(s.State(ctx, i.ID)))
	same(t, "states", map[string]integration.State{i.ID: c.State}, must[map[string]integration.State](t)(s.States(ctx)))
	same(t, "acts", []integration.Act{{At: start, IntegrationID: i.ID, GrantID: g.ID, What: "added", Scopes: g.Scopes}}, must[[]integration.Act](t)(s.Acts(ctx, i.ID, 10)))
	want := []integration.Change{{IntegrationID: i.ID, At: start, Status: c.State.Status, Finding: c.State.Finding}}
	same(t, "changes", want, must[[]integration.Change](t)(s.Changes(ctx, i.ID, 10)))
}

func TestSparseValuesComeBackAsTheyWere(t *testing.T) {
	s := openAt(t, t.TempDir())
	i := integration.Integration{ID: "int_1", Name: "x", GrantID: "grt_1"}
	g := integration.Grant{ID: "grt_1"}
	st := integration.State{IntegrationID: "int_1", Status: integration.StatusUnknown}
	if err := s.Add(t.Context(), i, g, st, integration.Act{At: start}); err != nil {
		t.Fatal(err)
	}
	same(t, "integration", i, must[integration.Integration](t)(s.Integration(t.Context(), "int_1")))
	same(t, "grant", g, must[integration.Grant](t)(s.Grant(t.Context(), "grt_1")))
	same(t, "state", st, must[integration.State](t)(s.State(t.Context(), "int_1")))
	if changes := must[[]integration.Change](t)(s.Changes(t.Context(), "int_1", 10)); len(changes) > 0 {
		t.Errorf("an unchecked integration has changes: %v", changes)
	}
}

func TestWhatIsNotThereIsNotFound(t *testing.T) {
	s := openAt(t, t.TempDir())
	ctx := t.Context()
	i, g := example("int_none", "none")
	errs := map[string]error{}
	_, errs["integration"] = s.Integration(ctx, "int_none")
	_, errs["by name"] = s.IntegrationByName(ctx, "none")
	_, errs["grant"] = s.Grant(ctx, "grt_none")
	_, errs["state"] = s.State(ctx, "int_none")
	_, errs["remove"] = s.Remove(ctx, "int_none", integration.Act{})
	errs["edit"] = s.Edit(ctx, i, integration.Act{})
	errs["renewal"] = s.SaveRenewal(ctx, g, 1)
	errs["commit"] = s.Commit(ctx, integration.GrantCommit{Grant: g, FromVersion: 1})
	for what, err := range errs {
		if !errors.Is(err, integration.ErrNotFound) {
			t.Errorf("%s: got %v", what, err)
		}
	}
	if acts := must[[]integration.Act](t)(s.Acts(ctx, "", 10)); len(acts) > 0 {
		t.Errorf("what failed left acts: %v", acts)
	}
}

func TestNamesAreUniqueWhateverTheirCaseAndSpaces(t *testing.T) {
	s := openAt(t, t.TempDir())
	add(t, s, "int_1", "Análise São Paulo")
	other, _, _ := add(t, s, "int_2", "Stripe")
	i, g := example("int_3", "\tanálise SÃO paulo ")
	err := s.Add(t.Context(), i, g, integration.State{}, integration.Act{At: start, What: "added"})
	if !errors.Is(err, integration.ErrDuplicate) {
		t.Errorf("add: got %v", err)
	}
	if _, err := s.Grant(t.Context(), g.ID); !errors.Is(err, integration.ErrNotFound) {
		t.Errorf("the refused integration left its grant: %v", err)
	}
	other.Name = "ANÁLISE são paulo"
	if err := s.Edit(t.Context(), other, integration.Act{At: start}); !errors.Is(err, integration.ErrDuplicate) {
		t.Errorf("edit: got %v", err)
	}
	other.Name = "STRIPE"
	if err := s.Edit(t.Context(), other, integration.Act{At: start}); err != nil {
		t.Errorf("its own name in another case: %v", err)
	}
}

func TestEditNeverTouchesTheGrant(t *testing.T) {
	s := openAt(t, t.TempDir())
	i, g, _ := add(t, s, "int_1", "Ads")
	changed := i
	changed.Name, changed.Settings, changed.Interval = "Ads 2", map[string]string{"profile": "8"}, time.Hour
	changed.Paused, changed.UpdatedAt, changed.GrantID, changed.ProviderID = true, start.Add(time.Hour), "grt_other", "other"
	if err := s.Edit(t.Context(), changed, integration.Act{At: start.Add(time.Hour), IntegrationID: i.ID, What: "edited", Args: map[string]string{"name": "Ads 2"}}); err != nil {
		t.Fatal(err)
	}
	changed.GrantID, changed.ProviderID = i.GrantID, i.ProviderID
	same(t, "integration", changed, must[integration.Integration](t)(s.Integration(t.Context(), i.ID)))
	same(t, "grant", g, must[integration.Grant](t)(s.Grant(t.Context(), g.ID)))
	acts := must[[]integration.Act](t)(s.Acts(t.Context(), i.ID, 1))
	same(t, "newest act", "edited", acts[0].What)
}

func TestOnlyTheLastUserOfAGrantTakesItAlong(t *testing.T) {
	s := openAt(t, t.TempDir())
	ctx := t.Context()
	first, g, c := add(t, s, "int_1", "Ads")
	second := first
	second.ID, second.Name = "int_2", "Analytics"
	touched := g
	touched.Version = 99 // the grant is stored already: it stays as it is
	if err := s.Add(ctx, second, touched, c.State, integration.Act{At: start}); err != nil {
		t.Fatal(err)
	}
	if users := must[[]integration.Integration](t)(s.Users(ctx, g.ID)); len(users) != 2 {
		t.Errorf("%d users", len(users))
	}
	act := integration.Act{At: start, IntegrationID: "int_1", What: "removed"}
	if orphan, err := s.Remove(ctx, "int_1", act); err != nil || orphan != nil {
		t.Errorf("removing the first: %v, %v", orphan, err)
	}
	same(t, "grant", g, must[integration.Grant](t)(s.Grant(ctx, g.ID)))
	orphan, err := s.Remove(ctx, "int_2", integration.Act{At: start})
	if err != nil {
		t.Fatal(err)
	}
	same(t, "orphan", &g, orphan)
	if _, err := s.Grant(ctx, g.ID); !errors.Is(err, integration.ErrNotFound) {
		t.Errorf("the grant is still there: %v", err)
	}
	if _, err := s.State(ctx, "int_1"); !errors.Is(err, integration.ErrNotFound) {
		t.Errorf("the state is still there: %v", err)
	}
	same(t, "the act outlives it", "removed", must[[]integration.Act](t)(s.Acts(ctx, "int_1", 1))[0].What)
}

func TestARenewalIsStoredOnceForEachVersion(t *testing.T) {
	s := openAt(t, t.TempDir())
	ctx := t.Context()
	_, g, _ := add(t, s, "int_1", "Ads")
	next := g
	next.Version, next.RenewedAt, next.AccessExpiresAt = 2, start.Add(time.Minute), start.Add(2*time.Hour)
	if err := s.SaveRenewal(ctx, next, 1); err != nil {
		t.Fatal(err)
	}
	same(t, "grant", next, must[integration.Grant](t)(s.Grant(ctx, g.ID)))
	late := g
	late.Version = 7
	if err := s.SaveRenewal(ctx, late, 1); !errors.Is(err, integration.ErrBusy) {
		t.Errorf("from a version that is not the current one: %v", err)
	}
	if err := s.Commit(ctx, integration.GrantCommit{Grant: late, FromVersion: 1, Act: integration.Act{At: start, What: "reconnected"}}); !errors.Is(err, integration.ErrBusy) {
		t.Errorf("commit from a version that is not the current one: %v", err)
	}
	same(t, "grant", next, must[integration.Grant](t)(s.Grant(ctx, g.ID)))
}

func TestOfManyRenewalsFromOneVersionOneWins(t *testing.T) {
	s := openAt(t, t.TempDir())
	_, g, _ := add(t, s, "int_1", "Ads")
	results := make(chan error)
	for n := range 20 {
		go func() {
			next := g
			next.Version = 2
			next.Account.Name = fmt.Sprint(n)
			results <- s.SaveRenewal(t.Context(), next, 1)
		}()
	}
	won := 0
	for range 20 {
		switch err := <-results; {
		case err == nil:
			won++
		case !errors.Is(err, integration.ErrBusy):
			t.Error(err)
		}
	}
	if won != 1 {
		t.Errorf("%d won", won)
	}
}

func TestCommitReplacesTheGrantAndLiftsTheLatch(t *testing.T) {
	s := openAt(t, t.TempDir())
	ctx := t.Context()
	i, g, c := add(t, s, "int_1", "Ads")
	refused := failing(c, start.Add(time.Minute))
	refused.State.Latched, refused.State.DueAt, refused.State.RefusedInARow = true, time.Time{}, 3
	if err := s.Record(ctx, []integration.Checked{refused}); err != nil {
		t.Fatal(err)
	}
	fresh := g
	fresh.Version, fresh.Method, fresh.ObtainedAt, fresh.Public = 2, integration.MethodAPIKey, start.Add(time.Hour), map[string]string{}
	act := integration.Act{At: start.Add(time.Hour), IntegrationID: i.ID, GrantID: g.ID, What: "reconnected"}
	if err := s.Commit(ctx, integration.GrantCommit{Grant: fresh, FromVersion: 1, Act: act}); err != nil {
		t.Fatal(err)
	}
	same(t, "grant", fresh, must[integration.Grant](t)(s.Grant(ctx, g.ID)))
	st := must[integration.State](t)(s.State(ctx, i.ID))
	if st.Latched || st.RefusedInARow != 0 || !st.DueAt.Equal(act.At) {
		t.Errorf("latched %v, refused %d, due %v", st.Latched, st.RefusedInARow, st.DueAt)
	}
	act.Scopes = fresh.Scopes
	same(t, "act", act, must[[]integration.Act](t)(s.Acts(ctx, i.ID, 1))[0])
}

func TestPreferencesAreKept(t *testing.T) {
	dir := t.TempDir()
	s := openAt(t, dir)
	same(t, "unset", "", must[string](t)(s.Preference(t.Context(), "theme")))
	for _, value := range []string{"dark", "light"} {
		if err := s.SetPreference(t.Context(), "theme", value); err != nil {
			t.Fatal(err)
		}
		same(t, "set", value, must[string](t)(s.Preference(t.Context(), "theme")))
	}
}

func TestDataVersionMovesOnlyWhenSomebodyElseWrites(t *testing.T) {
	dir := t.TempDir()
	s, other := openAt(t, dir), openAt(t, dir)
	_, _, c := add(t, s, "int_1", "Ads")
	before := must[int64](t)(s.DataVersion(t.Context()))
	if err := errors.Join(s.Record(t.Context(), []integration.Checked{c}), s.SetPreference(t.Context(), "a", "b")); err != nil {
		t.Fatal(err)
	}
	same(t, "after our own writes", before, must[int64](t)(s.DataVersion(t.Context())))
	if err := other.SetPreference(t.Context(), "a", "c"); err != nil {
		t.Fatal(err)
	}
	if after := must[int64](t)(s.DataVersion(t.Context())); after == before {
		t.Error("another process wrote and nothing moved")
	}
}
