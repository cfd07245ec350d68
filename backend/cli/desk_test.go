package cli_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"relink/backend/alert"
	"relink/backend/cli"
	"relink/backend/integration"
	"relink/backend/monitor"
	"relink/backend/reauth"
	"relink/backend/sandbox"
)

// sampleDesk is the window's desk on sample integrations, whose throw-away folders lie in the returned folder.
func sampleDesk(t *testing.T) (*cli.Desk, string) {
	t.Helper()
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	desk := cli.NewDesk(cli.DeskOptions{
		Window: cli.WindowOptions{DataDir: t.TempDir(), Sample: true, Lang: "en", Log: slog.New(slog.DiscardHandler)}, Version: "test", Now: cli.WallClock,
		Speaker: alert.Speaker{Show: func(alert.Notice) error { return nil }, Withdraw: func(string) error { return nil }},
	})
	desk.Open(t.Context())
	desk.Watch(t.Context())
	return desk, temporary
}

func noThrowAway(t *testing.T, temporary string) {
	t.Helper()
	if left, err := filepath.Glob(filepath.Join(temporary, "relink-*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v (%v)", left, err)
	}
}

// renewing begins a check that a person asked for and that renews a token slowly, and returns once the service was asked.
func renewing(ctx context.Context, t *testing.T, desk *cli.Desk) (answer <-chan error, stored func() bool) {
	t.Helper()
	p, done, err := desk.Use()
	check(t, err)
	i, err := p.ByName(t.Context(), "Sample Analytics")
	check(t, err)
	before, err := p.Store.Grant(t.Context(), i.GrantID)
	check(t, err)
	service := p.World.Service("sample-analytics")
	service.ExpireAccess()
	service.Slow(500*time.Millisecond, sandbox.Token)
	asked := service.TokenRequests()
	checked := make(chan error, 1)
	var saved bool
	go func() {
		defer done()
		_, err := p.Monitor.Check(ctx, i.ID, monitor.Asked)
		row, readErr := p.Store.Grant(context.WithoutCancel(ctx), i.GrantID)
		saved = readErr == nil && row.Version > before.Version
		checked <- err
	}()
	for limit := time.Now().Add(20 * time.Second); service.TokenRequests() == asked; time.Sleep(time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatal("nothing is renewed")
		}
	}
	return checked, func() bool { return saved }
}

func TestTokenThatIsBeingRenewedIsStoredBeforeTheWindowEnds(t *testing.T) {
	desk, temporary := sampleDesk(t)
	ctx, stop := context.WithCancel(t.Context())
	answer, stored := renewing(ctx, t, desk)
	stop() // as the window does when it ends
	desk.Close()
	select {
	case <-answer:
		if !stored() {
			t.Error("the renewed token was not stored")
		}
	default:
		t.Error("the check was still running when the window ended")
	}
	noThrowAway(t, temporary)
	if _, _, err := desk.Use(); err == nil {
		t.Error("the parts are in use after their end")
	}
}

func TestTokenThatIsBeingRenewedIsStoredWhenTheSampleIsLeft(t *testing.T) {
	desk, temporary := sampleDesk(t)
	answer, stored := renewing(t.Context(), t, desk)
	check(t, desk.Switch(t.Context(), false))
	if err := <-answer; err != nil || !stored() {
		t.Errorf("stored: %v; the check: %v", stored(), err)
	}
	desk.Close()
	noThrowAway(t, temporary)
}

// A consent that is waited for ends with the parts, and takes its port along.
func TestSwitchEndsARepairThatWaitsForThePerson(t *testing.T) {
	desk, temporary := sampleDesk(t)
	p, done, err := desk.Use()
	check(t, err)
	i, err := p.ByName(t.Context(), "Sample Ads")
	check(t, err)
	step, err := p.Reauth.Start(t.Context(), i.ID, reauth.StartOptions{NoBrowser: true})
	check(t, err)
	ended := make(chan integration.Step, 1)
	go func() {
		defer done()
		end, _ := p.Reauth.Await(t.Context(), step.Flow)
		ended <- end
	}()
	check(t, desk.Switch(t.Context(), false))
	select {
	case end := <-ended:
		if end.Outcome == nil || end.Outcome.Result != integration.ResultCancelled {
			t.Errorf("the repair ended with %+v", end.Outcome)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the repair goes on without its parts")
	}
	desk.Close()
	noThrowAway(t, temporary)
}

func TestWindowThatEndsWhileItTurnsToTheSampleLeavesNoFolder(t *testing.T) {
	for range 5 {
		desk, temporary := sampleDesk(t)
		check(t, desk.Switch(t.Context(), false))
		ctx, stop := context.WithCancel(t.Context())
		switched := make(chan error, 1)
		go func() { switched <- desk.Switch(ctx, true) }()
		for limit := time.Now().Add(10 * time.Second); time.Now().Before(limit); time.Sleep(time.Millisecond) {
			if made, _ := filepath.Glob(filepath.Join(temporary, "relink-sample-*")); len(made) > 0 {
				break
			}
		}
		stop()
		desk.Close()
		noThrowAway(t, temporary) // the program ends now
		<-switched
	}
}

// What a killed program left behind goes with the next sample; what another one uses stays.
func TestSampleRemovesWhatAKilledOneLeftBehind(t *testing.T) {
	desk, temporary := sampleDesk(t)
	defer desk.Close()
	p, err := desk.Parts()
	check(t, err)
	left, fresh := filepath.Join(temporary, "relink-sample-1"), filepath.Join(temporary, "relink-sample-2")
	check(t, os.Mkdir(left, 0o700))
	check(t, os.Mkdir(fresh, 0o700)) // being made by another start: not claimed yet
	check(t, os.WriteFile(filepath.Join(left, "window.lock"), nil, 0o600))
	second, err := cli.OpenSample(t.Context(), p.Options)
	check(t, err)
	if _, err := os.Stat(left); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("still there: %v", err)
	}
	for _, dir := range []string{fresh, p.DataDir, second.DataDir} {
		if _, err := os.Stat(dir); err != nil {
			t.Error(err)
		}
	}
	check(t, second.Close())
	check(t, os.Remove(fresh))
}
