package reauth_test

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"relink/backend/integration"
	"relink/backend/monitor"
	"relink/backend/reauth"
	"relink/backend/sandbox"
	"relink/backend/secret"
)

// draft begins to add an integration of a provider, with the grant of another one when it is given.
func (p *parts) draft(provider, useGrant string, secrets secret.Fields) integration.Step {
	p.t.Helper()
	draft := reauth.Draft{ProviderID: provider, Name: "My " + provider, UseGrant: useGrant}
	step, err := p.reauth.Add(p.t.Context(), draft, secrets, reauth.StartOptions{NoBrowser: true})
	check(p.t, err)
	return step
}

// alone adds the provider that needs the profile only, with a grant of its own.
func (p *parts) alone() string {
	p.t.Helper()
	id, key := p.world.Client("sample-analytics")
	draft := reauth.Draft{ProviderID: "sample-profile", Name: "My sample-profile", Values: map[string]string{"client_id": id}}
	step, err := p.reauth.Add(p.t.Context(), draft, secret.Fields{"client_secret": secret.New(key)}, reauth.StartOptions{NoBrowser: true})
	check(p.t, err)
	return p.consent(step, sandbox.Ana, true, nil).Outcome.IntegrationID
}

// asked are the scopes that a consent asks for.
func asked(t *testing.T, step integration.Step) []string {
	t.Helper()
	if step.Kind != integration.StepConsent {
		t.Fatalf("want a consent, got %+v", step)
	}
	u, err := url.Parse(step.Consent.URL)
	check(t, err)
	scopes := strings.Fields(u.Query().Get("scope"))
	slices.Sort(scopes)
	return scopes
}

func (p *parts) secrets(k kept) secret.Fields {
	p.t.Helper()
	fields, err := secret.Open(secret.New(k.Secret))
	check(p.t, err)
	return fields
}

var both = []string{sandbox.ScopeOrders, sandbox.ScopeProfile}

func TestProviderOfTheFamilyUsesTheGrantThatIsThere(t *testing.T) {
	p := newParts(t)
	first := p.add("sample-analytics")
	before, requests := p.kept(first), p.world.TokenRequests()
	step := p.draft("sample-profile", "", nil)
	if step.Kind != integration.StepConfirm || !slices.Equal(step.Choices, []string{integration.ChoiceNew, integration.ChoiceShared}) {
		t.Fatalf("want the offer, got %+v", step)
	}
	if step.Notice.Args["account"] != sandbox.Ana || step.Notice.Args["users"] != "My sample-analytics" {
		t.Errorf("the offer says %v", step.Notice)
	}
	end := p.choose(step, integration.ChoiceShared)
	if end.Outcome == nil || end.Outcome.Result != integration.ResultAdded {
		t.Fatalf("ended with %+v", end)
	}
	if n := p.world.TokenRequests() - requests; n != 0 {
		t.Errorf("%d requests to the token endpoint, want none: nobody consented", n)
	}
	after := p.kept(end.Outcome.IntegrationID)
	if after.Secret != before.Secret || after.Integration.GrantID != before.Grant.ID {
		t.Errorf("the grant is not the same one: %+v", after.Grant)
	}
	if diff := cmp.Diff(before.Integration, p.kept(first).Integration); diff != "" {
		t.Errorf("the first integration changed:\n%s", diff)
	}
	// Each provider calls the account by its own id, and neither takes that for another account.
	if own := after.Grant.As("sample-profile").Account; own.ID != "profile_acc_1001" || after.Grant.Account.ID != "acc_1001" {
		t.Errorf("the accounts are %+v and %+v", own, after.Grant.Account)
	}
	for _, id := range []string{first, end.Outcome.IntegrationID} {
		if state, err := p.monitor.Check(t.Context(), id, monitor.Asked); err != nil || state.Status != integration.StatusConnected {
			t.Errorf("%s: %s %v %+v", id, state.Status, err, state.Finding)
		}
	}
}

