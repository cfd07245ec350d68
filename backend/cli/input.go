package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"relink/backend/integration"
	"relink/backend/locale"
	"relink/backend/secret"
)

// maxInput is how much of standard input is read for secrets or a grant.
const maxInput = 1 << 20

// input is what a person gives to add or reconnect.
type input struct {
	values      []string // field=value, no secrets
	secretStdin bool
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
	text, err := io.ReadAll(io.LimitReader(r.In, maxInput))
	if err != nil {
		return nil, fmt.Errorf("read the secret from standard input: %w", err)
	}
	wanted := secretFields(fields)
	if len(wanted) == 1 {
		return secret.Fields{wanted[0].ID: secret.New(strings.TrimRight(string(text), "\r\n"))}, nil
	}
	got := secret.Fields{}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, "\r\n")
		if line == "" {
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		if !ok {
			return nil, problem("--secret-stdin", "secret_line", "")
		}
		got[strings.TrimSpace(name)] = secret.New(value)
	}
	return got, nil
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
func (r *run) ask(say locale.Printer, fields []integration.Field, values map[string]string, secrets secret.Fields) error {
	file, ok := r.In.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return nil
	}
	lines := bufio.NewReader(file)
	for _, f := range fields {
		if f.Secret() && secrets[f.ID].Empty() {
			fmt.Fprintf(r.Err, "%s: ", f.Label.In(say.Lang()))
			typed, err := term.ReadPassword(int(file.Fd()))
			fmt.Fprintln(r.Err)
			if err != nil {
				return fmt.Errorf("read the secret: %w", err)
			}
			secrets[f.ID] = secret.New(string(typed))
		} else if !f.Secret() && values[f.ID] == "" && f.Default == "" && !f.Optional {
			fmt.Fprintf(r.Err, "%s: ", f.Label.In(say.Lang()))
			line, err := lines.ReadString('\n')
			if err != nil && !errors.Is(err, io.EOF) {
				return fmt.Errorf("read %s: %w", f.ID, err)
			}
			values[f.ID] = strings.TrimSpace(line)
		}
	}
	return nil
}
