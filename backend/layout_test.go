// Package backend_test answers whether the code keeps the rules of the house that a machine can check.
//
// # Why
// A rule that nobody checks is a wish. Each test here is one rule and lists every place that breaks
// it; the rules of words and comments stand in layout_words_test.go, those of texts and lock files in
// layout_files_test.go.
package backend_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "relink"

// imports are the packages of the house that each package may import. A missing entry is a folder that
// nobody planned.
var imports = map[string][]string{
	"integration": {},
	"diagnosis":   {"integration"},
	"catalog":     {"integration"},
	"oauth":       {"secret"},
	"tunnel":      {"secret"},
	// It starts real servers for the tests of several packages, as net/http/httptest does.
	"tunnel/bastiontest": {},
	"probe":              {"integration", "catalog", "oauth", "secret", "tunnel"},
	"secret":             {},
	"locale":             {"integration"}, // it words integration.Text
	"grant":              {"catalog", "integration", "oauth", "secret"},
	"store":              {"integration"},
	"view":               {"integration"},
	// A probe's target is a catalog.Provider, and a renewal's refusal is an oauth error.
	"monitor": {"grant", "probe", "diagnosis", "integration", "secret", "catalog", "oauth"},
	// The candidate's finding is made before anything is recorded, so not through monitor.
	"reauth":   {"catalog", "grant", "probe", "integration", "oauth", "secret", "tunnel", "monitor", "diagnosis"},
	"commerce": {"integration", "secret"},
	"alert":    {"integration", "locale", "store"},
	"channel":  {"integration", "secret"},
	"support":  {"integration", "locale", "store"},
	"sandbox":  {},
	"cli":      {"*"},
}

// standardOnly are the packages that import nothing but the standard library and the house.
var standardOnly = []string{"integration", "diagnosis", "view"}

// source is one Go file of the product.
type source struct {
	path  string // from the root of the repository, with slashes
	pkg   string // the folder below backend, "" for main.go and app.go
	test  bool
	file  *ast.File
	set   *token.FileSet
	lines int
}

func (s source) at(n ast.Node) string {
	return s.path + ":" + strconv.Itoa(s.set.Position(n.Pos()).Line)
}

// sources parses main.go, app.go and what lies below backend.
func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	read := func(file string) {
		set := token.NewFileSet()
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := parser.ParseFile(set, file, content, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.ToSlash(strings.TrimPrefix(file, ".."+string(filepath.Separator)))
		pkg := ""
		if below, ok := strings.CutPrefix(path.Dir(name), "backend"); ok {
			pkg = strings.TrimPrefix(below, "/")
		}
		all = append(all, source{
			path: name, pkg: pkg, test: strings.HasSuffix(name, "_test.go"),
			file: parsed, set: set, lines: strings.Count(string(content), "\n"),
		})
	}
	atTheRoot, _ := filepath.Glob("../*.go")
	for _, file := range atTheRoot {
		read(file)
	}
	err := filepath.WalkDir("../backend", func(file string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && strings.HasSuffix(file, ".go") {
			read(file)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// product are the sources that are shipped, without tests.
func product(t *testing.T) []source {
	return slices.DeleteFunc(sources(t), func(s source) bool { return s.test || s.path == "backend/layout_test.go" })
}

func imported(s source) []string {
	var paths []string
	for _, spec := range s.file.Imports {
		p, _ := strconv.Unquote(spec.Path.Value)
		paths = append(paths, p)
	}
	return paths
}

func TestFoldersOfTheBackendAreThoseOfTheDesign(t *testing.T) {
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if _, planned := imports[entry.Name()]; entry.IsDir() && !planned {
			t.Errorf("backend/%s: not a folder of the design", entry.Name())
		}
		if !entry.IsDir() && !strings.HasPrefix(entry.Name(), "layout_") {
			t.Errorf("backend/%s: code belongs into a package", entry.Name())
		}
	}
}

func TestImportsFollowTheTable(t *testing.T) {
	for _, s := range product(t) {
		if s.pkg == "" {
			continue
		}
		top, _, _ := strings.Cut(s.pkg, "/")
		allowed := imports[top]
		for _, p := range imported(s) {
			if p == module {
				t.Errorf("%s: nothing imports the main package", s.path)
			}
			ours, ok := strings.CutPrefix(p, module+"/backend/")
			if !ok {
				continue
			}
			ours, _, _ = strings.Cut(ours, "/")
			if ours != top && !slices.Contains(allowed, ours) && !slices.Contains(allowed, "*") {
				t.Errorf("%s: package %s may not import %s", s.path, top, ours)
			}
		}
	}
}

func TestPurePackagesImportTheStandardLibraryOnly(t *testing.T) {
	for _, s := range product(t) {
		if !slices.Contains(standardOnly, s.pkg) {
			continue
		}
		for _, p := range imported(s) {
			first, _, _ := strings.Cut(p, "/")
			if strings.Contains(first, ".") {
				t.Errorf("%s: imports %s", s.path, p)
			}
		}
	}
}

func TestDiagnosisIsPure(t *testing.T) {
	for _, s := range product(t) {
		if s.pkg != "diagnosis" {
			continue
		}
		for _, p := range imported(s) {
			if p == "os" || p == "net" || strings.HasPrefix(p, "net/") || strings.HasPrefix(p, "os/") || p == "database/sql" {
				t.Errorf("%s: imports %s", s.path, p)
			}
		}
	}
}

func TestWailsIsUsedByMainAndAppOnly(t *testing.T) {
	for _, s := range sources(t) {
		if s.path == "main.go" || s.path == "app.go" {
			continue
		}
		for _, p := range imported(s) {
			if strings.HasPrefix(p, "github.com/wailsapp/") {
				t.Errorf("%s: imports %s", s.path, p)
			}
		}
	}
}

// selected returns X and Y of a selector X.Y whose X is a plain name.
func selected(n ast.Node) (x, y string) {
	if sel, ok := n.(*ast.SelectorExpr); ok {
		if name, ok := sel.X.(*ast.Ident); ok {
			return name.Name, sel.Sel.Name
		}
	}
	return "", ""
}

func TestRevealIsCalledWhereASecretIsUsedOnly(t *testing.T) {
	allowed := []string{"probe", "oauth", "tunnel", "secret", "channel"}
	for _, s := range product(t) {
		if slices.Contains(allowed, s.pkg) {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok && sel.Sel.Name == "Reveal" {
				t.Errorf("%s: only %s may reveal a secret", s.at(n), strings.Join(allowed, ", "))
			}
			return true
		})
	}
}

func TestNothingEndsTheProgramOutsideOfMain(t *testing.T) {
	for _, s := range product(t) {
		if s.path == "main.go" {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				if name, ok := call.Fun.(*ast.Ident); ok && name.Name == "panic" {
					t.Errorf("%s: panic", s.at(n))
				}
			}
			x, y := selected(n)
			if x == "os" && y == "Exit" || x == "log" && (strings.HasPrefix(y, "Fatal") || strings.HasPrefix(y, "Panic")) {
				t.Errorf("%s: %s.%s", s.at(n), x, y)
			}
			return true
		})
	}
}

