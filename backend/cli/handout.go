package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"relink/backend/grant"
	"relink/backend/integration"
	"relink/backend/monitor"
	"relink/backend/oauth"
	"relink/backend/secret"
	"relink/backend/view"
)

// handed is one grant on its way out of Relink.
type handed struct {
	integration integration.Integration
	use         grant.Use
	held        grant.Held
}

// use is whom a renewal of the integration's grant asks.
func (p *Parts) use(i integration.Integration) (grant.Use, error) {
	provider, ok := p.Catalog.Provider(i.ProviderID)
	if !ok {
		return grant.Use{}, fmt.Errorf("provider %q: %w", i.ProviderID, integration.ErrNotFound)
	}
	return grant.Use{Provider: provider, Settings: i.Settings}, nil
}

// handOut renews the named integrations' grants and returns them. Of one that cannot be used it says
// why, and what to do; the error is the exit code then. Nothing is recorded yet.
func (r *run) handOut(ctx context.Context, p *Parts, names []string) ([]handed, error) {
	if p.Store.ReadOnly() {
		return nil, integration.ErrReadOnly // it could not be recorded
	}
	var all []handed
	for _, name := range names {
		i, err := p.ByName(ctx, name)
		if err != nil {
			return nil, err
		}
		h, err := r.handOne(ctx, p, i)
		if err != nil {
			return nil, err
		}
		all = append(all, h)
	}
	return all, nil
}

func (r *run) handOne(ctx context.Context, p *Parts, i integration.Integration) (handed, error) {
	seen, err := p.Monitor.One(i.ID)
	if err != nil {
		return handed{}, err
	}
	use, err := p.use(i)
	if err != nil {
		return handed{}, err
	}
	if seen.State.Latched { // what was refused is not offered again by other programs either
		return handed{}, r.unusable(ctx, p, i.ID)
	}
	held, err := p.Keeper.HandOut(ctx, use, seen.Grant)
	if err == nil {
		return handed{i, use, held}, nil
	}
	if !explained(err) {
		return handed{}, err
	}
	// A check asks the keeper, which gives it the same answer again, and says what it means.
	if _, err := p.Monitor.Check(ctx, i.ID, monitor.Scheduled); err != nil {
		return handed{}, err
	}
	return handed{}, r.unusable(ctx, p, i.ID)
}

// explained says whether a check puts what kept the grant from being handed out into words.
func explained(err error) bool {
	var refusal *oauth.Refusal
	var fault *oauth.Fault
	for _, known := range []error{grant.ErrDisconnected, grant.ErrLost, grant.ErrEnded, secret.ErrMissing, secret.ErrCorrupt} {
		if errors.Is(err, known) {
			return true
		}
	}
	return errors.As(err, &refusal) || errors.As(err, &fault)
}

// unusable says on standard error why an integration's grant was not handed out.
func (r *run) unusable(ctx context.Context, p *Parts, id string) error {
	d, err := p.Detail(ctx, id)
	if err != nil {
		return err
	}
	say := p.Printer()
	fmt.Fprintln(r.Err, say.T("cli.not_handed_out", "integration", plain(d.Row.Name)))
	if d.Finding != nil {
		printFinding(r.Err, say, d.Finding)
	}
	if code := exitFor([]view.Row{d.Row}); code != nil {
		return code
	}
	if integration.Status(d.Row.Status) == integration.StatusPaused {
		return exitCode(ExitPerson)
	}
	return exitCode(ExitFailing)
}

// recordHandOut writes one act for each grant before it leaves. One that cannot be recorded stays.
func (p *Parts) recordHandOut(ctx context.Context, all []handed, what, actor string, args map[string]string) error {
	for _, h := range all {
		act := integration.Act{
			At: p.Now(), IntegrationID: h.integration.ID, GrantID: h.held.Grant.ID, What: what, Actor: actor,
			Args: map[string]string{"integration": h.integration.Name, "account": view.AccountName(h.held.Grant.As(h.integration.ProviderID).Account)},
		}
		for name, value := range args {
			act.Args[name] = value
		}
		if err := p.Store.AddAct(ctx, act); err != nil {
			return fmt.Errorf("record the hand-out: %w", err)
		}
	}
	return nil
}

// parts are what is handed out of one grant, by name, with the moment at which it ends.
func (h handed) parts() []secret.Named {
	var all []secret.Named
	for _, part := range grant.Parts(h.use, h.held) {
		all = append(all, secret.Named{Name: part.Name, Value: part.Value})
	}
	if end := h.held.Grant.AccessExpiresAt; !end.IsZero() {
		all = append(all, secret.Named{Name: "expires_at", Value: secret.New(view.Stamp(end))})
	}
	return all
}

// variables are the same under the names that a program's environment gives them.
func (h handed) variables() []secret.Named {
	all := h.parts()
	for n := range all {
		all[n].Name = variablePrefix(h.integration.Name) + upperName(all[n].Name)
	}
	return all
}

func variablePrefix(name string) string { return "RELINK_" + upperName(name) + "_" }

// upperName is a name as variables are written: capital letters, digits and single underscores; letters
// lose their accents.
func upperName(name string) string {
	var b strings.Builder
	for _, c := range norm.NFD.String(strings.TrimSpace(name)) {
		switch {
		case unicode.Is(unicode.Mn, c):
		case c < unicode.MaxASCII && (unicode.IsLetter(c) || unicode.IsDigit(c)):
			b.WriteRune(unicode.ToUpper(c))
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "_"):
			b.WriteByte('_')
		}
	}
	return strings.TrimSuffix(b.String(), "_")
}
