package cli

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"relink/backend/locale"
	"relink/backend/view"
)

// printProvider writes what the window's provider page shows.
func (r *run) printProvider(say locale.Printer, v view.Provider) {
	fmt.Fprintf(r.Out, "%s (%s)\n%s\n", plain(v.Name), v.ID, plain(in(say, v.Summary)))
	r.printFields(say, v.Settings)
	for _, m := range v.Methods {
		r.printMethod(say, m)
	}
	r.printHeading(say.T("provider.asks"))
	r.printTexts(say, v.Probe.Asks)
	r.printLine(say.T("provider.interval", "interval", inShort(time.Duration(v.IntervalMS)*time.Millisecond)))
	if t := v.Theirs; t != nil {
		r.printTheirs(say, *t)
	}
	r.printPages(say, v.Links)
	r.printList(say.T("provider.unconfirmed"), v.Unconfirmed)
	r.printList(say.T("provider.sources"), v.Sources)
}

func (r *run) printMethod(say locale.Printer, m view.Method) {
	r.printHeading(m.Kind + ": " + in(say, m.Label))
	r.printFields(say, m.Fields)
	if m.Import != "" {
		r.printLine(say.T("provider.import." + m.Import))
	}
	if m.RedirectKind != "" {
		r.printLine(say.T("provider.redirect." + m.RedirectKind))
	}
	if m.App != nil {
		r.printOwnApp(say, *m.App)
	}
	if len(m.SignInHosts) > 0 {
		key := "provider.sign_in"
		if m.RedirectKind == "" && m.Kind != "oauth2_device" {
			key = "provider.sign_in_alone"
		}
		r.printLine(say.T(key, "hosts", strings.Join(m.SignInHosts, ", ")))
	}
	r.printTexts(say, m.Life)
	if s := m.Lifetime.Shorter; s != nil {
		key, count := "provider.life.shorter", s.Days
		if s.Hours > 0 {
			key, count = "provider.life.shorter_hours", s.Hours
		}
		r.printLine(say.T(key, "count", strconv.Itoa(count), "field", labelOf(say, m.Fields, s.Field), "value", s.Equals))
	}
	for _, s := range m.Scopes {
		r.printLine(strings.TrimPrefix(s.ID+": ", ": ") + in(say, s.Why))
	}
}

func (r *run) printOwnApp(say locale.Printer, app view.OAuthApp) {
	if kind := in(say, app.Type); kind != "" {
		r.printLine(say.T("cli.app_type", "type", kind))
	}
	for _, uri := range app.RedirectURIs {
		r.printLine(say.T("cli.redirect_uri") + " " + uri)
	}
}

func (r *run) printFields(say locale.Printer, fields []view.Field) {
	for _, f := range fields {
		var notes []string
		switch {
		case f.Default != "":
			notes = append(notes, say.T("cli.optional", "value", f.Default))
		case f.Optional:
			notes = append(notes, say.T("add.optional"))
		}
		if len(f.Choices) > 0 {
			notes = append(notes, say.T("cli.choices", "choices", strings.Join(f.Choices, ", ")))
		}
		note := ""
		if len(notes) > 0 {
			note = " (" + strings.Join(notes, "; ") + ")"
		}
		fmt.Fprintf(r.Out, "  %-16s %s%s\n", f.ID, plain(in(say, f.Label)), note)
	}
}

func labelOf(say locale.Printer, fields []view.Field, id string) string {
	for _, f := range fields {
		if f.ID == id {
			return in(say, f.Label)
		}
	}
	return id
}

func (r *run) printTheirs(say locale.Printer, t view.Theirs) {
	r.printHeading(say.T("provider.theirs"))
	r.printLine(say.T("provider.theirs_named", "name", t.Name, "button", t.Button))
	if again := in(say, t.Again); again != "" {
		r.printLine(again)
	}
	if t.Days > 0 {
		r.printLine(say.T("provider.theirs_days", "count", strconv.Itoa(t.Days)))
	}
	if t.Unconfirmed {
		r.printLine(say.T("provider.theirs_unconfirmed"))
	}
}

func (r *run) printPages(say locale.Printer, l view.Links) {
	if l == (view.Links{}) {
		return
	}
	r.printHeading(say.T("provider.pages"))
	for _, page := range []struct{ name, address string }{
		{say.T("cli.page.keys"), l.Keys}, {say.T("cli.page.revoke"), l.Revoke}, {say.T("cli.page.access"), l.Access}, {say.T("cli.page.status"), l.Status},
	} {
		if page.address != "" {
			r.printLine(say.T("cli.provider_page", "page", page.name, "address", page.address))
		}
	}
}

func (r *run) printList(heading string, lines []string) {
	if len(lines) == 0 {
		return
	}
	r.printHeading(heading)
	for _, line := range lines {
		r.printLine(line)
	}
}

func (r *run) printTexts(say locale.Printer, texts []view.Text) {
	for _, t := range texts {
		r.printLine(say.Text(textOf(t)))
	}
}

func (r *run) printHeading(text string) { fmt.Fprintf(r.Out, "\n%s\n", plain(text)) }

func (r *run) printLine(text string) { fmt.Fprintf(r.Out, "  %s\n", plain(text)) }

// inShort writes a duration without the units that are zero: 5m, 1h.
func inShort(d time.Duration) string {
	return strings.TrimSuffix(strings.TrimSuffix(d.String(), "0s"), "0m")
}

// in picks the language of the printer.
func in(say locale.Printer, l view.Localized) string {
	if say.Lang() == locale.Brazilian {
		return l.PTBR
	}
	return l.EN
}