func TestOfferCanBeDeclined(t *testing.T) {
	p := newParts(t)
	p.add("sample-analytics")
	form := p.choose(p.draft("sample-profile", "", nil), integration.ChoiceNew)
	if form.Kind != integration.StepForm || len(form.Fields) != 2 || len(form.Problems) == 0 {
		t.Errorf("want the whole form, got %+v", form)
	}
}

func TestSecretBesideASharedGrantIsAddedToIt(t *testing.T) {
	p := newParts(t)
	before := p.kept(p.add("sample-analytics"))
	form := p.choose(p.draft("sample-orders", "", nil), integration.ChoiceShared)
	if form.Kind != integration.StepForm || len(form.Fields) != 1 || form.Fields[0].ID != "developer_token" {
		t.Fatalf("want what the grant lacks, got %+v", form)
	}
	end, err := p.reauth.Answer(t.Context(), form.Flow, integration.Answer{}, secret.Fields{"developer_token": secret.New("dev-1")})
	check(t, err)
	if end.Outcome == nil || end.Outcome.Result != integration.ResultAdded {
		t.Fatalf("ended with %+v", end)
	}
	after := p.kept(end.Outcome.IntegrationID)
	was, is := p.secrets(before), p.secrets(after)
	if is["developer_token"].Reveal() != "dev-1" || is["refresh_token"].Reveal() != was["refresh_token"].Reveal() {
		t.Error("the grant's secrets are not the old ones and the new one")
	}
	if after.Grant.Version != before.Grant.Version+1 || !after.Grant.ObtainedAt.Equal(before.Grant.ObtainedAt) {
		t.Errorf("version %d, obtained %v", after.Grant.Version, after.Grant.ObtainedAt)
	}
	if _, err := p.vault.Get(t.Context(), before.Grant.VaultKey()); !errors.Is(err, secret.ErrMissing) {
		t.Errorf("the old entry is still there: %v", err)
	}
}

func TestJoinAsksForConsentToTheUnion(t *testing.T) {
	p := newParts(t)
	first := p.alone()
	before := p.kept(first)
	step := p.draft("sample-orders", first, secret.Fields{"developer_token": secret.New("dev-1")})
	if got := asked(t, step); !slices.Equal(got, both) || !slices.Equal(step.Also, []string{"My sample-profile"}) {
		t.Errorf("asked for %v, also for %v", got, step.Also)
	}
	end := p.consent(step, sandbox.Ana, true, nil)
	if end.Outcome == nil || end.Outcome.Result != integration.ResultAdded || len(end.Outcome.Repaired) != 2 {
		t.Fatalf("ended with %+v", end.Outcome)
	}
	after := p.kept(first)
	if len(after.Grant.Scopes) != 2 || after.Grant.Version != before.Grant.Version+1 || after.Grant.ProviderID != "sample-profile" {
		t.Errorf("the grant is %+v", after.Grant)
	}
	if diff := cmp.Diff(before.Integration, after.Integration); diff != "" {
		t.Errorf("the first integration changed:\n%s", diff)
	}
}

