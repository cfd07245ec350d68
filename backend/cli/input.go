package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	letters "unicode"

	"github.com/spf13/cobra"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"relink/backend/catalog"
	"relink/backend/integration"
	"relink/backend/locale"
	"relink/backend/reauth"
	"relink/backend/secret"
)

// maxInput is how much of standard input is read for secrets or a grant.
const maxInput = 1 << 20

// input is what a person gives to add or reconnect.
type input struct {
	values      []string // field=value, no secrets
	secretStdin bool
	file        string        // a vendor's, that fills the fields in
	keyFile     string        // a private SSH key
	makeKey     bool          // one is to be made
	given       secret.Fields // what a connection string said
}

// importFlag adds --import.
func (in *input) importFlag(c *cobra.Command) {
	c.Flags().StringVar(&in.file, "import", "", "a vendor's JSON file that fills the fields in")
}

// fromFile reads the vendor's file into the field that a conversation takes it from.
func (in *input) fromFile(kind string) (secret.Fields, error) {
	if kind == "" {
		return nil, problem("--import", "import_not_taken", "")
	}
	file, err := os.Open(in.file)
	if err != nil {
		return nil, problem("--import", "import_unreadable", in.file)
	}
	defer file.Close()
	text, err := readText(file, "--import", "import_unreadable", in.file)
	if err != nil {
		return nil, err
	}
	return secret.Fields{reauth.ChoiceImport: secret.New(text)}, nil
}

// readText reads the whole of a file or of standard input. The mark that Windows puts before a text says how it is
// written, and is no part of it. What cannot be read is a problem of that code.
func readText(from io.Reader, field, code, name string) (string, error) {
	text, err := io.ReadAll(io.LimitReader(transform.NewReader(from, unicode.BOMOverride(transform.Nop)), maxInput+1))
	switch {
	case err != nil:
		return "", problem(field, code, name)
	case len(text) > maxInput:
		return "", integration.InputErrors{{Field: field, Code: "too_long", Args: map[string]string{"limit": strconv.Itoa(maxInput)}}}
	}
	return string(text), nil
}

// afterImport goes on with the form that a file filled in, or says what is wrong with the file.
func (r *run) afterImport(ctx context.Context, p *Parts, step integration.Step, in input) (integration.Step, error) {
	if len(step.Problems) > 0 {
		return step, integration.InputErrors(step.Problems)
	}
	if step.Notice != nil {
		fmt.Fprintln(r.Err, plain(p.Printer().Text(*step.Notice)))
	}
	in.secretStdin = false
	step.Fields = slices.DeleteFunc(slices.Clone(step.Fields), func(f integration.Field) bool { return f.Secret() && f.Optional }) // the file's own
	return r.answer(ctx, p, step, in)
}

// assignments splits field=value; one that names a secret field is refused, since arguments can be
// read by every program on this computer.
func assignments(pairs []string, secretFields []integration.Field) (map[string]string, error) {
	values := map[string]string{}
	for _, pair := range pairs {
		name, value, ok := strings.Cut(pair, "=")
		if !ok || name == "" {
			return nil, problem("--set", "not_assignment", pair)
		}
		for _, f := range secretFields {
			if f.ID == name && f.Secret() {
				return nil, problem(name, "secret_in_argument", "")
			}
		}
		values[name] = value
	}
	return values, nil
}

// secretsFromStdin reads the secrets of a form: the whole input where there is one secret field, or
// lines of field=value where there are more.
func (r *run) secretsFromStdin(fields []integration.Field) (secret.Fields, error) {
	text, err := readText(r.In, "--secret-stdin", "stdin_unreadable", "")
	if err != nil {
		return nil, err
	}
	wanted := secretFields(fields)
	if one, ok := alone(wanted, text); ok {
		text = strings.TrimRight(text, "\r\n")
		if !one.Lines && strings.ContainsFunc(text, letters.IsControl) {
			return nil, problem(one.ID, "control_characters", "")
		}
		return secret.Fields{one.ID: secret.New(text)}, nil
	}
	got := secret.Fields{}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if line == "" {
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		if !ok {
			return nil, problem("--secret-stdin", "secret_line", "")
		}
		if strings.ContainsFunc(line, letters.IsControl) {
			return nil, problem(strings.TrimSpace(name), "control_characters", "")
		}
		got[strings.TrimSpace(name)] = secret.New(value)
	}
	return got, nil
}

// alone returns the secret that the whole input is: the only one, or the only one that is needed
// where no line names another.
func alone(wanted []integration.Field, text string) (integration.Field, bool) {
	needed := slices.DeleteFunc(slices.Clone(wanted), func(f integration.Field) bool { return f.Optional })
	if len(wanted) != 1 && len(needed) != 1 {
		return integration.Field{}, false
	}
	if len(wanted) == 1 {
		return wanted[0], true
	}
	for line := range strings.Lines(text) {
		name, _, ok := strings.Cut(line, "=")
		if ok && slices.ContainsFunc(wanted, func(f integration.Field) bool { return f.ID == strings.TrimSpace(name) }) {
			return integration.Field{}, false
		}
	}
	return needed[0], true
}

// asked are the fields that the settings call for.
func asked(fields []integration.Field, settings map[string]string) []integration.Field {
	return slices.DeleteFunc(slices.Clone(fields), func(f integration.Field) bool { return !catalog.Asked(f, settings) })
}

func secretFields(fields []integration.Field) []integration.Field {
	var secrets []integration.Field
	for _, f := range fields {
		if f.Secret() {
			secrets = append(secrets, f)
		}
	}
	return secrets
}

// ask prompts for the fields that have no value yet; secrets are not echoed. Where standard input is
// no terminal nothing can be asked, and the form's own problems tell what is missing.
func (r *run) ask(ctx context.Context, say locale.Printer, fields []integration.Field, values map[string]string, secrets secret.Fields) error {
	if !r.terminal() {
		return nil
	}
	for _, f := range fields {
		if f.Lines || !f.Secret() && !catalog.Asked(f, values) {
			continue // what has several lines comes from a file
		}
		if f.Secret() && !secrets[f.ID].Empty() || !f.Secret() && (values[f.ID] != "" || f.Default != "" || f.Optional) {
			continue
		}
		line, err := r.prompt(ctx, f.Label.In(say.Lang())+":", f.Secret())
		switch {
		case errors.Is(err, io.EOF):
			return integration.InputErrors{{Field: f.ID, Code: "required", Args: map[string]string{"field": f.Label.In(say.Lang())}}}
		case err != nil:
			return fmt.Errorf("read %s: %w", f.ID, err)
		case f.Secret():
			secrets[f.ID] = secret.New(line)
		default:
			values[f.ID] = line
		}
	}
	return nil
}
