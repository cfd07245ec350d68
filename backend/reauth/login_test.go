package reauth_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"relink/backend/catalog"
	"relink/backend/integration"
	"relink/backend/monitor"
	"relink/backend/reauth"
	"relink/backend/sandbox"
	"relink/backend/secret"
)

// newLogin is a world with a provider that is entered by a name and a password.
func newLogin(t *testing.T) (*parts, *sandbox.Service) {
	t.Helper()
	p := newParts(t)
	service := p.world.Service("sample-analytics")
	provider, err := catalog.Parse("shop", service.LoginYAML("shop", "Shop"))
	check(t, err)
	check(t, p.catalog.Add(provider))
	return p, service
}

func (p *parts) signIn(password string) integration.Step {
	return p.addTo("shop", map[string]string{"username": sandbox.LoginUser}, map[string]string{"password": password})
}

func (p *parts) checked(id string) integration.State {
	p.t.Helper()
	state, err := p.monitor.Check(p.t.Context(), id, monitor.Asked)
	check(p.t, err)
	return state
}

// held is what the vault and the store keep of the integration's grant.
func (p *parts) held(id string) (integration.Grant, secret.Fields) {
	p.t.Helper()
	seen, err := p.monitor.One(id)
	check(p.t, err)
	g, err := p.store.Grant(p.t.Context(), seen.Grant.ID)
	check(p.t, err)
	text, err := p.vault.Get(p.t.Context(), g.VaultKey())
	check(p.t, err)
	fields, err := secret.Open(text)
	check(p.t, err)
	return g, fields
}

func TestLoginIsTradedForATokenAndAgainWhenItHasEnded(t *testing.T) {
	p, service := newLogin(t)
	refused := p.signIn("wrong")
	if refused.Kind != integration.StepForm || refused.Code || refused.Outcome == nil || refused.Outcome.Finding == nil || refused.Outcome.Finding.Rule != "login-refused" {
		t.Fatalf("want the form with the reason, got %+v", refused)
	}
	end, err := p.reauth.Answer(t.Context(), refused.Flow, integration.Answer{}, secret.Fields{"password": secret.New(service.Password())})
	check(t, err)
	if end.Outcome == nil || end.Outcome.Result != integration.ResultAdded || !end.Outcome.ExpiresAt.IsZero() {
		t.Fatalf("ended with %+v", end.Outcome)
	}
	id, before := end.Outcome.IntegrationID, service.TokenRequests()
	service.ExpireAccess()
	if state := p.checked(id); state.Status != integration.StatusConnected || service.TokenRequests() != before+1 {
		t.Errorf("an ended token: %s after %d trades", state.Status, service.TokenRequests()-before)
	}
	g, secrets := p.held(id)
	if g.Version != 2 || g.Renewal != nil || g.NeedsSecondFactor() || secrets["password"].Reveal() != service.Password() || len(secrets) != 2 {
		t.Errorf("kept: version %d, %v, %d secrets", g.Version, g.Public, len(secrets))
	}
	// Another password: the trade is refused once, latched, and the new one repairs it.
	service.ChangePassword()
	service.ExpireAccess()
	if state := p.checked(id); state.Finding.Rule != "login-refused" || !state.Finding.Latch || state.Status != integration.StatusNeedsReauthorization {
		t.Errorf("a changed password: %+v", state.Finding)
	}
	step, err := p.reauth.Start(t.Context(), id, reauth.StartOptions{})
	check(t, err)
	if step.Kind != integration.StepForm || step.Code || step.Values["username"] != sandbox.LoginUser {
		t.Fatalf("want the form, got %+v", step)
	}
	end, err = p.reauth.Answer(t.Context(), step.Flow, integration.Answer{Values: step.Values}, secret.Fields{"password": secret.New(service.Password())})
	check(t, err)
	if end.Outcome == nil || end.Outcome.Result != integration.ResultReplaced {
		t.Errorf("repaired with %+v", end.Outcome)
	}
}