func TestDefaultsOfTheNetAreNotUsed(t *testing.T) {
	forbidden := []string{"DefaultClient", "DefaultTransport", "DefaultServeMux", "Get", "Post", "PostForm", "Head", "HandleFunc", "ListenAndServe"}
	for _, s := range product(t) {
		ast.Inspect(s.file, func(n ast.Node) bool {
			if x, y := selected(n); x == "http" && slices.Contains(forbidden, y) {
				t.Errorf("%s: http.%s", s.at(n), y)
			}
			return true
		})
	}
}

// skipsVerification marks the one place where a certificate may go unverified: a database whose TLS
// mode demands encryption and no identity.
const skipsVerification = "// unverified on purpose:"

func TestIdentityOfServersIsVerified(t *testing.T) {
	for _, s := range sources(t) {
		text, err := os.ReadFile(filepath.Join("..", filepath.FromSlash(s.path)))
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(string(text), "\n")
		ast.Inspect(s.file, func(n ast.Node) bool {
			if _, y := selected(n); y == "InsecureIgnoreHostKey" {
				t.Errorf("%s: the host key must be verified", s.at(n))
			}
			pair, ok := n.(*ast.KeyValueExpr)
			if !ok {
				return true
			}
			key, _ := pair.Key.(*ast.Ident)
			value, _ := pair.Value.(*ast.Ident)
			if key == nil || key.Name != "InsecureSkipVerify" || value != nil && value.Name == "false" || s.test {
				return true
			}
			line := s.set.Position(pair.Pos()).Line
			near := strings.Join(lines[max(0, line-4):line], "\n")
			if s.pkg != "probe" || !strings.Contains(near, skipsVerification) {
				t.Errorf("%s: the certificate must be verified (in probe, a reason may follow %q)", s.at(n), skipsVerification)
			}
			return true
		})
	}
}

func TestTimeComesIn(t *testing.T) {
	// Where the program is assembled, time is handed out; the sandbox has the same option as everybody.
	for _, s := range product(t) {
		if s.pkg == "" || s.pkg == "cli" {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				if x, y := selected(call.Fun); x == "time" && y == "Now" {
					t.Errorf("%s: time.Now() is called; take now func() time.Time", s.at(n))
				}
			}
			return true
		})
	}
}

func TestH3NoSourceIgnoresHostKeys(t *testing.T) {
	for _, s := range sources(t) {
		ast.Inspect(s.file, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok && id.Name == "InsecureIgnoreHostKey" {
				t.Errorf("%s: a host key that is ignored may be anybody's", s.at(n))
			}
			return true
		})
	}
}
