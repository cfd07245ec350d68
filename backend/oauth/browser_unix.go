//go:build unix && !darwin

package oauth

import (
	"os/exec"
	"strings"
	"syscall"
)

// opener picks the first program of $BROWSER that exists (a list with colons; %s stands for the
// address), else xdg-open.
func opener(address string, getenv func(string) string) ([]string, error) {
	for _, entry := range append(strings.Split(getenv("BROWSER"), ":"), "xdg-open") {
		words := strings.Fields(entry)
		if len(words) == 0 {
			continue
		}
		path, err := exec.LookPath(words[0])
		if err != nil {
			continue
		}
		argv, placed := []string{path}, false
		for _, word := range words[1:] {
			placed = placed || strings.Contains(word, "%s")
			argv = append(argv, strings.ReplaceAll(word, "%s", address))
		}
		if !placed {
			argv = append(argv, address)
		}
		return argv, nil
	}
	return nil, ErrNoBrowser
}

// detach lets the browser outlive this program.
func detach(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }
