package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"strings"
	"text/tabwriter"

	"relink/backend/integration"
	"relink/backend/locale"
	"relink/backend/view"
)

// printJSON writes a value for programs.
func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

func textOf(t view.Text) integration.Text { return integration.Text{Key: t.Key, Args: t.Args} }

// plain takes what a terminal would obey, control characters and escape sequences, out of a text.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return ' '
		}
		return r
	}, s)
}

// printProblem writes field, problem and fix in one line, without quoting a value or an example that is not known.
func printProblem(w io.Writer, say locale.Printer, p view.Problem) {
	args := map[string]string{"field": p.Field}
	maps.Copy(args, p.Args)
	if label := args["field."+say.Lang()]; label != "" {
		args["field"] = label
	}
	part := func(name, quoted string) string {
		key := "input." + p.Code + "." + name
		if short := key + "_plain"; args[quoted] == "" && say.Has(short) {
			key = short
		}
		return plain(say.Text(integration.Text{Key: key, Args: args}))
	}
	fmt.Fprintf(w, "%s: %s %s\n", p.Field, part("problem", "value"), part("fix", "example"))
}

// statusWord is the status of a row in words, with the moment that belongs to it where there is one.
func statusWord(say locale.Printer, row view.Row) string {
	at := map[integration.Status]string{
		integration.StatusExpiresSoon: row.ExpiresAt, integration.StatusRetrying: row.RetryAt, integration.StatusUnknown: row.CheckedAt,
	}[integration.Status(row.Status)]
	if at == "" {
		return say.T("status." + row.Status)
	}
	return say.T("status."+row.Status+".at", "expiresAt", row.ExpiresAt, "retryAt", row.RetryAt, "checkedAt", row.CheckedAt)
}

// restNote is a note behind the status of a row about whose integration nothing is told, "" for the others.
func restNote(say locale.Printer, rest *view.Rest) string {
	if rest == nil {
		return ""
	}
	return " (" + restWords(say, *rest) + ")"
}

// printRows writes rows as a table.
func printRows(w io.Writer, say locale.Printer, rows []view.Row) error {
	table := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, strings.Join([]string{
		say.T("list.name"), say.T("list.provider"), say.T("list.status"), say.T("list.cause"), say.T("list.account"), say.T("list.last_success"),
	}, "\t"))
	for _, row := range rows {
		cause := ""
		if row.Cause != "" {
			cause = say.T("cause." + row.Cause)
		}
		succeeded := say.T("list.never")
		if row.SucceededAt != "" {
			succeeded = say.T("list.at", "at", row.SucceededAt, "succeededAt", row.SucceededAt)
		}
		fmt.Fprintln(table, plain(row.Name)+"\t"+plain(row.ProviderName)+"\t"+statusWord(say, row)+restNote(say, row.Rest)+"\t"+cause+"\t"+plain(row.Account)+"\t"+succeeded)
	}
	return table.Flush()
}

// printFinding writes what happened, how we know, and what to do.
func printFinding(w io.Writer, say locale.Printer, f *view.Finding) {
	for _, t := range []view.Text{f.What, f.Why, f.Do} {
		fmt.Fprintln(w, "  "+plain(say.Text(textOf(t))))
	}
	for _, t := range f.Known {
		fmt.Fprintln(w, "  - "+plain(say.Text(textOf(t))))
	}
	if len(f.RuledOut) > 0 {
		fmt.Fprintln(w, "  "+say.T("detail.ruled_out")+":")
	}
	for _, t := range f.RuledOut {
		fmt.Fprintln(w, "  - "+plain(say.Text(textOf(t))))
	}
}

// exitFor is the code that the rows' statuses lead to.
func exitFor(rows []view.Row) error {
	code := ExitOK
	for _, row := range rows {
		switch integration.Status(row.Status) {
		case integration.StatusNeedsReauthorization, integration.StatusWaitingForAdmin:
			return exitCode(ExitPerson)
		case integration.StatusConnected, integration.StatusExpiresSoon, integration.StatusPaused:
		default:
			code = ExitFailing
			if integration.NextStep(row.Next) == integration.NextUnlockKeychain {
				return exitCode(ExitPerson)
			}
		}
	}
	if code == ExitOK {
		return nil
	}
	return exitCode(code)
}
