package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"relink/backend/catalog"
	"relink/backend/commerce"
	"relink/backend/integration"
	"relink/backend/monitor"
	"relink/backend/view"
)

// firstGrant is how long after an integration was made its grant is still the first one.
const firstGrant = time.Minute

// otherSide is all that is known of Commerce Intelligence.
type otherSide struct {
	accounts []monitor.Seen // by name
	cycles   map[string]integration.CycleSeen
	theirs   map[string]integration.Their
}

// otherSide reads it, without any network.
func (p *Parts) otherSide(ctx context.Context) (otherSide, error) {
	var err error
	o := otherSide{accounts: p.Monitor.Where(p.isAccount)}
	slices.SortFunc(o.accounts, func(a, b monitor.Seen) int {
		return cmp.Or(strings.Compare(a.Integration.Name, b.Integration.Name), strings.Compare(a.Integration.ID, b.Integration.ID))
	})
	if o.cycles, err = p.Store.Cycles(ctx); err != nil {
		return o, err
	}
	o.theirs, err = p.Store.Theirs(ctx)
	return o, err
}

// isAccount says whether an integration is an account of Commerce Intelligence.
func (p *Parts) isAccount(i integration.Integration) bool {
	return p.family(i.ProviderID) == commerce.ProviderID
}

// on says whether an integration also lives in Commerce Intelligence.
func (o otherSide) on(t integration.Their) bool {
	return t.Switch == integration.SwitchOn || t.Switch == integration.SwitchAuto && len(o.accounts) > 0
}

// cycleOf is the last update of the account that an integration belongs to, nil where it is not known. Of
// several accounts none is guessed.
func (o otherSide) cycleOf(t integration.Their) *integration.CycleSeen {
	id := t.Account
	if id == "" && len(o.accounts) == 1 {
		id = o.accounts[0].Integration.ID
	}
	if seen, ok := o.cycles[id]; ok {
		return &seen
	}
	return nil
}

// judge is the verdict on the other side of an integration; ok is false where it has none.
func (p *Parts) judge(o otherSide, s monitor.Seen, now time.Time) (side commerce.Side, theirs *catalog.Theirs, ok bool) {
	provider, _ := p.Catalog.Provider(s.Integration.ProviderID)
	t := o.theirs[s.Integration.ID]
	if provider.CommerceIntelligence == nil || !o.on(t) {
		return side, provider.CommerceIntelligence, false
	}
	k := commerce.Known{
		Ours: commerce.OursOf(s.State.StatusAt(now, s.Integration)), Cycle: o.cycleOf(t), Their: t,
		Lifetime: time.Duration(provider.CommerceIntelligence.Lifetime), Now: now,
	}
	if s.Grant.ObtainedAt.After(s.Integration.CreatedAt.Add(firstGrant)) {
		k.Repaired = s.Grant.ObtainedAt
	}
	return commerce.Judge(k), provider.CommerceIntelligence, true
}

// bothSides puts the other side into a row whose own side is well: what is behind there is what the list shows.
func (p *Parts) bothSides(o otherSide, s monitor.Seen, row *view.Row, now time.Time) {
	side, _, ok := p.judge(o, s, now)
	if !ok {
		return
	}
	row.Theirs = string(side.Status)
	switch integration.Status(row.Status) {
	case integration.StatusConnected, integration.StatusExpiresSoon:
		if side.Behind() {
			row.Status, row.Cause = string(side.Status), string(side.Cause)
		}
	}
}

// strips are the last updates of all accounts.
func (p *Parts) strips(o otherSide, now time.Time) []view.Cycle {
	all := []view.Cycle{}
	for _, account := range o.accounts {
		var known *integration.CycleSeen
		if seen, ok := o.cycles[account.Integration.ID]; ok {
			known = &seen
		}
		all = append(all, view.CycleOf(view.RowOf(p.source(account)), known, now))
	}
	return all
}

// TheirSide is an integration as it stands inside Commerce Intelligence; nil where its provider has no place there.
func (p *Parts) TheirSide(ctx context.Context, id string) (*view.TheirSide, error) {
	seen, err := p.Monitor.One(id)
	if err != nil {
		return nil, err
	}
	o, err := p.otherSide(ctx)
	if err != nil {
		return nil, err
	}
	return p.theirSide(o, seen), nil
}

