package cli

import (
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"relink/backend/catalog"
	"relink/backend/probe"
	"relink/backend/secret"
	"relink/backend/view"
)

// connectionFlags say where a database's settings are read from.
type connectionFlags struct {
	urlStdin bool
	fromFile string
	section  string
}

func (f *connectionFlags) add(c *cobra.Command) {
	c.Flags().BoolVar(&f.urlStdin, "url-stdin", false, "read a database's connection string from standard input")
	c.Flags().StringVar(&f.fromFile, "from-file", "", "read a database's settings from a .my.cnf, .pgpass, pg_service.conf or ~/.ssh/config, or a file with a connection string")
	c.Flags().StringVar(&f.section, "section", "", "the section of that file: the name of a service, or an alias of SSH")
}

func (f connectionFlags) given() bool { return f.urlStdin || f.fromFile != "" }

// read fills values in, where they have none yet, and returns the secrets.
func (f connectionFlags) read(in io.Reader, p catalog.Provider, values map[string]string) (secret.Fields, error) {
	if !f.given() {
		return secret.Fields{}, nil
	}
	source, flag, code := in, "--url-stdin", "stdin_unreadable"
	if f.fromFile != "" {
		file, err := os.Open(f.fromFile)
		if err != nil {
			return nil, problem("--from-file", "connection_file", f.fromFile)
		}
		defer file.Close()
		source, flag, code = file, "--from-file", "connection_file"
	}
	text, err := readText(source, flag, code, f.fromFile)
	if err != nil {
		return nil, err
	}
	var c probe.Connection
	if f.fromFile != "" {
		c, err = probe.ParseConnectionFile(p, filepath.Base(f.fromFile), secret.New(text), f.section, values)
	} else {
		c, err = probe.ParseConnection(p, secret.New(text))
	}
	if err != nil {
		return nil, err
	}
	for id, value := range c.Values {
		if values[id] == "" {
			values[id] = value
		}
	}
	return c.Secrets, nil
}

// connectionName is a name for an integration that was given none.
func connectionName(p catalog.Provider, values map[string]string) string {
	if values["database"] != "" {
		return p.Name + " " + values["database"]
	}
	return p.Name + " " + values["host"]
}

// ParseConnection reads a connection string that was pasted into the form of a provider. The secrets in
// it are named, and stay here: the text comes again with the draft.
func (p *Parts) ParseConnection(providerID string, text secret.Text) (view.Connection, error) {
	c, err := p.connection(providerID, text)
	if err != nil {
		return view.Connection{}, err
	}
	v := view.Connection{Values: c.Values, Secrets: slices.Sorted(maps.Keys(c.Secrets))}
	if v.Secrets == nil {
		v.Secrets = []string{}
	}
	return v, nil
}

func (p *Parts) connection(providerID string, text secret.Text) (probe.Connection, error) {
	provider, ok := p.Catalog.Provider(providerID)
	if !ok {
		return probe.Connection{}, problem("provider", "provider_unknown", providerID)
	}
	return probe.ParseConnection(provider, text)
}

// WithConnection adds the secrets of a pasted connection string to those that were typed, where the
// person typed none.
func (p *Parts) WithConnection(providerID string, text secret.Text, typed secret.Fields) (secret.Fields, error) {
	if text.Empty() {
		return typed, nil
	}
	c, err := p.connection(providerID, text)
	if err != nil {
		return nil, err
	}
	for name, found := range c.Secrets {
		if typed[name].Empty() {
			typed[name] = found
		}
	}
	return typed, nil
}
