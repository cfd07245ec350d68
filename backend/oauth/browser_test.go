//go:build unix && !darwin

package oauth_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"relink/backend/oauth"
)

// opener installs a program as $BROWSER and returns the file that it writes its arguments to.
func opener(t *testing.T, ending string) string {
	t.Helper()
	folder := t.TempDir()
	seen := filepath.Join(folder, "seen")
	script := filepath.Join(folder, "open")
	lines := "#!/bin/sh\nfor a in \"$@\"; do printf '%s\\n' \"$a\" >>" + seen + "; done\nenv | grep ^RELINK_ >>" + seen + "\n" + ending + "\n"
	if err := os.WriteFile(script, []byte(lines), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("BROWSER", script)
	return seen
}

func TestL12BrowserGetsOneAddressAsOneArgument(t *testing.T) {
	seen := opener(t, "exit 0")
	t.Setenv("RELINK_DATA_DIR", "/somewhere")
	const address = "https://provider.example/a?b=c&d=$(id)%20;e"
	if err := oauth.OpenBrowser(t.Context(), address, []string{"provider.example"}); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(seen)
	if err != nil || string(got) != address+"\n" {
		t.Errorf("the program got %q, %v", got, err)
	}
}

func TestL12PlaceholderAndListOfBrowsers(t *testing.T) {
	seen := opener(t, "exit 0")
	t.Setenv("BROWSER", "no-such-program-here:"+os.Getenv("BROWSER")+" --new %s --last")
	if err := oauth.OpenBrowser(t.Context(), "http://127.0.0.1:7/x", []string{"127.0.0.1:7"}); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(seen); string(got) != "--new\nhttp://127.0.0.1:7/x\n--last\n" {
		t.Errorf("the program got %q", got)
	}
}

func TestL12HostileAddressesReachNoProgram(t *testing.T) {
	seen := opener(t, "exit 0")
	for _, address := range []string{
		"file:///etc/passwd", "javascript:alert(1)", "data:text/html,x", "ms-msdt:/id", "smb://provider.example/x", "-flag", "--help", "",
		"https://provider.example/\nhttps://evil.example/", "https://provider.example/\"x", "https://provider.example/'x", "https://provider.example/`id`",
		"http://provider.example/", "https://evil.example/", "https://provider.example@evil.example/", "https://user@provider.example/", "https://provider.example.evil.example/", "http://127.0.0.1/",
	} {
		if err := oauth.OpenBrowser(t.Context(), address, []string{"provider.example"}); err == nil {
			t.Errorf("%q was opened", address)
		}
	}
	if got, err := os.ReadFile(seen); err == nil {
		t.Errorf("the program got %q", got)
	}
}

func TestL13FailingOpenerIsAnErrorWithinThreeSeconds(t *testing.T) {
	opener(t, "exit 3")
	if err := oauth.OpenBrowser(t.Context(), "https://provider.example/", []string{"provider.example"}); err == nil || strings.Contains(err.Error(), "provider.example") {
		t.Errorf("got %v", err)
	}
	t.Setenv("BROWSER", "")
	t.Setenv("PATH", t.TempDir())
	if err := oauth.OpenBrowser(t.Context(), "https://provider.example/", []string{"provider.example"}); !errors.Is(err, oauth.ErrNoBrowser) {
		t.Errorf("got %v", err)
	}
}

func TestL13HangingOpenerIsReportedAndLeftAlone(t *testing.T) {
	release, ended := filepath.Join(t.TempDir(), "release"), filepath.Join(t.TempDir(), "ended")
	seen := opener(t, "while [ ! -e "+release+" ]; do sleep 0.05; done; echo ended >>"+ended)
	began := time.Now()
	err := oauth.OpenBrowser(t.Context(), "https://provider.example/", []string{"provider.example"})
	if took := time.Since(began); !errors.Is(err, oauth.ErrBrowserSlow) || took > 4*time.Second {
		t.Errorf("after %v: %v", took, err)
	}
	if _, err := os.Stat(seen); err != nil {
		t.Error(err)
	}
	if err := os.WriteFile(release, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for { // the opener looks for its release: the folder must not go before that
		if _, err := os.Stat(ended); err == nil || time.Since(began) > 30*time.Second {
			return
		}
		runtime.Gosched()
	}
}
