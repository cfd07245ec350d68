package cli_test

import (
	"os"

	"github.com/rogpeppe/go-internal/testscript"
)

// private wants a file that its owner alone can read (S-7): private FILE
func private(ts *testscript.TestScript, _ bool, args []string) {
	stat, err := os.Lstat(ts.MkAbs(args[0]))
	ts.Check(err)
	if stat.Mode() != 0o600 {
		ts.Fatalf("%s is %v", args[0], stat.Mode())
	}
}
