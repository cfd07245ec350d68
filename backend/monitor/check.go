package monitor

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"relink/backend/catalog"
	"relink/backend/diagnosis"
	"relink/backend/grant"
	"relink/backend/integration"
	"relink/backend/oauth"
	"relink/backend/probe"
)

// Why says who wants a check, which decides what it may do.
type Why int

// The reasons for a check.
const (
	Scheduled   Why = iota // a timer: a refused credential is not offered again
	Asked                  // a person: a refused credential is offered once a minute at most
	AfterCommit            // a new grant is in place: passing closes the incident at once
)

// LatchPause is how often a person may offer a refused credential again.
const LatchPause = time.Minute

// TooSoonError means that a refused credential is not offered again yet: services lock accounts for that. Where it
// is Answered, the service wants a pause between two requests, and its last answer stands.
type TooSoonError struct {
	Until    time.Time
	Answered bool
}

// Error names the moment from which on it may be.
func (e TooSoonError) Error() string {
	if e.Answered {
		return "the service answered just now; it may be asked again at " + e.Until.Format(time.RFC3339)
	}
	return "the credential was refused; it may be tried again at " + e.Until.Format(time.RFC3339)
}

// Check runs one check to its end and returns the recorded state. A broken integration is a state,
// not an error; an error is our own trouble, integration.ErrNotFound or a TooSoonError. A check that is already
// running is joined.
func (m *Monitor) Check(ctx context.Context, id string, why Why) (integration.State, error) {
	done := make(chan error, 1)
	if err := m.start(ctx, id, why, func(err error) { done <- err }); err != nil {
		return integration.State{}, err
	}
	err := <-done
	seen, findErr := m.One(id)
	return seen.State, errors.Join(err, findErr)
}

// start checks on the caller's goroutine and hands the result to the recorder; done is called once
// it is stored, or at once when nothing was to be done.
func (m *Monitor) start(ctx context.Context, id string, why Why, done func(error)) error {
	seen, mine, other, err := m.claim(id, why)
	if err != nil {
		return err
	}
	if other != nil {
		select {
		case <-other:
			if why == AfterCommit {
				// What was joined may have begun before the commit; the new grant wants a check of its own.
				return m.start(ctx, id, why, done)
			}
			done(nil)
		case <-ctx.Done():
			done(ctx.Err())
		}
		return nil
	}
	if !mine {
		done(nil)
		return nil
	}
	if m.Events.Checking != nil {
		m.Events.Checking(id)
	}
	result, err := m.examine(ctx, &seen, why)
	if err != nil {
		m.release(id)
		done(err)
		return nil
	}
	m.settle(result)
	m.results.put(result, done)
	return nil
}

// claim marks the integration as being checked, which makes the check ours; other is the end of one
// that is running already. Neither is there when a timer must not check: paused or latched.
func (m *Monitor) claim(id string, why Why) (seen Seen, mine bool, other <-chan struct{}, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.rows[id]; !ok {
		return Seen{}, false, nil, integration.ErrNotFound
	}
	if other, ok := m.running[id]; ok {
		return Seen{}, false, other, nil
	}
	seen = m.seen(id)
	if why == Scheduled && (seen.Integration.Paused || seen.State.Latched) {
		return Seen{}, false, nil, nil
	}
	if why == Asked && seen.State.Latched && seen.Grant.DisconnectedAt.IsZero() && m.Now().Sub(seen.State.CheckedAt) < LatchPause {
		return Seen{}, false, nil, TooSoonError{Until: seen.State.CheckedAt.Add(LatchPause)}
	}
	if until := m.answered(seen); why == Asked && m.Now().Before(until) {
		return Seen{}, false, nil, TooSoonError{Until: until, Answered: true}
	}
	m.running[id] = make(chan struct{})
	return seen, true, nil, nil
}

// answered is until when the last answer of the service stands, as it was asked, perhaps by another process,
// within the pause that it wants between two requests; zero where it wants none or did not answer.
func (m *Monitor) answered(s Seen) time.Time {
	p, ok := m.Providers(s.Integration.ProviderID)
	if !ok || p.Probe.HTTP == nil || s.State.Evidence.HTTPStatus == 0 || m.Now().Before(s.State.CheckedAt) || !s.State.CheckedAt.After(s.Grant.ObtainedAt) {
		return time.Time{}
	}
	return s.State.CheckedAt.Add(time.Duration(p.Probe.HTTP.Pause))
}

// release ends the claim and wakes whoever joined.
func (m *Monitor) release(id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if ended, ok := m.running[id]; ok {
		close(ended)
		delete(m.running, id)
	}
}

