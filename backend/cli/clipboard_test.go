package cli_test

import (
	"errors"
	"testing"
	"time"

	"relink/backend/cli"
)

func TestS4TheClipboardForgetsAfterAMinuteUnlessSomethingElseWasCopied(t *testing.T) {
	var board string
	var due []func()
	c := &cli.Clipboard{
		Set: func(text string) error { board = text; return nil },
		Get: func() (string, error) { return board, nil },
		After: func(d time.Duration, f func()) *time.Timer {
			if d > time.Minute {
				t.Errorf("it stays for %s", d)
			}
			due = append(due, f)
			return time.NewTimer(time.Hour)
		},
	}
	copied := func(text string) {
		t.Helper()
		if err := c.CopyBriefly(text); err != nil || board != text {
			t.Fatalf("%q on the clipboard, %v", board, err)
		}
	}
	copied("properties/271828")
	due[0]()
	if board != "" {
		t.Errorf("after a minute: %q", board)
	}
	copied("properties/314159")
	board = "the person's own"
	due[1]()
	if board != "the person's own" {
		t.Errorf("what the person copied since became %q", board)
	}
	copied("properties/1")
	c.Clear() // Relink ends
	if board != "" {
		t.Errorf("at the end: %q", board)
	}
	board = "properties/1"
	due[2]()
	if board == "" {
		t.Error("a text was taken away twice")
	}
	c.Set = func(string) error { return errors.New("no clipboard") }
	if c.CopyBriefly("x") == nil || len(due) != 3 {
		t.Error("a clipboard that is not there is not told of")
	}
}
