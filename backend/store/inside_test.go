//go:build linux

package store_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"testing"
	"time"
)

const inside = "RELINK_TEST_INSIDE" // names the scenario in a second process

// second prepares a second process of this test binary that runs one scenario, with its arguments
// in the environment.
func second(ctx context.Context, scenario string, env ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestInside$", "-test.v")
	cmd.Env = append(append(os.Environ(), inside+"="+scenario), env...)
	cmd.WaitDelay = 5 * time.Second
	return cmd
}

// finish runs it to its end and wants it to pass.
func finish(t *testing.T, cmd *exec.Cmd, scenario string) {
	t.Helper()
	out, err := cmd.CombinedOutput()
	if bytes.Contains(out, []byte("SKIP: TestInside/"+scenario)) {
		t.Skipf("%s", out)
	}
	if err != nil || !bytes.Contains(out, []byte("PASS: TestInside/"+scenario)) {
		t.Fatalf("%v\n%s", err, out)
	}
}

// TestInside is the second process.
func TestInside(t *testing.T) {
	name := os.Getenv(inside)
	if name == "" {
		t.Skip("run by other tests")
	}
	t.Run(name, scenarios()[name])
}