func (p *Parts) theirSide(o otherSide, s monitor.Seen) *view.TheirSide {
	now, source := p.Now(), p.source(s)
	side, theirs, on := p.judge(o, s, now)
	if theirs == nil {
		return nil
	}
	t := o.theirs[s.Integration.ID]
	v := &view.TheirSide{
		On: on, Switch: t.Switch, Ours: view.RowOf(source).Status, Status: string(side.Status), Rule: side.Rule, Next: string(side.Next), Behind: side.Behind(),
		Name: theirs.Name, Button: theirs.Button, Unconfirmed: theirs.Unconfirmed, Steps: []view.TheirStep{},
		Resources: view.ResourcesOf(source.Grant.Resources), DataPoint: view.Stamp(t.DataPoint), ToldAt: view.Stamp(t.ToldAt), Account: t.Account, Accounts: []view.Choice{},
	}
	for _, account := range o.accounts {
		v.Accounts = append(v.Accounts, view.Choice{ID: account.Integration.ID, Name: account.Integration.Name})
	}
	if !on {
		return v
	}
	args := o.args(s.Integration, theirs)
	v.What, v.Do = view.Text{Key: "theirs.rule." + side.Rule, Args: args}, view.Text{Key: "theirs.rule." + side.Rule + ".do", Args: args}
	for _, step := range commerce.Steps(theirs.Button) {
		one := view.TheirStep{ID: step, Text: view.Text{Key: "theirs.step." + step, Args: args}, DoneAt: view.Stamp(t.Steps[step])}
		if step == commerce.StepAgain && len(theirs.Again) > 0 {
			again := view.LocalizedOf(theirs.Again)
			one.Again = &again
		}
		v.Steps = append(v.Steps, one)
	}
	if at := commerce.DoneAt(t); theirs.Lifetime > 0 && !at.IsZero() {
		v.EndsAt = view.Stamp(at.Add(time.Duration(theirs.Lifetime)))
	}
	if s.Integration.HostKeys != "" || s.Integration.Settings["ssh_host"] != "" {
		v.Keys = keysView(t.Keys, now)
	}
	return v
}

// args are the values of the sentences about an integration's other side.
func (o otherSide) args(i integration.Integration, theirs *catalog.Theirs) map[string]string {
	t := o.theirs[i.ID]
	args := map[string]string{"integration": i.Name, "name": theirs.Name, "button": theirs.Button, "toldAt": view.Stamp(t.ToldAt), "dataPointAt": view.Stamp(t.DataPoint)}
	if c := o.cycleOf(t); c != nil {
		args["cycleAt"], args["cycleState"] = view.Stamp(c.Cycle.End), c.Cycle.State
	}
	return args
}

func keysView(k integration.KeyRefresh, now time.Time) *view.TheirKeys {
	stage := commerce.Keys(k, now)
	v := &view.TheirKeys{State: string(stage.State), Attempt: stage.Attempt, Of: stage.Of, Until: view.Stamp(stage.Until)}
	v.Text = view.Text{Key: "theirs.keys." + v.State, Args: map[string]string{"attempt": strconv.Itoa(stage.Attempt), "of": strconv.Itoa(stage.Of), "untilAt": v.Until}}
	return v
}

// Told is what a person says of the other side. Nil and empty mean: as it is.
type Told struct {
	Switch    *string // one of the integration.Switch constants
	Account   *string // name or id of the integration that is its account; "" for the only one
	DataPoint string  // Last Data Point Received, as typed or pasted
	Done      string  // a step of the guided way
	Undone    string
	Keys      string // refreshed, passed, failed
}

// ToldOf reads what came from the window.
func ToldOf(v view.Told) Told {
	told := Told{DataPoint: v.DataPoint, Done: v.Done, Undone: v.Undone, Keys: v.Keys}
	if v.Switch != "" {
		position := strings.TrimPrefix(v.Switch, "auto")
		told.Switch = &position
	}
	if v.Account != "" {
		told.Account = &v.Account
	}
	return told
}

