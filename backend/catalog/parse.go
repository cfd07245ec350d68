package catalog

import (
	_ "embed"
	"fmt"
	"regexp"
	"slices"
	"sync"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"relink/backend/integration"
)

// maxFile is the largest file of the catalog that is read, in bytes.
const maxFile = 256 << 10

//go:embed common.yaml
var commonFile []byte

// Parse reads one provider.yaml of a person's own. name stands for the file in errors, each of
// which is a FileError; several are joined.
func Parse(name string, content []byte) (Provider, error) {
	common, err := readStanding()
	if err != nil {
		return Provider{}, err
	}
	p, err := parse(name, content, true)
	if err != nil {
		return Provider{}, err
	}
	return p.with(common), nil
}

// parse reads and checks a provider. Plain http to this computer is for own providers only.
func parse(name string, content []byte, own bool) (Provider, error) {
	p := Provider{File: name, Own: own}
	root, err := decode(name, content, &p)
	if err != nil {
		return Provider{}, err
	}
	c := checker{file: name, root: root, own: own}
	c.provider(p)
	if err := c.err(); err != nil {
		return Provider{}, err
	}
	compile(p.Answers)
	return p, nil
}

// decode reads a YAML document strictly into v and returns it for the positions in it.
func decode(name string, content []byte, v any) (ast.Node, error) {
	if len(content) > maxFile {
		return nil, FileError{File: name, Problem: fmt.Sprintf("larger than %d bytes", maxFile)}
	}
	file, err := parser.ParseBytes(content, 0)
	if err != nil {
		return nil, positioned(name, err)
	}
	if len(file.Docs) != 1 || file.Docs[0].Body == nil {
		return nil, FileError{File: name, Line: 1, Problem: fmt.Sprintf("want one YAML document, found %d", documents(file))}
	}
	root := file.Docs[0].Body
	if err := yaml.NodeToValue(root, v, yaml.Strict()); err != nil {
		return nil, positioned(name, err)
	}
	return root, nil
}

func documents(file *ast.File) int {
	n := 0
	for _, doc := range file.Docs {
		if doc.Body != nil {
			n++
		}
	}
	return n
}

// compile prepares the regular expressions of answers; each is compiled when it is first needed,
// and one that cannot be fits nothing.
func compile(answers []Answer) {
	for i := range answers {
		if source := answers[i].Matches; source != "" {
			answers[i].pattern = sync.OnceValue(func() *regexp.Regexp { return compiled(source) })
		}
	}
}

func compiled(source string) *regexp.Regexp {
	re, err := regexp.Compile(source)
	if err != nil {
		return never
	}
	return re
}

// standing is what holds for many providers: what the OAuth standards say about every token endpoint,
// and what an SSH bastion before a database needs.
type standing struct {
	Answers []Answer `yaml:"answers"`
	Sources []string `yaml:"sources"`
	Tunnel  struct {
		Settings []integration.Field `yaml:"settings"`
		Fields   []integration.Field `yaml:"fields"` // of the method database_login
	} `yaml:"tunnel"`
}

// readStanding reads common.yaml.
func readStanding() (standing, error) {
	var s standing
	root, err := decode("common.yaml", commonFile, &s)
	if err != nil {
		return s, err
	}
	c := checker{file: "common.yaml", root: root}
	c.answers(s.Answers, true, false)
	c.fields([]any{"tunnel", "fields"}, s.Tunnel.Fields, c.fields([]any{"tunnel", "settings"}, s.Tunnel.Settings, nil))
	if err := c.err(); err != nil {
		return s, err
	}
	compile(s.Answers)
	return s, nil
}

// with adds the common answers behind the provider's own, which are the more precise ones, and the
// settings and fields of an SSH tunnel.
func (p Provider) with(s standing) Provider {
	if p.Database() && p.Probe.SQL.Tunnel {
		p.Settings = slices.Concat(p.Settings, s.Tunnel.Settings)
		p.Methods = slices.Clone(p.Methods)
		for i, m := range p.Methods {
			if m.Kind == integration.MethodDatabaseLogin {
				p.Methods[i].Fields = slices.Concat(m.Fields, s.Tunnel.Fields)
			}
		}
	}
	for _, m := range p.Methods {
		if m.OAuth != nil {
			p.Answers = slices.Concat(p.Answers, s.Answers)
			break
		}
	}
	return p
}
