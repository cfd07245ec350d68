//go:build linux

package proof_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"relink/build/desktop"
)

// window is a running process with the parts behind Relink's window.
type window struct {
	w      *world
	cmd    *exec.Cmd
	orders io.WriteCloser
	said   *bufio.Scanner
	trace  *os.File // its standard error
}

// openWindow starts the window's parts and waits until they work.
func (w *world) openWindow(args ...string) *window {
	w.t.Helper()
	cmd := w.command(nil, args...)
	orders, err := cmd.StdinPipe()
	check(w.t, err)
	out, err := cmd.StdoutPipe()
	check(w.t, err)
	trace, err := os.Create(w.folder + "/window.log")
	check(w.t, err)
	cmd.Stderr = trace
	check(w.t, cmd.Start())
	win := &window{w: w, cmd: cmd, orders: orders, said: bufio.NewScanner(out), trace: trace}
	win.said.Buffer(nil, 1<<20)
	w.t.Cleanup(win.close)
	if !win.said.Scan() || win.said.Text() != "open" {
		w.t.Fatalf("the window's parts did not open: %s", win.stderr())
	}
	return win
}

func (win *window) stderr() string {
	content, _ := os.ReadFile(win.trace.Name())
	return string(content)
}

func (win *window) order(text string) {
	win.w.t.Helper()
	_, err := fmt.Fprintln(win.orders, text)
	check(win.w.t, err)
}

// rows are the answer to a check.
func (win *window) rows() []row {
	win.w.t.Helper()
	var rows []row
	if !win.said.Scan() {
		win.w.t.Fatalf("the window's parts ended: %s", win.stderr())
	}
	check(win.w.t, json.Unmarshal(win.said.Bytes(), &rows))
	return rows
}

func (win *window) close() {
	_ = win.orders.Close()
	_ = win.cmd.Wait()
	_ = win.trace.Close()
}

// crowd starts n checks of Peer in processes of their own, which begin together when gate is called, and
// returns how to wait for them.
func (w *world) crowd(n int) (gate func(), wait func() []ran) {
	w.t.Helper()
	held, release, err := os.Pipe()
	check(w.t, err)
	var cmds []*exec.Cmd
	var outs []*strings.Builder
	for range n {
		cmd := w.command([]string{"RELINK_TEST_GATE=3"}, "check", "Peer")
		cmd.ExtraFiles = []*os.File{held}
		out := &strings.Builder{}
		cmd.Stdout, cmd.Stderr = out, out
		check(w.t, cmd.Start())
		cmds, outs = append(cmds, cmd), append(outs, out)
	}
	check(w.t, held.Close())
	return func() { _ = release.Close() }, func() []ran {
		var all []ran
		for i, cmd := range cmds {
			_ = cmd.Wait() // its exit code tells
			all = append(all, w.ended(cmd, []byte(outs[i].String())))
		}
		return all
	}
}

// The window and nine processes of the command line, which is ten checks, meet at one expired grant whose
// server ends it when a refresh token comes a second time.
func TestR2TenChecksInTwoKindsOfProcessesMakeOneRenewal(t *testing.T) {
	n := rounds(10, 200)
	t.Parallel()
	if !desktop.Own(t, desktop.Options{Keyring: true, Patience: patience(n)}) {
		return
	}
	w := newWorld(t)
	w.connect()
	win := w.openWindow()
	for round := range n {
		before, _ := w.refreshes()
		gate, wait := w.crowd(9)
		w.expire()
		win.order("check")
		gate()
		rows := win.rows()
		for _, r := range wait() {
			if r.code != 0 {
				t.Errorf("round %d: exit code %d\n%s", round, r.code, r.out)
			}
		}
		if len(rows) != 1 || rows[0].Status != "connected" {
			t.Errorf("round %d: the window shows %+v", round, rows)
		}
		if sent, refused := w.refreshes(); sent != before+1 || refused != 0 {
			t.Fatalf("round %d: %d refresh requests reached the server, %d were refused in all", round, sent-before, refused)
		}
	}
	w.wantNoSecret()
}
