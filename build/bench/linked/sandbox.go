//go:build withsandbox

package main

import (
	"context"

	"relink/backend/sandbox"
)

func init() { parts = append(parts, start) }

// start makes the linker keep the sandbox, so that its share of the binary can be told.
func start(ctx context.Context, _ string) error {
	world, err := sandbox.Start(ctx, sandbox.Options{})
	if err != nil {
		return err
	}
	_ = world.URL()
	return nil
}
