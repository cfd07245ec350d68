package cli_test

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"
)

// answers runs a command at a terminal and types the answer when it is asked for:
// answers CODE ANSWER COMMAND ARG…
func answers(ts *testscript.TestScript, _ bool, args []string) {
	atTerminal(ts, args[0], args[2:], "then Enter:", func(_ *exec.Cmd, person *os.File) error {
		_, err := fmt.Fprintln(person, args[1])
		return err
	})
}

// interrupts runs a command at a terminal, and interrupts it, as Ctrl-C does, when it prompts; what is typed must
// show at the terminal then as it did before: interrupts CODE PROMPT COMMAND ARG…
func interrupts(ts *testscript.TestScript, _ bool, args []string) {
	terminal := atTerminal(ts, args[0], args[2:], args[1], func(cmd *exec.Cmd, _ *os.File) error { return cmd.Process.Signal(os.Interrupt) })
	mode, err := unix.IoctlGetTermios(int(terminal.Fd()), unix.TCGETS)
	ts.Check(err)
	if mode.Lflag&unix.ECHO == 0 {
		ts.Fatalf("%s left a terminal that does not show what is typed", strings.Join(args[2:], " "))
	}
}

// atTerminal runs a command at a terminal, acts when it prompts, and compares its exit code. The terminal is open
// until the script ends.
func atTerminal(ts *testscript.TestScript, want string, args []string, prompt string, act func(*exec.Cmd, *os.File) error) *os.File {
	person, terminal, err := openTerminal()
	ts.Check(err)
	ts.Defer(func() { _ = person.Close() })
	ts.Defer(func() { _ = terminal.Close() })
	path, err := exec.LookPath(args[0])
	ts.Check(err)
	cmd := exec.Command(path, args[1:]...)
	cmd.Dir, cmd.Env, cmd.Stdin, cmd.Stdout = ts.Getenv("WORK"), environment(ts), terminal, ts.Stdout()
	said, err := cmd.StderrPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	stuck := time.AfterFunc(30*time.Second, func() { _ = cmd.Process.Kill() })
	defer stuck.Stop()
	var all strings.Builder
	buffer := make([]byte, 4096)
	for acted := false; ; {
		n, err := said.Read(buffer)
		all.Write(buffer[:n])
		if !acted && strings.Contains(all.String(), prompt) {
			ts.Check(act(cmd, person))
			acted = true
		}
		if err != nil {
			break
		}
	}
	_, err = io.WriteString(ts.Stderr(), all.String())
	ts.Check(err)
	_ = cmd.Wait()
	if got := fmt.Sprint(cmd.ProcessState.ExitCode()); got != want {
		ts.Fatalf("%s exited with %s, want %s", strings.Join(args, " "), got, want)
	}
	return terminal
}

// openTerminal returns the two sides of a new terminal: where a person types, and where a program reads.
func openTerminal() (person, program *os.File, err error) {
	if person, err = os.OpenFile("/dev/ptmx", os.O_RDWR, 0); err != nil {
		return nil, nil, err
	}
	fd := int(person.Fd())
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		program, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	}
	return person, program, err
}
