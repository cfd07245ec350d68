package reauth

import (
	"context"
	"strings"

	"relink/backend/integration"
	"relink/backend/probe"
	"relink/backend/secret"
	"relink/backend/tunnel"
)

// tunnelled is what a flow knows of the SSH bastions before its database.
type tunnelled struct {
	refreshing bool              // the host keys are what the conversation is about; the grant stays
	enrolled   []integration.Act // host keys that were believed while an integration is added, to be recorded with it
}

// target is what the flow would check with what was typed so far.
func (c *Conversations) target(f *flow) probe.Target {
	public, typed, _ := c.entered(f)
	return probe.Target{Provider: f.provider, Integration: f.integration, Grant: integration.Grant{Method: f.method.Kind, Public: public}, Secrets: typed}
}

// enroll asks whether the host keys of a bastion are to be believed, where nobody has said so yet: those
// of a jump host first. done is false where all are known. Keys that are known and differ are never
// replaced here: only RefreshHostKeys does that.
func (c *Conversations) enroll(ctx context.Context, f *flow) (step integration.Step, done bool) {
	t := c.target(f)
	for _, b := range c.Prober.Bastions(t) {
		if _, missing := tunnel.Missing(enrolledError(b)); !missing {
			continue
		}
		keys, seen := c.Prober.Scan(ctx, t, b)
		if seen.Stage != integration.StageDone {
			return c.notEnrolled(f, seen), true
		}
		c.askHostKeys(f, b, nil, keys, answers{
			integration.ChoiceKeep: func(ctx context.Context) (integration.Step, error) {
				return c.finish(ctx, f, integration.Outcome{Result: integration.ResultCancelled}), nil
			},
			integration.ChoiceTrust: func(ctx context.Context) (integration.Step, error) {
				if err := c.believe(ctx, f, b, nil, keys); err != nil {
					return integration.Step{}, err
				}
				return c.proceed(ctx, f)
			},
		})
		return c.outcomeStep(f), true
	}
	return integration.Step{}, false
}

func enrolledError(b tunnel.Bastion) error {
	_, err := tunnel.Enrolled(b)
	return err
}

// notEnrolled is the form again, with the reason why the bastion showed no keys.
func (c *Conversations) notEnrolled(f *flow, seen integration.Evidence) integration.Step {
	finding := c.judge(f, seen)
	outcome := integration.Outcome{Result: integration.ResultHostKeysFailed, Finding: &finding}
	outcome.Text = outcomeText(f, outcome)
	step := c.form(f, nil)
	step.Notice, step.Outcome = &outcome.Text, &outcome
	return step
}

// RefreshHostKeys begins the conversation that replaces the host keys of an integration's bastions: each
// is asked for its keys, and the person decides on them with those of before beside them.
func (c *Conversations) RefreshHostKeys(ctx context.Context, id string) (integration.Step, error) {
	seen, err := c.Monitor.One(id)
	if err != nil {
		return integration.Step{}, err
	}
	f, err := c.newFlow(seen.Integration, seen.Grant.Method, seen.Grant.Public)
	if err != nil {
		return integration.Step{}, err
	}
	f.old, f.refreshing = seen.Grant, true
	if len(c.Prober.Bastions(c.target(f))) == 0 {
		return integration.Step{}, integration.InputErrors{{Field: "name", Code: "no_bastion", Args: map[string]string{"value": seen.Integration.Name}}}
	}
	c.keepTunnel(ctx, f)
	c.open(f, integration.Step{})
	return c.refresh(ctx, f, 0)
}

