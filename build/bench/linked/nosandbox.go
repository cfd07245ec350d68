//go:build !withsandbox

package main

import "context"

// start does nothing: this is the program that the sandbox's share is measured against.
func start(context.Context) error { return nil }
