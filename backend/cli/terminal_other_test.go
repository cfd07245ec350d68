//go:build !linux

package cli_test

import "github.com/rogpeppe/go-internal/testscript"

// answers needs a terminal that a test can type at.
func answers(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Fatalf("answers: only on Linux")
}
