//go:build unix

package cli

import (
	"io"
	"os"
	"syscall"

	"golang.org/x/term"
)

// passedOn are the signals that are passed on to the program. What a terminal sends for a key goes to
// the program by itself, as it is of the same process group, and would arrive there twice.
func passedOn(in io.Reader) []os.Signal {
	all := []os.Signal{syscall.SIGTERM, syscall.SIGHUP, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGWINCH, syscall.SIGCONT}
	if file, ok := in.(*os.File); !ok || !term.IsTerminal(int(file.Fd())) {
		all = append(all, syscall.SIGINT, syscall.SIGQUIT)
	}
	return all
}

// pass sends a signal on; a program that has ended meanwhile needs none.
func pass(program *os.Process, s os.Signal) { _ = program.Signal(s) }

// endCode is the exit code as a shell would report it.
func endCode(state *os.ProcessState) int {
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return exitSignalled + int(status.Signal())
	}
	return state.ExitCode()
}
