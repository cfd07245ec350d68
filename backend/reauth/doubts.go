package reauth

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"relink/backend/catalog"
	"relink/backend/integration"
)

// doubts are what may come between a proof and the outcome: a question to the person, and a second
// consent for what the first left out.
type doubts struct {
	asked *asked                   // nil outside of a question
	left  []integration.Permission // what the first consent left out, nil before a second one
	// unseen says that a second consent has begun and nobody was told yet.
	unseen bool
}

// asked is a question that waits for its answer, for as long as a consent may take. What it would
// lead to is held in memory only.
type asked struct {
	step    integration.Step
	answers answers
	expiry  *time.Timer
}

// answers lead from a choice to the next step.
type answers map[string]func(context.Context) (integration.Step, error)

// forget drops a question with the candidate behind it. The caller holds the lock.
func (d *doubts) forget() {
	if d.asked != nil {
		d.asked.expiry.Stop()
		d.asked = nil
	}
}

// doubt says what follows from a refusal. Another account and lost resources are the person's to
// decide; scopes that were not ticked are asked for once more. A grant that another tool obtained is
// refused as it is: nobody is there who could know.
func (c *Conversations) doubt(f *flow, n candidate, seen sightings, refusal integration.Outcome) integration.Outcome {
	act := f.act(c.Now(), "")
	act.Args["expected"], act.Args["missing"] = nameOf(f.expected(refusal)), strings.Join(refusal.Missing, ", ")
	switch {
	case f.brought != nil:
		return refusal
	case refusal.Result == integration.ResultPartialScopes && f.left == nil && f.method.Kind == integration.MethodOAuth2Code:
		f.left = f.permissions(refusal.Missing)
		return integration.Outcome{}
	case f.adding():
		return refusal
	case refusal.Result == integration.ResultWrongAccount && len(f.missing(n.grant.Scopes)) == 0:
		act.What = "switched"
		n = n.unseen(f, seen)
	case refusal.Result == integration.ResultLostResources:
		act.What = "reconnected_less"
	default:
		return refusal
	}
	question := integration.Question{
		About: refusal.Result, Account: refusal.Account, Expected: f.expected(refusal), Lost: f.lost(seen), Kept: f.kept(seen),
	}
	text := func(part string) integration.Text {
		t := outcomeText(f, refusal)
		t.Key = "question." + string(refusal.Result) + "." + part
		return t
	}
	c.ask(f, text("title"), text("notice"), question, answers{
		integration.ChoiceKeep: func(ctx context.Context) (integration.Step, error) { return c.finish(ctx, f, refusal), nil },
		integration.ChoiceSwitch: func(ctx context.Context) (integration.Step, error) {
			return c.finish(ctx, f, c.settle(ctx, f, n, act)), nil
		},
	})
	return integration.Outcome{}
}

// ask puts a question to the person. No answer within the flow's patience means that nothing changes.
func (c *Conversations) ask(f *flow, title, notice integration.Text, q integration.Question, to answers) {
	choices := []string{integration.ChoiceKeep, integration.ChoiceSwitch}
	if q.HostKeys != nil {
		choices = []string{integration.ChoiceKeep, integration.ChoiceTrust}
	} else if q.About == "" {
		choices = []string{integration.ChoiceNew, integration.ChoiceShared}
	}
	a := &asked{answers: to, step: integration.Step{
		Flow: f.id, Kind: integration.StepConfirm, Title: title, Notice: &notice, Question: &q, Choices: choices, Also: f.also(),
	}}
	c.mu.Lock()
	defer c.mu.Unlock()
	if f.outcome != nil {
		return
	}
	f.asked = a
	a.expiry = time.AfterFunc(c.Patience, func() { c.unanswered(f, a) })
}

// unanswered ends a question that nobody answered.
func (c *Conversations) unanswered(f *flow, a *asked) {
	c.mu.Lock()
	still := f.asked == a
	c.mu.Unlock()
	if !still {
		return
	}
	if _, keep := a.answers[integration.ChoiceKeep]; keep {
		_, _ = c.decide(context.Background(), f, integration.ChoiceKeep)
		return
	}
	c.finish(context.Background(), f, integration.Outcome{Result: integration.ResultTimedOut})
}

// decide takes the answer to the question. One that was not offered leaves it open.
func (c *Conversations) decide(ctx context.Context, f *flow, choice string) (integration.Step, error) {
	c.mu.Lock()
	a := f.asked
	if a == nil || a.answers[choice] == nil {
		c.mu.Unlock()
		return c.outcomeStep(f), nil
	}
	f.forget()
	c.mu.Unlock()
	return a.answers[choice](ctx)
}

// goOn is the step after a commit that decided nothing: the question, or one more consent.
func (c *Conversations) goOn(ctx context.Context, f *flow) integration.Step {
	c.mu.Lock()
	w, over := f.waiting, f.outcome != nil || f.asked != nil
	if over {
		f.waiting = nil
	}
	c.mu.Unlock()
	if over {
		return c.outcomeStep(f)
	}
	if w != nil {
		w.arrival.close() // the provider may allow one port only
	}
	step, err := c.consent(ctx, f)
	if err != nil {
		c.Log.Error("no second consent", "error", err)
		missing := make([]string, len(f.left))
		for i, p := range f.left {
			missing[i] = p.ID
		}
		return c.finish(ctx, f, integration.Outcome{Result: integration.ResultPartialScopes, Missing: missing})
	}
	return step
}

// current is what is asked now, or nil. The caller holds the lock.
func (c *Conversations) current(f *flow) *integration.Step {
	switch {
	case f.outcome != nil:
		return nil
	case f.asked != nil:
		return &f.asked.step
	case f.waiting != nil:
		step := c.waitStep(f, f.waiting)
		return &step
	}
	return nil
}

// permissions are scopes with what they are for.
func (f *flow) permissions(ids []string) []integration.Permission {
	var all []integration.Permission
	for _, s := range f.scopes() {
		if slices.Contains(ids, s.ID) {
			all = append(all, integration.Permission{ID: s.ID, Why: s.Why})
		}
	}
	return all
}

// force adds what makes the server show every box again, where the first consent left some out.
func (f *flow) force(params, public map[string]string) error {
	if f.left == nil {
		return nil
	}
	for name, template := range f.method.OAuth.ForceParams {
		value, err := catalog.Expand(template, public, catalog.EscapeNothing)
		if err != nil {
			return fmt.Errorf("fill in the parameter %s: %w", name, err)
		}
		params[name] = value
	}
	return nil
}

// notice says why a second consent is asked for; nil before that.
func (f *flow) notice() *integration.Text {
	if f.left == nil {
		return nil
	}
	return &integration.Text{Key: "reauth.consent.tick_all", Args: title(f).Args}
}

// expected is the account that an outcome is measured against.
func (f *flow) expected(o integration.Outcome) integration.Account {
	if o.Expected.ID != "" {
		return o.Expected
	}
	return f.old.As(f.provider.ID).Account
}