// Tell keeps what a person says of the other side of an integration. Wrong input is returned as
// integration.InputErrors.
func (p *Parts) Tell(ctx context.Context, id string, told Told) error {
	seen, err := p.Monitor.One(id)
	if err != nil {
		return err
	}
	provider, _ := p.Catalog.Provider(seen.Integration.ProviderID)
	if provider.CommerceIntelligence == nil {
		return problem("name", "not_in_commerce_intelligence", seen.Integration.Name)
	}
	o, err := p.otherSide(ctx)
	if err != nil {
		return err
	}
	act := integration.Act{At: p.Now(), IntegrationID: id, GrantID: seen.Grant.ID, Args: map[string]string{"integration": seen.Integration.Name}}
	changes, err := p.changesOf(ctx, o, told, &act)
	if err != nil {
		return err
	}
	err = p.Store.ChangeTheir(ctx, id, act, func(t integration.Their) (integration.Their, error) {
		for _, change := range changes {
			if t, err = change(t); err != nil {
				return t, err
			}
		}
		return t, nil
	})
	if err != nil {
		return err
	}
	if err := p.compare(ctx); err != nil {
		return err
	}
	if p.Events.Changed != nil {
		p.Events.Changed(id)
	}
	return nil
}

type theirChange = func(integration.Their) (integration.Their, error)

// changesOf reads what was told; the act is what the audit trail keeps of it.
func (p *Parts) changesOf(ctx context.Context, o otherSide, told Told, act *integration.Act) ([]theirChange, error) {
	var all []theirChange
	now := p.Now()
	if told.Switch != nil {
		if !slices.Contains([]string{integration.SwitchAuto, integration.SwitchOn, integration.SwitchOff}, *told.Switch) {
			return nil, problem("switch", "choice_unknown", *told.Switch)
		}
		all = append(all, func(t integration.Their) (integration.Their, error) { t.Switch = *told.Switch; return t, nil })
	}
	if told.Account != nil {
		account := ""
		if *told.Account != "" {
			i, err := p.ByName(ctx, *told.Account)
			if err != nil || !p.isAccount(i) {
				return nil, problem("account", "not_a_commerce_account", *told.Account)
			}
			account = i.ID
		}
		all = append(all, func(t integration.Their) (integration.Their, error) { t.Account = account; return t, nil })
	}
	if told.DataPoint != "" {
		all = append(all, p.tellPoint(o, told.DataPoint, act))
	}
	for step, done := range map[string]bool{told.Done: true, told.Undone: false} {
		if step != "" {
			all = append(all, func(t integration.Their) (integration.Their, error) { return commerce.Mark(t, step, done, now) })
		}
	}
	if told.Done != "" {
		act.What, act.Args["step"] = "their_step", told.Done
	}
	if told.Keys != "" {
		change, ok := map[string]func(integration.KeyRefresh) integration.KeyRefresh{
			"refreshed": func(k integration.KeyRefresh) integration.KeyRefresh { return commerce.Refreshed(k, now) },
			"passed":    func(k integration.KeyRefresh) integration.KeyRefresh { return commerce.Tested(k, true, now) },
			"failed":    func(k integration.KeyRefresh) integration.KeyRefresh { return commerce.Tested(k, false, now) },
		}[told.Keys]
		if !ok {
			return nil, problem("keys", "choice_unknown", told.Keys)
		}
		all = append(all, func(t integration.Their) (integration.Their, error) { t.Keys = change(t.Keys); return t, nil })
		act.What = "their_keys_" + told.Keys
	}
	return all, nil
}

// tellPoint reads Last Data Point Received on the clock of the integration's account, or else on this computer's.
func (p *Parts) tellPoint(o otherSide, typed string, act *integration.Act) theirChange {
	act.What = "their_point"
	return func(t integration.Their) (integration.Their, error) {
		zone := p.Now().Location()
		if c := o.cycleOf(t); c != nil {
			if known, ok := commerce.Zone(c.Cycle.Zone); ok {
				zone = known
			}
		}
		at, err := commerce.LastPoint(typed, p.Language(), zone, p.Now())
		if err != nil {
			return t, err
		}
		t.DataPoint, t.ToldAt = at, p.Now()
		return t, nil
	}
}

// cyclesByLine are the strips as lines of text.
func (p *Parts) cyclesByLine(cycles []view.Cycle) []string {
	say := p.Printer()
	lines := make([]string, len(cycles))
	for i, c := range cycles {
		lines[i] = plain(fmt.Sprintf("%s: %s", c.Name, say.Text(textOf(c.Text))))
	}
	return lines
}
