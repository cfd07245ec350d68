package cli_test

import (
	"strings"
	"testing"

	"relink/backend/cli"
)

func TestQ7ClockOfTheProgramGoesOnInSleep(t *testing.T) {
	for name, at := range map[string]string{"WallClock": cli.WallClock().String(), "Stdio": cli.Stdio("test").Now().String()} {
		if strings.Contains(at, " m=") {
			t.Errorf("%s carries a reading that stands still while the computer sleeps: %s", name, at)
		}
	}
}