// settle makes the result the known truth.
func (m *Monitor) settle(c integration.Checked) {
	id := c.State.IntegrationID
	m.mu.Lock()
	defer m.mu.Unlock()
	if row, ok := m.rows[id]; ok {
		// A person may have said so while the check ran.
		c.State.Rests = m.states[id].Rests
		if c.State.Asked = m.states[id].Asked; c.Settled() {
			c.State.Asked = nil
		}
		m.states[id] = c.State
		if c.Grant != nil && m.grants[row.GrantID].Version <= c.Grant.Version {
			m.grants[row.GrantID] = *c.Grant
		}
		m.due.set(id, c.State.DueAt)
	}
	if ended, ok := m.running[id]; ok {
		close(ended)
		delete(m.running, id)
	}
}

// know makes what the keeper handed out the known row, unless a newer one is known.
func (m *Monitor) know(g integration.Grant) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if known, ok := m.grants[g.ID]; ok && known.Version <= g.Version {
		m.grants[g.ID] = g
	}
}

// examine is the check itself: vault, renewal, probe, "is it us?", diagnosis.
func (m *Monitor) examine(ctx context.Context, s *Seen, why Why) (integration.Checked, error) {
	provider, err := m.provider(s.Integration)
	if err != nil {
		return integration.Checked{}, err
	}
	began := m.Now()
	evidence, held, err := m.look(ctx, provider, s, why)
	m.know(held.Grant)
	if err != nil {
		return integration.Checked{}, err
	}
	if ctx.Err() != nil {
		return integration.Checked{}, fmt.Errorf("check %s: %w", s.Integration.Name, ctx.Err())
	}
	m.complete(&evidence, provider, s, held)
	evidence.At, evidence.Took = began, m.Now().Sub(began)
	if couldBeUs(evidence) {
		evidence.Online = m.online.current(ctx)
	} else if evidence.HTTPStatus != 0 {
		m.online.proved()
	}
	if provider.Status != nil && wantsHealth(evidence) {
		evidence.Health = m.health.current(ctx, *provider.Status)
	}
	finding := diagnosis.Verdict(evidence)
	if !finding.OK() {
		evidence.Before = s.State.Before(s.Grant.Scopes)
	}
	checked := Advance(s.State, s.Integration, finding, evidence, why)
	checked.Grant = learned(held.Grant, evidence, m.Now())
	return m.outlasted(ctx, checked, why)
}

// outlasted asks who did something about the incident that a check ended, and learns where nobody did.
func (m *Monitor) outlasted(ctx context.Context, c integration.Checked, why Why) (integration.Checked, error) {
	if c.Closed == nil || why == AfterCommit {
		return c, nil
	}
	acted, err := m.Store.ActedSince(ctx, c.State.IntegrationID, c.Closed.OpenedAt)
	if err != nil {
		return c, fmt.Errorf("read who did something about the incident: %w", err)
	}
	if !acted {
		c = Outlasted(c)
	}
	return c, nil
}

// provider is the integration's provider with its settings filled in.
func (m *Monitor) provider(i integration.Integration) (catalog.Provider, error) {
	provider, ok := m.Providers(i.ProviderID)
	if !ok {
		return provider, fmt.Errorf("provider %q: %w", i.ProviderID, integration.ErrNotFound)
	}
	provider, err := provider.For(i.Settings)
	if err != nil {
		return provider, fmt.Errorf("fill in the provider's addresses: %w", err)
	}
	return provider, nil
}

// look gathers evidence. Trouble of the vault or of the token endpoint is evidence too; the error
// is our own trouble.
func (m *Monitor) look(ctx context.Context, p catalog.Provider, s *Seen, why Why) (integration.Evidence, grant.Held, error) {
	use := grant.Use{Provider: p, Settings: s.Integration.Settings, Asked: why != Scheduled}
	held, err := m.Grants.Fresh(ctx, use, s.Grant)
	if err != nil {
		evidence, err := evidenceOf(err, p, s.Grant.Method)
		return evidence, held, err
	}
	evidence := m.Prober.Run(ctx, target(p, s, held))
	if !accessRefused(evidence, held) || held.Grant.RenewedAt.After(s.Grant.RenewedAt) {
		return evidence, held, nil
	}
	// The access token was refused before its stated end; the refresh token may still be good.
	renewed, err := m.Grants.Renew(ctx, use, held)
	if err != nil {
		evidence, err := evidenceOf(err, p, s.Grant.Method)
		return evidence, renewed, err
	}
	if renewed.Grant.RenewalLost() {
		return evidence, renewed, nil
	}
	return m.Prober.Run(ctx, target(p, s, renewed)), renewed, nil
}

func target(p catalog.Provider, s *Seen, held grant.Held) probe.Target {
	return probe.Target{Provider: p, Integration: s.Integration, Grant: held.Grant, Secrets: held.Secrets}
}

