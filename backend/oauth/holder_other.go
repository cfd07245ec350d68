//go:build !linux

package oauth

// holder names the program that listens on a TCP port; this system tells it to no ordinary program.
func holder(int) string { return "" }
