package catalog

import (
	"errors"
	"fmt"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// FileError is a problem in a file of the catalog, with the line to look at. Line 0 means the file
// as a whole.
type FileError struct {
	File    string
	Line    int
	Problem string
}

// Error writes file:line: problem, the form that editors jump to.
func (e FileError) Error() string {
	if e.Line == 0 {
		return e.File + ": " + e.Problem
	}
	return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Problem)
}

// positioned turns an error of the YAML library into a FileError.
func positioned(file string, err error) FileError {
	var inYAML yaml.Error
	if errors.As(err, &inYAML) {
		return FileError{File: file, Line: lineOf(inYAML.GetToken()), Problem: inYAML.GetMessage()}
	}
	var inNode nodeError
	if errors.As(err, &inNode) {
		return FileError{File: file, Line: inNode.line, Problem: inNode.err.Error()}
	}
	return FileError{File: file, Line: 1, Problem: err.Error()}
}

// nodeError is an error about a value, with its line.
type nodeError struct {
	line int
	err  error
}

func (e nodeError) Error() string { return e.err.Error() }

// UnmarshalYAML reads a duration, and keeps the line for the error. It takes precedence over
// UnmarshalText, whose errors the YAML library passes on without a position.
func (d *Duration) UnmarshalYAML(node ast.Node) error {
	if err := d.UnmarshalText([]byte(scalar(node))); err != nil {
		return nodeError{line: lineOf(node.GetToken()), err: err}
	}
	return nil
}

func scalar(node ast.Node) string {
	if s, ok := node.(*ast.StringNode); ok {
		return s.Value
	}
	return node.String()
}

func lineOf(t *token.Token) int {
	if t == nil || t.Position == nil {
		return 0
	}
	return t.Position.Line
}

// lineAt follows a path of keys and indexes as far as the file has it, and returns that line: for a
// missing key, the line of what lacks it.
func lineAt(node ast.Node, path ...any) int {
	line := 1
	for _, step := range path {
		next := child(node, step)
		if next == nil {
			break
		}
		node = next
		line = lineOf(node.GetToken())
		if entry, ok := node.(*ast.MappingValueNode); ok {
			line = lineOf(entry.Key.GetToken())
			node = entry.Value
		}
	}
	return line
}

// stated says whether the file has something at a path of keys and indexes.
func stated(node ast.Node, path ...any) bool {
	for _, step := range path {
		if node = child(node, step); node == nil {
			return false
		}
		if entry, ok := node.(*ast.MappingValueNode); ok {
			node = entry.Value
		}
	}
	return true
}

// child returns the entry of a mapping, with its key, or the element of a sequence.
func child(node ast.Node, step any) ast.Node {
	switch n := node.(type) {
	case *ast.DocumentNode:
		return child(n.Body, step)
	case *ast.TagNode:
		return child(n.Value, step)
	case *ast.AnchorNode:
		return child(n.Value, step)
	case *ast.MappingNode:
		for _, entry := range n.Values {
			if found := child(entry, step); found != nil {
				return found
			}
		}
	case *ast.MappingValueNode:
		if key, ok := step.(string); ok && n.Key.GetToken().Value == key {
			return n
		}
	case *ast.SequenceNode:
		if i, ok := step.(int); ok && i < len(n.Values) {
			return n.Values[i]
		}
	}
	return nil
}