// None of these may change the grant that works, or leave half of a new integration.
func TestL16FailedJoinLeavesEverythingAsItWas(t *testing.T) {
	for name, c := range map[string]struct {
		act  func(*parts, integration.Step) integration.Step
		want integration.Result
	}{
		"another account": {func(p *parts, s integration.Step) integration.Step { return p.consent(s, sandbox.Bia, true, nil) }, integration.ResultWrongAccount},
		"denied":          {func(p *parts, s integration.Step) integration.Step { return p.consent(s, sandbox.Ana, false, nil) }, integration.ResultDenied},
		"boxes not ticked twice": {func(p *parts, s integration.Step) integration.Step {
			orders := []string{sandbox.ScopeOrders}
			return p.consent(p.consent(s, sandbox.Ana, true, orders), sandbox.Ana, true, orders)
		}, integration.ResultPartialScopes},
		"only the old box ticked": {func(p *parts, s integration.Step) integration.Step {
			profile := []string{sandbox.ScopeProfile}
			return p.consent(p.consent(s, sandbox.Ana, true, profile), sandbox.Ana, true, profile)
		}, integration.ResultPartialScopes},
		"it does not work for the first one": {func(p *parts, s integration.Step) integration.Step {
			p.world.Fail("/api/me", 503)
			return p.consent(s, sandbox.Ana, true, nil)
		}, integration.ResultNotProven},
		"the keychain refuses": {func(p *parts, s integration.Step) integration.Step {
			p.vault.refuse = true
			defer func() { p.vault.refuse = false }()
			return p.consent(s, sandbox.Ana, true, nil)
		}, integration.ResultNotStored},
	} {
		t.Run(name, func(t *testing.T) {
			p := newParts(t)
			first := p.alone()
			before, rows := p.kept(first), p.rows()
			end := c.act(p, p.draft("sample-orders", first, secret.Fields{"developer_token": secret.New("dev-1")}))
			if end.Outcome == nil || end.Outcome.Result != c.want {
				t.Fatalf("want %s, ended with %+v %+v", c.want, end, end.Outcome)
			}
			if diff := cmp.Diff(before, p.kept(first)); diff != "" {
				t.Errorf("something changed:\n%s", diff)
			}
			if diff := cmp.Diff(rows, p.rows()); diff != "" {
				t.Errorf("a row changed:\n%s", diff)
			}
		})
	}
}

// shared adds two integrations on one grant.
func (p *parts) shared() (first, second string) {
	p.t.Helper()
	first = p.add("sample-analytics")
	end := p.draft("sample-orders", first, secret.Fields{"developer_token": secret.New("dev-1")})
	if end.Outcome == nil || end.Outcome.Result != integration.ResultAdded {
		p.t.Fatalf("ended with %+v", end)
	}
	return first, end.Outcome.IntegrationID
}

func TestRepairOfASharedGrantRepairsAll(t *testing.T) {
	for _, from := range []string{"first", "second"} {
		t.Run("from the "+from, func(t *testing.T) {
			p := newParts(t)
			first, second := p.shared()
			p.world.Revoke()
			for _, id := range []string{first, second} {
				state, err := p.monitor.Check(t.Context(), id, monitor.Asked)
				check(t, err)
				if state.Status != integration.StatusNeedsReauthorization {
					t.Fatalf("a revoked grant is %s", state.Status)
				}
			}
			id, other := first, "My sample-orders"
			if from == "second" {
				id, other = second, "My sample-analytics"
			}
			step := p.start(id)
			if got := asked(t, step); !slices.Equal(got, both) || !slices.Equal(step.Also, []string{other}) {
				t.Errorf("asked for %v, also for %v", got, step.Also)
			}
			end := p.consent(step, sandbox.Ana, true, nil)
			if !slices.Equal(end.Outcome.Repaired, []string{"My sample-analytics", "My sample-orders"}) {
				t.Errorf("repaired %v", end.Outcome.Repaired)
			}
			for _, id := range []string{first, second} {
				seen, err := p.monitor.One(id)
				check(t, err)
				if seen.State.Status != integration.StatusConnected || seen.State.Incident != nil {
					t.Errorf("%s afterwards: %s", id, seen.State.Status)
				}
			}
			if p.secrets(p.kept(first))["developer_token"].Reveal() != "dev-1" {
				t.Error("the repair lost the secret that only one of them needs")
			}
		})
	}
}

func TestSwitchOfASharedGrantSwitchesAll(t *testing.T) {
	p := newParts(t)
	first := p.add("sample-analytics")
	second := p.draft("sample-profile", first, nil).Outcome.IntegrationID
	step := p.consent(p.start(second), sandbox.Bia, true, nil)
	if step.Kind != integration.StepConfirm || !slices.Equal(step.Also, []string{"My sample-analytics"}) {
		t.Fatalf("want a question that names the other one, got %+v", step)
	}
	if end := p.choose(step, integration.ChoiceSwitch); end.Outcome.Result != integration.ResultReplaced {
		t.Fatalf("ended with %+v", end.Outcome)
	}
	g := p.kept(first).Grant
	if g.Account.ID != "acc_2002" || g.As("sample-profile").Account.ID != "profile_acc_2002" {
		t.Errorf("the accounts are %+v, %+v", g.Account, g.Others)
	}
	for _, id := range []string{first, second} {
		if seen, err := p.monitor.One(id); err != nil || seen.State.Status != integration.StatusConnected {
			t.Errorf("%s: %+v, %v", id, seen.State.Finding, err)
		}
	}
}