func TestSecondFactorIsAStepWhoseCodeIsKeptNowhere(t *testing.T) {
	p, service := newLogin(t)
	code := service.SecondFactor(true)
	step := p.signIn(service.Password())
	if step.Kind != integration.StepForm || !step.Code || len(step.Fields) != 1 || step.Fields[0].ID != "otp" || step.Notice.Key != "reauth.code_wanted" {
		t.Fatalf("want a step for the code, got %+v", step)
	}
	answer := func(code string) integration.Step {
		t.Helper()
		next, err := p.reauth.Answer(t.Context(), step.Flow, integration.Answer{}, secret.Fields{"otp": secret.New(code)})
		check(t, err)
		return next
	}
	if next := answer(""); !next.Code || len(next.Problems) != 1 || next.Problems[0].Code != "required" {
		t.Errorf("no code: %+v", next)
	}
	if next := answer("000000"); !next.Code || next.Notice.Key != "reauth.code_refused" {
		t.Errorf("a wrong code: %+v", next)
	}
	service.Status(503, sandbox.Token)
	if next := answer(code); !next.Code || next.Outcome == nil || next.Outcome.Finding.Cause != integration.CauseThirdParty {
		t.Errorf("a shop that is down: %+v", next)
	}
	check(t, service.Heal())
	end := answer(code)
	if end.Outcome == nil || end.Outcome.Result != integration.ResultAdded || end.Outcome.ExpiresAt.IsZero() {
		t.Fatalf("ended with %+v", end.Outcome)
	}
	id := end.Outcome.IntegrationID
	g, secrets := p.held(id)
	if !g.NeedsSecondFactor() || !g.ExpiresAt.Equal(g.AccessExpiresAt) || len(secrets) != 2 || !secrets["otp"].Empty() {
		t.Errorf("kept: %+v, %d secrets", g, len(secrets))
	}
	p.wantNowhere(code, secrets)

	// Nothing renews it: the end asks for a person, and no password goes out by itself.
	before := service.TokenRequests()
	service.ExpireAccess()
	if state := p.checked(id); state.Status != integration.StatusNeedsReauthorization || state.Finding.Cause != integration.CauseExpired || service.TokenRequests() != before {
		t.Errorf("%s, %s after %d trades", state.Finding.Rule, state.Status, service.TokenRequests()-before)
	}
	// The login is known, so the code alone is asked for.
	step, err := p.reauth.Start(t.Context(), id, reauth.StartOptions{})
	check(t, err)
	if !step.Code || service.TokenRequests() != before {
		t.Fatalf("want the step for the code at once, got %+v", step)
	}
	if end := answer(service.SecondFactor(true)); end.Outcome == nil || end.Outcome.Result != integration.ResultReplaced {
		t.Errorf("ended with %+v", end)
	}
	if state := p.checked(id); state.Status != integration.StatusExpiresSoon && state.Status != integration.StatusConnected {
		t.Errorf("after the code: %s", state.Status)
	}
}

func TestPasswordThatChangedIsAskedForBesideTheCode(t *testing.T) {
	p, service := newLogin(t)
	service.SecondFactor(true)
	step := p.signIn(service.Password())
	end, err := p.reauth.Answer(t.Context(), step.Flow, integration.Answer{}, secret.Fields{"otp": secret.New(service.SecondFactor(true))})
	check(t, err)
	id := end.Outcome.IntegrationID
	service.ChangePassword()
	step, err = p.reauth.Start(t.Context(), id, reauth.StartOptions{})
	check(t, err)
	form, err := p.reauth.Answer(t.Context(), step.Flow, integration.Answer{}, secret.Fields{"otp": secret.New(service.SecondFactor(true))})
	check(t, err)
	if form.Code || form.Kind != integration.StepForm || form.Outcome.Finding.Rule != "login-refused" {
		t.Fatalf("want the form for the password, got %+v", form)
	}
	// The shop wants no second factor any more: the note is gone with it, and the token is renewed again.
	service.SecondFactor(false)
	end, err = p.reauth.Answer(t.Context(), form.Flow, integration.Answer{Values: form.Values}, secret.Fields{"password": secret.New(service.Password()), "otp": secret.New("CNRY-stray-code")})
	check(t, err)
	if end.Outcome == nil || end.Outcome.Result != integration.ResultReplaced {
		t.Fatalf("ended with %+v", end.Outcome)
	}
	g, secrets := p.held(id)
	if g.NeedsSecondFactor() || !g.ExpiresAt.IsZero() || len(secrets) != 2 {
		t.Errorf("kept: %+v, %d secrets", g, len(secrets))
	}
	service.ExpireAccess()
	if state := p.checked(id); state.Status != integration.StatusConnected {
		t.Errorf("not renewed: %+v", state.Finding)
	}
	// And where it begins to want one, a person is asked.
	service.SecondFactor(true)
	service.ExpireAccess()
	if state := p.checked(id); state.Status != integration.StatusNeedsReauthorization || state.Finding.Cause != integration.CauseAccountChange {
		t.Errorf("a second factor that is new: %+v", state.Finding)
	}
}

// wantNowhere looks for a text in the vault's entry and in every file that the store wrote.
func (p *parts) wantNowhere(text string, secrets secret.Fields) {
	p.t.Helper()
	for name, value := range secrets {
		if strings.Contains(value.Reveal(), text) {
			p.t.Errorf("the vault keeps it as %s", name)
		}
	}
	files := 0
	check(p.t, filepath.WalkDir(p.dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		files++
		content, err := os.ReadFile(path)
		if strings.Contains(string(content), text) {
			p.t.Errorf("%s holds it", path)
		}
		return err
	}))
	acts, err := p.store.Acts(context.Background(), "", 100)
	check(p.t, err)
	written, _ := json.Marshal(acts)
	if strings.Contains(string(written), text) || files == 0 {
		p.t.Errorf("the audit trail holds it, or nothing was looked at: %d files", files)
	}
}
