package oauth

import (
	"os/exec"
	"syscall"
)

func opener(address string, _ func(string) string) ([]string, error) {
	return []string{"/usr/bin/open", address}, nil
}

// detach lets the browser outlive this program.
func detach(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }
