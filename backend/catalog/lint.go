package catalog

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// The least number of contract cases: of every provider, and of one that Adobe Commerce Intelligence has too.
const (
	minCases       = 4
	minCasesTheirs = 8
)

// Lint checks providers more strictly than loading does: sources, guides in both languages and
// contract cases must be there, every case must come out as it says, and the default interval must
// fit what the vendor allows. folder is a provider's folder or one with a folder for each; "" means the
// built-in ones. Every problem is a FileError.
func Lint(folder string) []error {
	common, err := readStanding()
	if err != nil {
		return []error{err}
	}
	if folder == "" {
		return lintAll(builtIn, "providers", "providers", false, common)
	}
	if _, err := os.Stat(filepath.Join(folder, "provider.yaml")); err == nil {
		parent, name := filepath.Split(filepath.Clean(folder))
		if parent == "" {
			parent = "."
		}
		return lintOne(os.DirFS(parent), name, folder, true, common)
	}
	return lintAll(os.DirFS(folder), ".", folder, true, common)
}

func lintAll(fsys fs.FS, root, shown string, own bool, common standing) []error {
	entries, err := fs.ReadDir(fsys, root)
	if err != nil {
		return []error{FileError{File: shown, Problem: err.Error()}}
	}
	var problems []error
	found := false
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") {
			found = true
			problems = append(problems, lintOne(fsys, path.Join(root, e.Name()), filepath.Join(shown, e.Name()), own, common)...)
		}
	}
	if !found {
		problems = append(problems, FileError{File: shown, Problem: "holds no provider: want a folder with a provider.yaml"})
	}
	return problems
}

// lintOne checks one provider's folder; shown is how errors call it.
func lintOne(fsys fs.FS, folder, shown string, own bool, common standing) []error {
	file := filepath.Join(shown, "provider.yaml")
	p, err := read(fsys, path.Join(folder, "provider.yaml"), file, own)
	if err != nil {
		return split(err)
	}
	var problems []error
	fail := func(file string, line int, format string, args ...any) {
		problems = append(problems, FileError{File: file, Line: line, Problem: fmt.Sprintf(format, args...)})
	}
	if len(p.Sources) == 0 {
		fail(file, 1, "sources: is missing: where do these facts come from?")
	}
	problems = append(problems, lintBudget(fsys, folder, file, p)...)
	problems = append(problems, lintGuides(fsys, folder, shown, p)...)
	return append(problems, lintCases(fsys, folder, shown, p.with(common))...)
}

// lintBudget wants the number of requests that the vendor allows, 0 where it does not say, and that checks at
// the default interval stay below it and apart.
func lintBudget(fsys fs.FS, folder, file string, p Provider) []error {
	h := p.Probe.HTTP
	if h == nil {
		return nil
	}
	text, err := readLimited(fsys, path.Join(folder, "provider.yaml"))
	if err != nil {
		return []error{FileError{File: file, Problem: err.Error()}}
	}
	root, err := decode(file, text, &Provider{})
	if err != nil {
		return split(err)
	}
	c := checker{file: file, root: root}
	at := []any{"probe", "http"}
	requests := int(24 * time.Hour / p.DefaultInterval())
	if h.Resources != nil && h.Resources.URL != "" {
		requests *= 2
	}
	switch {
	case !stated(root, "probe", "http", "per_day"):
		c.fail(under(at, "per_day"), "is missing: how many such requests does the vendor allow a day? 0 when it does not say")
	case h.PerDay > 0 && requests > h.PerDay:
		c.fail(under(at, "per_day"), "the vendor allows %d requests a day, the default interval makes %d", h.PerDay, requests)
	}
	if time.Duration(h.Pause) > p.DefaultInterval() {
		c.fail(under(at, "pause"), "is longer than the default interval of %s: raise interval", p.DefaultInterval())
	}
	return split(c.err())
}

// lintCases runs the provider's contract cases.
func lintCases(fsys fs.FS, folder, shown string, p Provider) []error {
	file := filepath.Join(shown, "cases.yaml")
	text, err := readLimited(fsys, path.Join(folder, "cases.yaml"))
	if err != nil {
		return []error{FileError{File: file, Problem: err.Error()}}
	}
	all, root, err := cases(file, text)
	if err != nil {
		return split(err)
	}
	c := checker{file: file, root: root}
	least := minCases
	if p.CommerceIntelligence != nil {
		least = minCasesTheirs
	}
	if len(all) < least {
		c.fail([]any{"cases"}, "%d cases, want at least %d", len(all), least)
	}
	seen := map[string]bool{}
	for i, k := range all {
		at := []any{"cases", i}
		c.required(under(at, "name"), k.Name)
		c.required(under(at, "source"), k.Source)
		c.oneOf(under(at, "at"), k.At, append(slices.Clone(places), atResources)...)
		if seen[k.Name] {
			c.fail(under(at, "name"), "%q is there twice", k.Name)
		}
		seen[k.Name] = true
		if problem := p.problem(k); problem != "" {
			c.fail(under(at, "want"), "%s: %s", k.Name, problem)
		}
	}
	return split(c.err())
}

// split takes joined errors apart.
func split(err error) []error {
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) {
		return joined.Unwrap()
	}
	if err == nil {
		return nil
	}
	return []error{err}
}
