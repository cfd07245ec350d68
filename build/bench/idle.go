package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// idle measures P4: the engine watches 1,000 integrations, none of which is due.
func (b *bench) idle() ([]row, error) {
	folder, err := b.seeded("idle", 1_000, "memory")
	if err != nil {
		return nil, err
	}
	if err := b.target.reset("ok"); err != nil {
		return nil, err
	}
	d, err := drive(b.program("candidate"), "serve", "-dir", folder, "-target", b.target.url)
	if err != nil {
		return nil, err
	}
	defer d.kill()
	for _, line := range []string{"sweep", "watch"} {
		if _, err := d.say(line); err != nil {
			return nil, err
		}
	}
	wait, settle := time.Minute, 10*time.Second
	if b.quick {
		wait = 20 * time.Second
	}
	time.Sleep(settle) // the collector's work after the sweep is the sweep's
	cpu, switches := cpuOf(d.pid()), switchesOf(d.pid())
	time.Sleep(wait)
	cpu, switches = cpuOf(d.pid())-cpu, switchesOf(d.pid())-switches
	over := fmt.Sprintf("1,000 integrations, nothing due, over %s", wait)
	return []row{
		{ID: "P4", What: "idle, CPU", Value: 100 * cpu.Seconds() / wait.Seconds(), Unit: "% of a core", Limit: 0.1, Anchor: over},
		{ID: "P4", What: "idle, context switches", Value: float64(switches) / wait.Seconds(), Unit: "per s", Limit: 5, Anchor: over},
		{ID: "P6", What: "idle, memory", Value: residentOf(d.pid()), Unit: "MiB", Limit: 45, Anchor: over},
	}, b.target.asked(1_000, 50)
}

// first measures P8b: from the start of the process until each of 1,000 integrations was checked.
func (b *bench) first() ([]row, error) {
	fresh, err := b.seeded("first", 1_000, "memory")
	if err != nil {
		return nil, err
	}
	var seconds []float64
	for i := range min(3, b.pairs) {
		folder := filepath.Join(b.room, fmt.Sprintf("first-%d", i))
		if err := os.CopyFS(folder, os.DirFS(fresh)); err != nil {
			return nil, err
		}
		if err := exec.Command("chmod", "-R", "go=", folder).Run(); err != nil {
			return nil, err
		}
		if err := b.target.reset("ok"); err != nil {
			return nil, err
		}
		began := time.Now()
		if err := b.candidate("first", "-dir", folder); err != nil {
			return nil, err
		}
		seconds = append(seconds, time.Since(began).Seconds())
		if err := b.target.asked(1_000, 50); err != nil {
			return nil, err
		}
	}
	return []row{spread(row{ID: "P8b", What: "start to all of 1,000 checked", Unit: "s", Limit: 10,
		Anchor: "quoted: Gatus 222 s, Uptime Kuma 709 s"}, seconds)}, nil
}

// keyring tells what a sweep costs when each secret lies in a real keyring.
func (b *bench) keyring() ([]row, error) {
	const n = 1_000
	began := time.Now()
	folder, err := b.seeded("keyring", n, "keychain")
	if err != nil {
		return nil, err
	}
	seeding := time.Since(began)
	m, err := b.swept(n, 1, b.program("candidate"), "serve", "-dir", folder, "-target", b.target.url, "-vault", "keychain")
	if err != nil {
		return nil, err
	}
	return []row{
		{ID: "K", What: "1,000 grants into a real keyring", Value: seeding.Seconds(), Unit: "s", Anchor: "one item each, with its integration"},
		{ID: "K", What: "sweep of 1,000, secrets in it, wall", Value: m.wall.Seconds(), Unit: "s", Anchor: "0.4 s ideal, without a keyring"},
		{ID: "K", What: "the same, CPU", Value: m.cpu.Seconds(), Unit: "s", Anchor: "without that of the keyring's daemon"},
	}, nil
}
