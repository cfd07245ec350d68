package backend_test

import (
	"go/ast"
	"go/token"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

const (
	longestFile     = 400
	longestFunction = 70
)

// tables are the files that are one table each, and may be as long as it is.
var tables = []string{"rules.go", "rules_table.go"}

func TestFilesAndFunctionsStayShort(t *testing.T) {
	for _, s := range product(t) {
		if slices.Contains(tables, path.Base(s.path)) {
			continue
		}
		if s.lines > longestFile {
			t.Errorf("%s: %d lines, at most %d", s.path, s.lines, longestFile)
		}
		for _, d := range s.file.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if n := s.set.Position(fn.End()).Line - s.set.Position(fn.Pos()).Line + 1; n > longestFunction {
				t.Errorf("%s: %s has %d lines, at most %d", s.at(fn), fn.Name.Name, n, longestFunction)
			}
		}
	}
}

func TestNoInit(t *testing.T) {
	for _, s := range sources(t) {
		for _, d := range s.file.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				t.Errorf("%s: init", s.at(fn))
			}
		}
	}
}

// fixedCalls make values that never change.
var fixedCalls = []string{
	"errors.New", "regexp.MustCompile", "netip.MustParsePrefix", "netip.MustParseAddr",
	"strings.NewReplacer", "template.Must",
}

// fixed says whether a package variable's value is one that cannot change: an error, an expression, a
// table. Diagnosis is pure, so there a predicate may be made by a call.
func fixed(pkg string, value ast.Expr) bool {
	switch v := value.(type) {
	case *ast.CompositeLit:
		return true
	case *ast.CallExpr:
		x, y := selected(v.Fun)
		if _, conversion := v.Fun.(*ast.ArrayType); conversion {
			return true // []byte("…")
		}
		if _, own := v.Fun.(*ast.Ident); own && pkg == "diagnosis" {
			return true
		}
		return slices.Contains(fixedCalls, x+"."+y)
	}
	return false
}

func TestNoPackageVariableChanges(t *testing.T) {
	variables := map[string]map[string]bool{} // package to names
	for _, s := range product(t) {
		if variables[s.pkg] == nil {
			variables[s.pkg] = map[string]bool{}
		}
		for _, d := range s.file.Decls {
			group, ok := d.(*ast.GenDecl)
			if !ok || group.Tok != token.VAR {
				continue
			}
			for _, spec := range group.Specs {
				v := spec.(*ast.ValueSpec)
				for i, name := range v.Names {
					if name.Name == "_" || s.path == "main.go" && name.Name == "version" {
						continue // an assertion; and what the linker sets
					}
					variables[s.pkg][name.Name] = true
					if embedded(group) || embedded(v) {
						continue
					}
					if i >= len(v.Values) || !fixed(s.pkg, v.Values[i]) {
						t.Errorf("%s: %s is a package variable that could change", s.at(name), name.Name)
					}
				}
			}
		}
	}
	for _, s := range product(t) {
		for _, d := range s.file.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Body != nil {
				for _, n := range assigned(fn, variables[s.pkg]) {
					t.Errorf("%s: %s assigns to a package variable", s.at(n), fn.Name.Name)
				}
			}
		}
	}
}

// embedded says whether a declaration is filled by the compiler.
func embedded(declaration ast.Node) bool {
	var doc *ast.CommentGroup
	switch d := declaration.(type) {
	case *ast.GenDecl:
		doc = d.Doc
	case *ast.ValueSpec:
		doc = d.Doc
	}
	return doc != nil && slices.ContainsFunc(doc.List, func(c *ast.Comment) bool { return strings.HasPrefix(c.Text, "//go:embed ") })
}

// assigned lists the statements of fn that assign to one of the names, unless fn declares that name itself.
func assigned(fn *ast.FuncDecl, names map[string]bool) []ast.Node {
	local := map[string]bool{}
	var found []ast.Node
	root := func(e ast.Expr) string {
		for {
			switch x := e.(type) {
			case *ast.IndexExpr:
				e = x.X
			case *ast.SelectorExpr:
				e = x.X
			case *ast.Ident:
				return x.Name
			default:
				return ""
			}
		}
	}
	ast.Inspect(fn, func(n ast.Node) bool {
		switch x := n.(type) {
		case *ast.Field:
			for _, name := range x.Names {
				local[name.Name] = true
			}
		case *ast.ValueSpec:
			for _, name := range x.Names {
				local[name.Name] = true
			}
		case *ast.RangeStmt:
			for _, e := range []ast.Expr{x.Key, x.Value} {
				if name, ok := e.(*ast.Ident); ok && x.Tok == token.DEFINE {
					local[name.Name] = true
				}
			}
		case *ast.AssignStmt:
			for _, left := range x.Lhs {
				if name := root(left); x.Tok == token.DEFINE {
					local[name] = true
				} else if names[name] && !local[name] {
					found = append(found, n)
				}
			}
		case *ast.IncDecStmt:
			if name := root(x.X); names[name] && !local[name] {
				found = append(found, n)
			}
		}
		return true
	})
	return found
}

