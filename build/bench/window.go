package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

// shown is what one start of a window needed.
type shown struct {
	picture time.Duration // until the screen looked as it stayed
	memory  float64       // MiB, proportional, of the whole tree
}

// window measures P8: from the start of the process until the screen shows its last known truth, beside
// the bare window, both by what is on the screen and not by what a program says of itself.
func (b *bench) window() ([]row, error) {
	screen, err := openScreen(os.Getenv("RELINK_SCREEN"))
	if err != nil {
		return nil, fmt.Errorf("no display to look at (run by build/bench.sh): %w", err)
	}
	folder, err := b.seeded("window", 1_000, "memory")
	if err != nil {
		return nil, err
	}
	hello := func() (shown, error) { return show(screen, b.program("hello"), "", nil) }
	proof := screen.seesTruth
	relink := func() (shown, error) {
		// Just checked, so that what is measured is the start and not the first sweep.
		if err := b.candidate("touch", "-dir", folder); err != nil {
			return shown{}, err
		}
		defer func() { proof = nil }() // once is enough, and reading the page costs it time
		return show(screen, b.relink, folder, proof)
	}
	var ours, bare []shown
	for i := range b.pairs + 1 {
		var our, his shown
		runs := []func() error{
			func() (err error) { his, err = hello(); return err },
			func() (err error) { our, err = relink(); return err },
		}
		if rand.IntN(2) == 1 {
			slices.Reverse(runs)
		}
		for _, run := range runs {
			if err := run(); err != nil {
				return nil, err
			}
		}
		note := ""
		if i == 0 {
			note = "  (cold: not counted)"
		} else {
			ours, bare = append(ours, our), append(bare, his)
		}
		fmt.Printf("   hello %5.0f ms %4.0f MiB; relink %5.0f ms %4.0f MiB; load %.2f%s\n",
			ms(his.picture), his.memory, ms(our.picture), our.memory, loadNow(), note)
	}
	var start, bareStart, memory, bareMemory []float64
	for i := range ours {
		start, bareStart = append(start, ours[i].picture.Seconds()), append(bareStart, bare[i].picture.Seconds())
		memory, bareMemory = append(memory, ours[i].memory), append(bareMemory, bare[i].memory)
	}
	return []row{
		ratios("P8", "start to the last known truth of 1,000", 1.6,
			fmt.Sprintf("bare window %.0f ms, relink %.0f ms", 1000*median(bareStart), 1000*median(start)), start, bareStart),
		ratios("P6b", "memory of the window's tree with 1,000", 0,
			fmt.Sprintf("bare window %.0f MiB, relink %.0f MiB, proportional", median(bareMemory), median(memory)), memory, bareMemory),
	}, nil
}

// seesTruth keeps a picture and fails unless a screen reader finds the seeded truth in the window of the process: a picture
// that comes to rest might be that of an error.
func (s *screen) seesTruth(pid int) error {
	if err := s.save("build/artefacts/bench-window.png"); err != nil {
		return err
	}
	read := exec.Command("/usr/bin/python3", "build/desktop/rows.py", "--pid", fmt.Sprint(pid), "text", "Shop 000090", "1,000")
	if said, err := read.CombinedOutput(); err != nil {
		return fmt.Errorf("the window does not show the last known truth: %w\n%.500s", err, said)
	}
	return nil
}

// show starts a window, watches the screen until it stays as it is, and ends the program; proof, where
// it is given, looks at the window before that.
func show(screen *screen, program, folder string, proof func(pid int) error) (shown, error) {
	absolute, err := filepath.Abs(program)
	if err != nil {
		return shown{}, err
	}
	if err := screen.settle(500*time.Millisecond, nil); err != nil {
		return shown{}, err
	}
	command := exec.Command(absolute)
	command.Env = append(os.Environ(), "RELINK_DATA_DIR="+folder)
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	began := time.Now()
	if err := command.Start(); err != nil {
		return shown{}, err
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	defer func() {
		_ = syscall.Kill(-command.Process.Pid, syscall.SIGTERM)
		select {
		case <-ended:
		case <-time.After(5 * time.Second):
			_ = syscall.Kill(-command.Process.Pid, syscall.SIGKILL)
			<-ended
		}
	}()
	picture, err := screen.watch(began, 20*time.Second, ended)
	memory := proportionalOf(command.Process.Pid)
	if err == nil && proof != nil {
		err = proof(command.Process.Pid)
	}
	return shown{picture: picture, memory: memory}, err
}
