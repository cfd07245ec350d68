package catalog

import (
	"cmp"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

//go:embed providers
var builtIn embed.FS

//go:embed schema.json
var schema []byte

// Schema returns the JSON Schema (draft 2020-12) of a provider.yaml, for editors.
func Schema() []byte { return slices.Clone(schema) }

// Catalog is all that is known about providers. It may be shared.
type Catalog struct {
	mu        sync.RWMutex
	providers map[string]Provider
	own       string
	problems  []error
}

// compact holds the built-in providers as the test TestCompactIsTheFiles writes them. Reading and checking
// their YAML takes ten times as long, and the window waits for it.
//
//go:embed builtin.json
var compact []byte

// builtInCatalog is what compact holds.
type builtInCatalog struct {
	Providers []Provider
	Common    standing
}

// Load reads the built-in providers and those in the folder own, one folder each, unless own is "".
// A provider of the person's own that is broken is left out and told by Problems; an error means
// that Relink's own files are broken, which a test of this package rules out.
func Load(own string) (*Catalog, error) {
	var all builtInCatalog
	if err := json.Unmarshal(compact, &all); err != nil {
		return nil, fmt.Errorf("read the built-in providers: %w", err)
	}
	c := &Catalog{providers: make(map[string]Provider, len(all.Providers)), own: own}
	compile(all.Common.Answers)
	for _, p := range all.Providers {
		compile(p.Answers)
		c.providers[p.ID] = p.with(all.Common)
	}
	if own != "" {
		c.loadOwn(all.Common)
	}
	return c, nil
}

// parseBuiltIn reads and checks the built-in providers' own files.
func parseBuiltIn() (builtInCatalog, error) {
	common, err := readStanding()
	if err != nil {
		return builtInCatalog{}, err
	}
	all := builtInCatalog{Common: common}
	files, err := fs.Glob(builtIn, "providers/*/provider.yaml")
	for _, file := range files {
		p, err := read(builtIn, file, file, false)
		if err != nil {
			return builtInCatalog{}, err
		}
		all.Providers = append(all.Providers, p)
	}
	return all, err
}

// read parses the provider in a folder that must bear its id.
func read(fsys fs.FS, file, shown string, own bool) (Provider, error) {
	content, err := readLimited(fsys, file)
	if err != nil {
		return Provider{}, FileError{File: shown, Problem: err.Error()}
	}
	p, err := parse(shown, content, own)
	if err != nil {
		return Provider{}, err
	}
	if folder := path.Base(path.Dir(file)); folder != p.ID {
		return Provider{}, FileError{File: shown, Line: 1, Problem: fmt.Sprintf("the id is %q, but the folder is called %q", p.ID, folder)}
	}
	return p, nil
}

// readLimited refuses what is no plain file, and a file too large before it is in memory.
func readLimited(fsys fs.FS, file string) ([]byte, error) {
	stat, err := fs.Stat(fsys, file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, errors.New("the file is missing")
	case err != nil:
		return nil, err
	case !stat.Mode().IsRegular():
		return nil, errors.New("not a plain file")
	case stat.Size() > maxFile:
		return nil, fmt.Errorf("larger than %d bytes", maxFile)
	}
	return fs.ReadFile(fsys, file)
}

// loadOwn adds the person's own providers. A folder that does not exist is an empty one.
func (c *Catalog) loadOwn(common standing) {
	entries, err := os.ReadDir(c.own)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err != nil {
		c.problems = append(c.problems, fmt.Errorf("read the folder of own providers: %w", err))
		return
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") || !isFolder(c.own, e) {
			continue
		}
		shown := filepath.Join(c.own, e.Name(), "provider.yaml")
		p, err := read(os.DirFS(c.own), path.Join(e.Name(), "provider.yaml"), shown, true)
		if err == nil {
			err = c.Add(p.with(common))
		}
		if err != nil {
			c.problems = append(c.problems, err)
		}
	}
}

func isFolder(parent string, e fs.DirEntry) bool {
	if e.Type()&fs.ModeSymlink == 0 {
		return e.IsDir()
	}
	stat, err := os.Stat(filepath.Join(parent, e.Name()))
	return err == nil && stat.IsDir()
}

// Add puts one more provider into the catalog. A taken id is an error that names both files.
func (c *Catalog) Add(p Provider) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if other, taken := c.providers[p.ID]; taken {
		return FileError{File: p.File, Line: 1, Problem: fmt.Sprintf("the id %q is taken by %s", p.ID, other.File)}
	}
	p.Own = true
	c.providers[p.ID] = p
	return nil
}

// Provider finds a provider by its id, and says whether there is one.
func (c *Catalog) Provider(id string) (Provider, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	p, ok := c.providers[id]
	return p, ok
}

// All lists the providers by name, those for any service last.
func (c *Catalog) All() []Provider {
	c.mu.RLock()
	defer c.mu.RUnlock()
	all := make([]Provider, 0, len(c.providers))
	for _, p := range c.providers {
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b Provider) int {
		if a.Generic != b.Generic {
			if a.Generic {
				return 1
			}
			return -1
		}
		return cmp.Or(strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), strings.Compare(a.ID, b.ID))
	})
	return all
}

// Problems tells what is wrong with the person's own providers; each was left out.
func (c *Catalog) Problems() []error { return slices.Clone(c.problems) }

// Guide returns the provider's guide in the given language, in English where there is none, and "" without any. It is
// Markdown whose headings may end in a section's name: see Section.
func (c *Catalog) Guide(id, lang string) string {
	p, ok := c.Provider(id)
	if !ok || p.File == "" {
		return ""
	}
	var fsys fs.FS = builtIn
	folder := path.Join("providers", id)
	if p.Own {
		if filepath.Base(p.File) != "provider.yaml" {
			return "" // it came from no folder
		}
		fsys, folder = os.DirFS(filepath.Dir(p.File)), "."
	}
	for _, l := range []string{lang, "en"} {
		if content, err := readLimited(fsys, path.Join(folder, "guide."+l+".md")); err == nil {
			return string(content)
		}
	}
	return ""
}
