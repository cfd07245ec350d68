package reauth

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"relink/backend/catalog"
	"relink/backend/integration"
)

// maxName is the longest name of an integration, in characters.
const maxName = 80

// CleanName is the name as it is stored: without white space around it.
func CleanName(name string) string { return strings.TrimSpace(name) }

// misleads says whether a character of a name is one that nobody sees, or that turns round what stands beside it; what
// joins emoji and letters is none.
func misleads(c rune) bool {
	return unicode.IsControl(c) || c == utf8.RuneError || c == 0x200b || c >= 0x2028 && c <= 0x202e || c >= 0x2060 && c <= 0x2069 || c == 0xfeff
}

// ByName finds an integration by its name.
type ByName interface {
	IntegrationByName(ctx context.Context, name string) (integration.Integration, error)
}

// ValidateName checks the name of an integration; own is the id of the one that may already have it.
func ValidateName(ctx context.Context, store ByName, name, own string) integration.InputErrors {
	name = CleanName(name)
	problem := func(code string) integration.InputErrors {
		return integration.InputErrors{{Field: "name", Code: code, Args: map[string]string{"value": name, "limit": strconv.Itoa(maxName)}}}
	}
	switch {
	case name == "":
		return problem("required")
	case len([]rune(name)) > maxName:
		return problem("too_long")
	case strings.ContainsFunc(name, misleads) || !strings.ContainsFunc(name, unicode.IsGraphic):
		return problem("control_characters")
	}
	if taken, err := store.IntegrationByName(ctx, name); err == nil && taken.ID != own {
		return problem("name_taken")
	}
	return nil
}

// problems checks the method's fields as typed so far.
func (c *Conversations) problems(f *flow) integration.InputErrors {
	public, typed, _ := c.entered(f)
	present := map[string]bool{}
	for name, text := range typed {
		present[name] = !text.Empty()
	}
	values := map[string]string{}
	maps.Copy(values, f.integration.Settings)
	maps.Copy(values, public)
	return catalog.ValidateFields(f.method.Fields, values, present)
}

// asks says whether the settings call for a field. What needs another field of the form is in the
// form when that one is, and is shown once it was filled in.
func (f *flow) asks(field integration.Field) bool {
	for _, other := range f.method.Fields {
		if other.ID == catalog.Needed(field) {
			return f.asks(other)
		}
	}
	return catalog.Asked(field, f.integration.Settings)
}

// form asks for the method's fields, with what was typed before. A secret that is known already may be
// left out, and one's own client alone is asked for where it is what must be mended.
func (c *Conversations) form(f *flow, problems integration.InputErrors) integration.Step {
	public, typed, _ := c.entered(f)
	var fields []integration.Field
	for _, field := range f.method.Fields {
		known, client := public[field.ID] != "" || !typed[field.ID].Empty(), slices.Contains(clientFields, field.ID)
		switch {
		case f.given[field.ID], !f.asks(field):
			continue
		case f.repair && !client && !f.tellsLife(field) && (known || field.Optional):
			continue
		case field.Secret() && known && !(f.repair && client):
			field.Optional = true
		}
		fields = append(fields, field)
	}
	step := integration.Step{
		Flow: f.id, Kind: integration.StepForm, Title: title(f), Fields: fields,
		Values: public, Problems: problems, Also: f.also(), SSHKey: c.sshKey(f),
	}
	if !f.joins { // which brings its client along
		step.Import, step.App = f.method.Import, App(f.provider, f.method, c.relay())
	}
	return step
}

// tellsLife says whether the field is one of the client's own, on which the grant's life depends.
func (f *flow) tellsLife(field integration.Field) bool {
	return f.method.Lifetime.Shorter != nil && f.method.Lifetime.Shorter.Field == field.ID
}

// outcomeStep is the end of the conversation as a step, or, while it goes on, what is asked now.
func (c *Conversations) outcomeStep(f *flow) integration.Step {
	c.mu.Lock()
	defer c.mu.Unlock()
	if step := c.current(f); step != nil {
		return *step
	}
	return integration.Step{Flow: f.id, Kind: integration.StepOutcome, Title: title(f), Outcome: f.outcome}
}

func title(f *flow) integration.Text {
	key := "reauth.title.reconnect"
	switch {
	case f.adding():
		key = "reauth.title.add"
	case f.refreshing:
		key = "reauth.title.host_keys"
	}
	return integration.Text{Key: key, Args: map[string]string{"integration": f.integration.Name, "provider": f.provider.Name}}
}

// outcomeText is the sentence for how it ended: outcome.RESULT, or outcome.add.RESULT where there was
// nothing before, or outcome.switched where another account took over.
func outcomeText(f *flow, o integration.Outcome) integration.Text {
	key := "outcome." + string(o.Result)
	switch old := f.expected(o); {
	case f.adding():
		key = "outcome.add." + string(o.Result)
	case o.Result == integration.ResultReplaced && old.ID != "" && o.Account.ID != "" && old.ID != o.Account.ID:
		key = "outcome.switched"
	case f.refreshing && o.Result == integration.ResultCancelled:
		key = "outcome.host_keys_kept"
	}
	if nameOf(o.Account) == "" && (o.Result == integration.ResultAdded || o.Result == integration.ResultReplaced) {
		key += "_unnamed" // not every service says whose account it is
	}
	return integration.Text{Key: key, Args: map[string]string{
		"integration": f.integration.Name, "provider": f.provider.Name,
		"account": nameOf(o.Account), "expected": nameOf(f.expected(o)), "missing": strings.Join(o.Missing, ", "),
	}}
}

// nameOf is what to call an account.
func nameOf(a integration.Account) string {
	if a.Name != "" {
		return a.Name
	}
	return a.ID
}

// withDefaults is what was typed, with the defaults of the fields that were left out.
func withDefaults(fields []integration.Field, typed map[string]string) map[string]string {
	all := map[string]string{}
	for name, value := range typed {
		all[name] = strings.TrimSpace(value)
	}
	for _, f := range fields {
		if all[f.ID] == "" && f.Default != "" && !f.Secret() {
			all[f.ID] = f.Default
		}
	}
	return all
}
