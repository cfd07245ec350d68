// Command program is Relink for the proofs: its real command line and the parts behind its window, on a
// computer without a display, with a clock that the test moves.
//
// RELINK_TEST_CLOCK names a file with the seconds by which the clock is ahead. RELINK_TEST_GATE names a
// file descriptor: the program begins when it is closed. Without a command the window's parts run and
// take orders, a line each, from standard input: "check" checks everything and answers with the rows as
// JSON, "crash" ends the program with a panic while secrets are in memory, "leak" logs what must never be
// logged. Called by the name browser, it is a browser in which a person consents: it hands the address to
// the test at TEST_CONSENT.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"relink/backend/alert"
	"relink/backend/cli"
	"relink/backend/grant"
	"relink/backend/secret"
)

func main() {
	if filepath.Base(os.Args[0]) == "browser" {
		os.Exit(browse(os.Args[1]))
	}
	secret.ForbidDumps()
	if fd, err := strconv.Atoi(os.Getenv("RELINK_TEST_GATE")); err == nil {
		_, _ = io.ReadAll(os.NewFile(uintptr(fd), "gate"))
	}
	env := cli.Stdio("proof")
	env.Now, env.Window = clock, window
	os.Exit(cli.Run(context.Background(), os.Args[1:], env))
}

// clock is the time, ahead by what the test says.
func clock() time.Time {
	now := cli.WallClock()
	text, err := os.ReadFile(os.Getenv("RELINK_TEST_CLOCK"))
	if err != nil {
		return now
	}
	seconds, _ := strconv.Atoi(strings.TrimSpace(string(text)))
	return now.Add(time.Duration(seconds) * time.Second)
}

// browse hands the address of a consent page to the test's person.
func browse(address string) int {
	client := http.Client{Timeout: time.Minute}
	resp, err := client.PostForm(os.Getenv("TEST_CONSENT"), url.Values{"url": {address}})
	if err != nil {
		fmt.Fprintln(os.Stderr, "browser:", err)
		return 1
	}
	_ = resp.Body.Close()
	return 0
}

// window runs what the window runs, until standard input ends.
func window(ctx context.Context, w cli.WindowOptions) int {
	desk := cli.NewDesk(cli.DeskOptions{
		Window: w, Version: "proof", Now: clock, Plain: func() bool { return true },
		Speaker: alert.Speaker{Show: func(alert.Notice) error { return nil }, Withdraw: func(string) error { return nil }},
	})
	desk.Open(ctx)
	parts, err := desk.Parts()
	if err != nil {
		fmt.Fprintln(os.Stderr, "relink:", err)
		return cli.ExitError
	}
	defer desk.Close()
	desk.Watch(ctx)
	fmt.Println("open")
	for orders := bufio.NewScanner(os.Stdin); orders.Scan(); {
		switch orders.Text() {
		case "check":
			if _, err := parts.CheckAll(ctx); err != nil {
				fmt.Fprintln(os.Stderr, "relink:", err)
			}
			o, err := parts.Overview(ctx)
			if err != nil {
				fmt.Fprintln(os.Stderr, "relink:", err)
			}
			answer, _ := json.Marshal(o.Rows) // rows are always written
			fmt.Println(string(answer))
		case "crash":
			crash(ctx, parts)
		case "leak":
			leak(ctx, parts)
		}
	}
	return cli.ExitOK
}

// crash ends the program as a bug would, in the midst of work with secrets.
func crash(ctx context.Context, parts *cli.Parts) {
	var held []grant.Held
	for _, seen := range parts.Monitor.All() {
		h, err := parts.Keeper.Held(ctx, seen.Grant)
		if err != nil {
			fmt.Fprintln(os.Stderr, "relink:", err)
			return
		}
		held = append(held, h)
	}
	fmt.Println("crashing")
	panic(fmt.Sprintf("a bug, with %d grants in memory: %+v", len(held), held))
}

// leak does once what the canary must find.
func leak(ctx context.Context, parts *cli.Parts) {
	for _, seen := range parts.Monitor.All() {
		if h, err := parts.Keeper.Held(ctx, seen.Grant); err == nil {
			parts.Log.Error("check", "authorization", "Bearer "+h.Secrets["access_token"].Reveal())
		}
	}
}