func TestEveryPackageSaysWhatItAnswersAndWhy(t *testing.T) {
	comments := map[string]string{}
	for _, s := range product(t) {
		comments[s.pkg] += s.file.Doc.Text()
	}
	for pkg, comment := range comments {
		name := path.Base(pkg)
		if pkg == "" {
			name = "main"
		}
		if !strings.HasPrefix(comment, "Package "+name+" ") && !strings.HasPrefix(comment, "Command ") && pkg != "" {
			t.Errorf("package %s: its comment must begin with %q", name, "Package "+name)
		}
		if !strings.Contains(comment, "# Why") {
			t.Errorf("package %s: its comment has no %q", name, "# Why")
		}
	}
}

func TestEveryExportedNameIsExplained(t *testing.T) {
	begins := func(doc *ast.CommentGroup, name string) bool {
		text := doc.Text()
		for _, article := range []string{"", "A ", "An ", "The "} {
			if strings.HasPrefix(text, article+name) {
				return true
			}
		}
		return false
	}
	for _, s := range product(t) {
		for _, d := range s.file.Decls {
			switch x := d.(type) {
			case *ast.FuncDecl:
				if x.Name.IsExported() && !begins(x.Doc, x.Name.Name) && receiverIsExported(x) {
					t.Errorf("%s: %s has no comment that begins with its name", s.at(x), x.Name.Name)
				}
			case *ast.GenDecl:
				for _, spec := range x.Specs {
					switch y := spec.(type) {
					case *ast.TypeSpec:
						if y.Name.IsExported() && !begins(x.Doc, y.Name.Name) && !begins(y.Doc, y.Name.Name) {
							t.Errorf("%s: %s has no comment that begins with its name", s.at(y), y.Name.Name)
						}
					case *ast.ValueSpec:
						if y.Names[0].IsExported() && x.Doc == nil && y.Doc == nil && y.Comment == nil {
							t.Errorf("%s: %s has no comment", s.at(y), y.Names[0].Name)
						}
					}
				}
			}
		}
	}
}

func receiverIsExported(fn *ast.FuncDecl) bool {
	if fn.Recv == nil {
		return true
	}
	typ := fn.Recv.List[0].Type
	if star, ok := typ.(*ast.StarExpr); ok {
		typ = star.X
	}
	if generic, ok := typ.(*ast.IndexExpr); ok {
		typ = generic.X
	}
	name, ok := typ.(*ast.Ident)
	return ok && name.IsExported()
}

// emptyWords say nothing about what a thing is.
var emptyWords = []string{"manager", "handler", "helper", "helpers", "util", "utils", "data", "info", "process", "common"}

// settledNames carry such a word because somebody else chose it: the option --data-dir, SQLite's data_version.
var settledNames = regexp.MustCompile(`(?i)data_?dir|data_?version|database`)

func words(name string) []string {
	return strings.FieldsFunc(strings.ToLower(splitWords(settledNames.ReplaceAllString(name, ""))), func(r rune) bool {
		return !unicode.IsLetter(r)
	})
}

func splitWords(camel string) string {
	var b strings.Builder
	for i, r := range camel {
		if i > 0 && unicode.IsUpper(r) {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}

func TestNamesSaySomething(t *testing.T) {
	check := func(where, name string) {
		for _, word := range words(name) {
			if slices.Contains(emptyWords, word) {
				t.Errorf("%s: %q says nothing in %q", where, word, name)
			}
		}
	}
	for _, s := range product(t) {
		check(s.path, strings.TrimSuffix(s.path, ".go"))
		for _, d := range s.file.Decls {
			switch x := d.(type) {
			case *ast.FuncDecl:
				check(s.at(x), x.Name.Name)
			case *ast.GenDecl:
				for _, spec := range x.Specs {
					if typ, ok := spec.(*ast.TypeSpec); ok {
						check(s.at(typ), typ.Name.Name)
					}
				}
			}
		}
	}
}
