//go:build !linux

package cli_test

import "github.com/rogpeppe/go-internal/testscript"

// interrupts needs one, too.
func interrupts(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Fatalf("interrupts: only on Linux")
}

// answers needs a terminal that a test can type at.
func answers(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Fatalf("answers: only on Linux")
}