// refresh asks about the bastion at that place on the way, and about those behind it afterwards.
func (c *Conversations) refresh(ctx context.Context, f *flow, place int) (integration.Step, error) {
	t := c.target(f)
	way := c.Prober.Bastions(t)
	if place == len(way) {
		if _, err := c.Monitor.Committed(ctx, f.old.ID); err != nil {
			c.Log.Error("not checked after the host keys were replaced", "error", err)
		}
		return c.finish(ctx, f, integration.Outcome{Result: integration.ResultHostKeys}), nil
	}
	b := way[place]
	keys, seen := c.Prober.Scan(ctx, t, b)
	if seen.Stage != integration.StageDone {
		finding := c.judge(f, seen)
		return c.finish(ctx, f, integration.Outcome{Result: integration.ResultHostKeysFailed, Finding: &finding}), nil
	}
	before, _ := tunnel.Enrolled(b) // what cannot be read is shown as nothing
	c.askHostKeys(f, b, before, keys, answers{
		integration.ChoiceKeep: func(ctx context.Context) (integration.Step, error) {
			return c.finish(ctx, f, integration.Outcome{Result: integration.ResultCancelled}), nil
		},
		integration.ChoiceTrust: func(ctx context.Context) (integration.Step, error) {
			if err := c.believe(ctx, f, b, before, keys); err != nil {
				return integration.Step{}, err
			}
			return c.refresh(ctx, f, place+1)
		},
	})
	return c.outcomeStep(f), nil
}

// askHostKeys shows a bastion's fingerprints and asks whether to believe them.
func (c *Conversations) askHostKeys(f *flow, b tunnel.Bastion, before, now []tunnel.HostKey, to answers) {
	text := func(part string) integration.Text {
		return integration.Text{Key: "question.host_keys." + part, Args: map[string]string{"integration": f.integration.Name, "bastion": b.Address()}}
	}
	title := "title"
	if f.refreshing {
		title = "refresh_title"
	}
	c.ask(f, text(title), text("notice"), integration.Question{HostKeys: &integration.HostKeyQuestion{
		Host: b.Address(), Before: shownKeys(before), Now: shownKeys(now),
	}}, to)
}

func shownKeys(keys []tunnel.HostKey) []integration.HostKey {
	all := make([]integration.HostKey, len(keys))
	for i, k := range keys {
		all[i] = integration.HostKey{Type: k.Type, Fingerprint: k.Fingerprint}
	}
	return all
}

// believe stores the keys that the person decided for, and records who they replaced.
func (c *Conversations) believe(ctx context.Context, f *flow, b tunnel.Bastion, before, now []tunnel.HostKey) error {
	act := f.act(c.Now(), "host_keys_enrolled")
	if f.refreshing {
		act.What = "host_keys_refreshed"
	}
	act.Args["bastion"], act.Args["before"], act.Args["now"] = b.Address(), fingerprints(before), fingerprints(now)
	lines := tunnel.Replace(f.integration.HostKeys, b, now)
	if f.adding() {
		f.enrolled = append(f.enrolled, act)
	} else if err := c.Monitor.EnrollHostKeys(ctx, f.integration.ID, lines, act); err != nil {
		return err
	}
	f.integration.HostKeys = lines
	return nil
}

// fingerprints are the keys in one line; a dash for none.
func fingerprints(keys []tunnel.HostKey) string {
	if len(keys) == 0 {
		return "–"
	}
	all := make([]string, len(keys))
	for i, k := range keys {
		all[i] = k.Type + " " + k.Fingerprint
	}
	return strings.Join(all, ", ")
}

// keepTunnel keeps what signs in to the bastion, so that a new password of the database is all that has
// to be typed. A vault that does not answer means that it is asked for.
func (c *Conversations) keepTunnel(ctx context.Context, f *flow) {
	held, err := c.Keeper.Held(ctx, f.old)
	if err != nil {
		return
	}
	kept := secret.Fields{}
	for _, field := range f.method.Fields {
		if text := held.Secrets[field.ID]; field.Secret() && field.Needs != "" && !text.Empty() {
			kept[field.ID] = text
		}
	}
	f.typed = kept
}

// HostKeys are the enrolled keys of the bastions on an integration's way, in the order in which they
// are passed; none where it has no bastion. Keys that cannot be read are left out.
func (c *Conversations) HostKeys(id string) ([]integration.HostKeyQuestion, error) {
	seen, err := c.Monitor.One(id)
	if err != nil {
		return nil, err
	}
	provider, ok := c.Providers(seen.Integration.ProviderID)
	if !ok {
		return nil, nil
	}
	var all []integration.HostKeyQuestion
	for _, b := range c.Prober.Bastions(probe.Target{Provider: provider, Integration: seen.Integration, Grant: seen.Grant}) {
		enrolled, _ := tunnel.Enrolled(b)
		all = append(all, integration.HostKeyQuestion{Host: b.Address(), Before: shownKeys(enrolled)})
	}
	return all, nil
}
