package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"
	"time"

	"golang.org/x/term"
)

// terminal says whether there is somebody to ask.
func (r *run) terminal() bool {
	file, ok := r.In.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// prompt asks for one line at the terminal; a hidden one is not shown while it is typed. The error is io.EOF
// when the input ended instead, and that of ctx when it ended first.
func (r *run) prompt(ctx context.Context, question string, hidden bool) (string, error) {
	fmt.Fprint(r.Err, question+" ")
	if !hidden {
		line, err := r.line(ctx)
		if err != nil {
			fmt.Fprintln(r.Err)
		}
		return line, err
	}
	line, err := r.attended(ctx, true, func() (string, error) {
		typed, err := term.ReadPassword(int(r.In.(*os.File).Fd()))
		return string(typed), err
	})
	fmt.Fprintln(r.Err)
	return line, err
}

// confirmed asks a yes-or-no question unless it is answered already, where there is a terminal to ask in; the
// error is unconfirmed when the answer is not yes.
func (r *run) confirmed(ctx context.Context, already bool, question string, unconfirmed error) error {
	switch {
	case already:
		return nil
	case !r.terminal():
		return unconfirmed
	}
	answer, err := r.prompt(ctx, plain(question)+" [y/N]", false)
	switch strings.ToLower(answer) {
	case "y", "yes", "s", "sim":
		return err
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	return unconfirmed
}

// line is the next line that is typed. Before anybody reads ahead, no more is taken than that line: the
// prompts that follow read for themselves.
func (r *run) line(ctx context.Context) (string, error) {
	if r.typed != nil {
		line, ok := r.next(ctx)
		if ok {
			return line, nil
		}
		if err := ctx.Err(); err != nil {
			return "", err
		}
		return "", io.EOF
	}
	return r.attended(ctx, false, func() (string, error) {
		var line []byte
		for one := make([]byte, 1); ; {
			n, err := r.In.Read(one)
			switch {
			case n == 1 && one[0] == '\n', err != nil && len(line) > 0:
				return strings.TrimSpace(string(line)), nil
			case n == 1:
				line = append(line, one[0])
			case err != nil:
				return "", err
			}
		}
	})
}

// attended waits for what read takes from whoever types, until ctx ends. The terminal then shows again what is
// typed; read itself cannot be called off, and ends with the program.
func (r *run) attended(ctx context.Context, hidden bool, read func() (string, error)) (string, error) {
	var before *term.State
	file, ok := r.In.(*os.File)
	if ok {
		before, _ = term.GetState(int(file.Fd()))
	}
	type answer struct {
		line string
		err  error
	}
	answers := make(chan answer, 1)
	go func() {
		line, err := read()
		answers <- answer{line, err}
	}()
	select {
	case a := <-answers:
		return a.line, a.err
	case <-ctx.Done():
		if before != nil && hidden {
			showAgain(int(file.Fd()), before)
		}
		return "", ctx.Err()
	}
}

// settling is how long a read that has only just begun may take until it hides what is typed.
const settling = 250 * time.Millisecond

// showAgain puts a terminal back as it was before a hidden read. One that is not hidden yet is waited for, as the
// read would hide it afterwards.
func showAgain(fd int, before *term.State) {
	for end := time.Now().Add(settling); time.Now().Before(end); time.Sleep(settling / 50) {
		if now, err := term.GetState(fd); err != nil || !reflect.DeepEqual(now, before) {
			break
		}
	}
	_ = term.Restore(fd, before)
}