// evidenceOf turns what stopped a renewal into evidence, or returns the error when it is our own.
func evidenceOf(err error, p catalog.Provider, method integration.Method) (integration.Evidence, error) {
	if state := grant.VaultState(err); state != "" {
		return integration.Evidence{Stage: integration.StageKeychain, Vault: state, Party: integration.PartyNobody}, nil
	}
	var refusal *oauth.Refusal
	var fault *oauth.Fault
	if errors.As(err, &refusal) || errors.As(err, &fault) {
		return probe.FromTokenError(err, p, method), nil
	}
	return integration.Evidence{}, err
}

// accessRefused says whether the API refused an access token that could be renewed.
func accessRefused(e integration.Evidence, h grant.Held) bool {
	if !h.Renewable() || e.Party != integration.PartyAPI {
		return false
	}
	return e.Meaning == integration.MeaningAccessExpired ||
		e.HTTPStatus == http.StatusUnauthorized && e.Meaning == integration.MeaningNone
}

// complete adds the stored facts that tell one refusal from another.
func (m *Monitor) complete(e *integration.Evidence, p catalog.Provider, s *Seen, held grant.Held) {
	g := held.Grant
	if g.ID == "" {
		g = s.Grant
	}
	method, _ := p.Method(g.Method)
	e.ProviderID, e.Method, e.Database = p.ID, g.Method, p.Database()
	e.ExpectedAccount = s.Grant.As(p.ID).Account
	if e.Vault == "" {
		e.Vault = integration.VaultOK
	}
	e.Facts = integration.GrantFacts{
		ObtainedAt:      g.ObtainedAt,
		Lifetime:        method.Lifetime.GrantLife(g.Public),
		IdleLifetime:    time.Duration(method.Lifetime.Idle),
		UsedAt:          g.UsedAt,
		ExpiresAt:       g.ExpiresAt,
		AccessExpiresAt: g.AccessExpiresAt,
		Renewable:       held.Renewable(),
		RefusedInARow:   s.State.RefusedInARow,
		RefusedAt:       s.State.Evidence.Facts.RefusedAt,
		DisconnectedAt:  g.DisconnectedAt,
		Interrupted:     g.RenewalLost(),
		AddressBefore:   addressBefore(s.State.Evidence),
	}
	if e.Database && e.Stage == integration.StageDone {
		e.Facts.ExpiresAt = e.Server.PasswordEnds // what the server says now
	}
	switch {
	case e.Stage != integration.StageDone:
		e.Fellows = m.fellows(s)
		e.SameIssuer = m.sameIssuer(*e)
	case !e.Partial:
		e.Lost = integration.Missing(s.Grant.As(p.ID).Resources, e.Resources)
	}
}

// addressBefore is this computer's public address at the last good check, "" where it was not seen.
func addressBefore(last integration.Evidence) string {
	if last.Stage == integration.StageDone {
		return last.Address
	}
	return last.Facts.AddressBefore
}

// couldBeUs says whether this computer's connection may explain what was seen: no answer, or a web
// page or a redirect where data was expected.
func couldBeUs(e integration.Evidence) bool {
	page := e.HTML || e.HTTPStatus >= 300 && e.HTTPStatus < 400
	return page || e.Network != integration.NetworkNone && e.Network != integration.NetworkDenied
}

// usedAtGrain is how exactly the last use of a grant is remembered; finer would be a write for each check.
const usedAtGrain = time.Hour

// learned is the grant's row with what a good check taught about it, or nil when it taught nothing new.
func learned(g integration.Grant, e integration.Evidence, now time.Time) *integration.Grant {
	if e.Stage != integration.StageDone || g.ID == "" {
		return nil
	}
	news := now.Sub(g.UsedAt) >= usedAtGrain
	if known := g.As(e.ProviderID); known.Account.ID == "" && e.Account.ID != "" {
		seen := integration.Sight{Account: e.Account, Resources: known.Resources}
		if e.ProviderID != g.ProviderID {
			seen.Resources = e.Resources
		}
		g, news = g.Seen(e.ProviderID, seen), true
	}
	if e.Scopes != nil && !sameSet(g.Scopes, e.Scopes) {
		g.Scopes, news = e.Scopes, true
	}
	if e.Database && !g.ExpiresAt.Equal(e.Server.PasswordEnds) {
		g.ExpiresAt, news = e.Server.PasswordEnds, true
	}
	if !news {
		return nil
	}
	g.UsedAt = now
	return &g
}

func sameSet(a, b []string) bool {
	seen := make(map[string]bool, len(a))
	for _, s := range a {
		seen[s] = true
	}
	for _, s := range b {
		if !seen[s] {
			return false
		}
	}
	return len(a) == len(b)
}
