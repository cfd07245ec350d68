package oauth

import (
	"os/exec"
	"path/filepath"
)

// opener calls rundll32 by its full path, which takes the address as it is and knows no shell.
func opener(address string, getenv func(string) string) ([]string, error) {
	root := getenv("SystemRoot")
	if root == "" {
		return nil, ErrNoBrowser
	}
	return []string{filepath.Join(root, "System32", "rundll32.exe"), "url.dll,FileProtocolHandler", address}, nil
}

func detach(*exec.Cmd) {}