func TestRemovingOneKeepsTheGrantOfTheOther(t *testing.T) {
	p := newParts(t)
	first, second := p.shared()
	check(t, p.monitor.Remove(t.Context(), first))
	if state, err := p.monitor.Check(t.Context(), second, monitor.Asked); err != nil || state.Status != integration.StatusConnected {
		t.Errorf("the other one: %s, %v", state.Status, err)
	}
	step := p.start(second)
	if got := asked(t, step); !slices.Equal(got, []string{sandbox.ScopeOrders}) || len(step.Also) != 0 {
		t.Errorf("its repair asks for %v, for %v too", got, step.Also)
	}
}

func TestGrantIsSharedOnlyWhereItBelongs(t *testing.T) {
	p := newParts(t)
	first := p.add("sample-analytics")
	for provider, use := range map[string]string{"sample-ads": first, "sample-shop": first, "sample-profile": "int_none"} {
		_, err := p.reauth.Add(t.Context(), reauth.Draft{ProviderID: provider, Name: provider, UseGrant: use}, nil, reauth.StartOptions{NoBrowser: true})
		if problems := integration.Problems(err); len(problems) != 1 || problems[0].Field != "use_grant" {
			t.Errorf("%s on %s: %v", provider, use, err)
		}
	}
	// Another family, and the same family at another server.
	for _, edit := range []*strings.Replacer{
		strings.NewReplacer("id: sample-profile\nname: Sample Profile\ncategory: analytics\nfamily: sample-analytics", "id: sample-profile\nname: Sample Profile\ncategory: analytics\nfamily: other"),
		strings.NewReplacer("id: sample-ads\nname: Sample Ads\ncategory: ads\nfamily: sample-ads", "id: sample-ads\nname: Sample Ads\ncategory: ads\nfamily: sample-analytics"),
	} {
		p := newParts(t, edit)
		first := p.add("sample-analytics")
		id := "sample-profile"
		if strings.Contains(edit.Replace("id: sample-ads\nname: Sample Ads\ncategory: ads\nfamily: sample-ads"), "family: sample-analytics") {
			id = "sample-ads"
		}
		_, err := p.reauth.Add(t.Context(), reauth.Draft{ProviderID: id, Name: id, UseGrant: first}, nil, reauth.StartOptions{NoBrowser: true})
		if problems := integration.Problems(err); len(problems) != 1 || problems[0].Code != "grant_not_shareable" {
			t.Errorf("%s: %v", id, err)
		}
	}
}

func TestDeadGrantIsNotOffered(t *testing.T) {
	p := newParts(t)
	first := p.add("sample-analytics")
	p.world.Revoke()
	_, err := p.monitor.Check(t.Context(), first, monitor.Asked)
	check(t, err)
	_, err = p.reauth.Add(t.Context(), reauth.Draft{ProviderID: "sample-profile", Name: "x"}, nil, reauth.StartOptions{NoBrowser: true})
	if len(integration.Problems(err)) == 0 {
		t.Errorf("a dead grant was offered: %v", err)
	}
	// Asked for by name it is repaired by the consent of the new integration.
	end := p.consent(p.draft("sample-profile", first, nil), sandbox.Ana, true, nil)
	if end.Outcome == nil || end.Outcome.Result != integration.ResultAdded {
		t.Fatalf("ended with %+v", end)
	}
	if seen, err := p.monitor.One(first); err != nil || seen.State.Status != integration.StatusConnected {
		t.Errorf("the first one is %s, %v", seen.State.Status, err)
	}
}
