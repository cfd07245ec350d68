package main

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"relink/build/bench/script"
)

// measured is what one program needed for some sweeps.
type measured struct {
	wall, cpu time.Duration // of all sweeps
	resident  float64       // MiB after them
	load      float64       // before them
}

// quiet is the load above which a pair is not believed, unless too few remain; odd is how far the
// floor's wall may be from its median.
const (
	quiet = 1.5
	odd   = 0.15
)

// sweeps measures P1, P2 and P6 at 1,000 and at 10,000 integrations.
func (b *bench) sweeps() ([]row, error) {
	var rows []row
	for _, size := range []struct {
		n, sweeps           int
		wall, cpu, resident float64
	}{
		{1_000, 5, 1.35, 2.5, 45},
		{10_000, 3, 1.15, 2.5, 90},
	} {
		folder, err := b.seeded(fmt.Sprintf("sweep-%d", size.n), size.n, "memory")
		if err != nil {
			return rows, err
		}
		var floors, ours []measured
		for range b.pairs {
			floor, our, err := b.pair(folder, size.n, size.sweeps)
			if err != nil {
				return rows, err
			}
			floors, ours = append(floors, floor), append(ours, our)
			fmt.Printf("   %6d: floor %5.0f ms %5.0f ms CPU; relink %5.0f ms %5.0f ms CPU, %.0f MiB; load %.2f\n", size.n,
				ms(floor.wall), ms(floor.cpu), ms(our.wall), ms(our.cpu), our.resident, our.load)
		}
		floors, ours = believed(floors, ours)
		ideal := float64(size.n*size.sweeps) * script.Latency.Seconds() / script.AtOnce
		name := strconv.Itoa(size.n)
		var wall, floorWall, cpu, floorCPU, resident []float64
		for i := range ours {
			wall, floorWall = append(wall, ours[i].wall.Seconds()/ideal), append(floorWall, floors[i].wall.Seconds()/ideal)
			cpu, floorCPU = append(cpu, ours[i].cpu.Seconds()), append(floorCPU, floors[i].cpu.Seconds())
			resident = append(resident, ours[i].resident)
		}
		perTenThousand := 10_000 / float64(size.n*size.sweeps)
		rows = append(rows,
			spread(row{ID: "P1", What: "sweep of " + name + ", wall", Unit: "x ideal", Limit: size.wall,
				Anchor: fmt.Sprintf("ideal %.1f s; the floor needs %.3f x", ideal/float64(size.sweeps), median(floorWall))}, wall),
			ratios("P2", "sweep of "+name+", CPU", size.cpu,
				fmt.Sprintf("floor %.2f, relink %.2f CPU-s per 10,000", median(floorCPU)*perTenThousand, median(cpu)*perTenThousand), cpu, floorCPU),
			spread(row{ID: "P6", What: "memory with " + name, Unit: "MiB", Limit: size.resident, Anchor: "resident set after the sweeps"}, resident),
		)
	}
	return rows, nil
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// pair measures floor and candidate one after the other, in a random order.
func (b *bench) pair(folder string, n, sweeps int) (floor, our measured, err error) {
	runs := []func() error{
		func() (err error) {
			scratch := filepath.Join(b.room, "floor")
			if err := os.MkdirAll(scratch, 0o700); err != nil {
				return err
			}
			floor, err = b.swept(n, sweeps, b.program("floor"), "-dir", scratch, "-n", strconv.Itoa(n), "-target", b.target.url)
			return err
		},
		func() (err error) {
			our, err = b.swept(n, sweeps, b.program("candidate"), "serve", "-dir", folder, "-target", b.target.url)
			return err
		},
	}
	if rand.IntN(2) == 1 {
		slices.Reverse(runs)
	}
	for _, run := range runs {
		if err := run(); err != nil {
			return floor, our, err
		}
	}
	return floor, our, nil
}

// swept starts a program, lets it sweep, and checks that it asked what it had to and got all right.
func (b *bench) swept(n, sweeps int, program string, arguments ...string) (measured, error) {
	m := measured{load: loadNow()}
	if err := b.target.reset("ok"); err != nil {
		return m, err
	}
	d, err := drive(program, arguments...)
	if err != nil {
		return m, err
	}
	before := cpuOf(d.pid())
	for range sweeps {
		a, err := d.say("sweep")
		if err != nil {
			d.kill()
			return m, fmt.Errorf("%s: %w", filepath.Base(program), err)
		}
		m.wall += time.Duration(a.WallNS)
	}
	m.cpu, m.resident = cpuOf(d.pid())-before, residentOf(d.pid())
	a, err := d.say("count")
	if err == nil && a.Good != n {
		err = fmt.Errorf("%d of %d were found to be well", a.Good, n)
	}
	if err == nil {
		err = b.target.asked(n*sweeps, script.AtOnce)
	}
	if err != nil {
		d.kill()
		return m, fmt.Errorf("%s: %w", filepath.Base(program), err)
	}
	return m, d.end()
}

// believed drops the pairs of a busy minute, and those whose floor was odd, as long as three remain.
func believed(floors, ours []measured) (f, o []measured) {
	keep := func(good func(i int) bool) {
		var f, o []measured
		for i := range floors {
			if good(i) {
				f, o = append(f, floors[i]), append(o, ours[i])
			}
		}
		if len(f) >= 3 {
			floors, ours = f, o
		}
	}
	keep(func(i int) bool { return floors[i].load <= quiet && ours[i].load <= quiet })
	var walls []float64
	for _, m := range floors {
		walls = append(walls, m.wall.Seconds())
	}
	usual := median(walls)
	keep(func(i int) bool { return math.Abs(floors[i].wall.Seconds()/usual-1) <= odd })
	return floors, ours
}

// truth plays the mixed script, kills the candidate once its sweep has returned, and compares what
// another process then reads with the script.
func (b *bench) truth() ([]row, error) {
	sizes := []int{1_000, 10_000}
	if b.quick {
		sizes = sizes[:1]
	}
	var rows []row
	for _, n := range sizes {
		folder, err := b.seeded(fmt.Sprintf("truth-%d", n), n, "memory")
		if err != nil {
			return rows, err
		}
		if err := b.target.reset("mixed"); err != nil {
			return rows, err
		}
		d, err := drive(b.program("candidate"), "serve", "-dir", folder, "-target", b.target.url)
		if err != nil {
			return rows, err
		}
		_, err = d.say("sweep")
		d.kill()
		if err != nil {
			return rows, err
		}
		wrong, err := b.wrong(folder, n)
		if err != nil {
			return rows, err
		}
		rows = append(rows, row{ID: "T", What: fmt.Sprintf("wrong verdicts of %d, after kill -9", n), Value: float64(wrong), Unit: "wrong", Limit: 0.5,
			Anchor: "90 % ok, 4 % expired, 2 % revoked, 2 % 503, 1 % silent, 1 % a web page"})
	}
	return rows, nil
}

// wrong counts the recorded verdicts that differ from the script.
func (b *bench) wrong(folder string, n int) (int, error) {
	out, err := exec.Command(b.program("candidate"), "verdicts", "-dir", folder).Output()
	if err != nil {
		return 0, fmt.Errorf("read the verdicts: %w", err)
	}
	var recorded map[string]struct{ Verdict, Cause, Rule string }
	if err := json.Unmarshal(out, &recorded); err != nil {
		return 0, err
	}
	wrong := 0
	for i := range n {
		said, truth := recorded[strconv.Itoa(i)], script.For("mixed", i)
		verdict, causes := truth.Truth()
		if said.Verdict == "" || verdict != "" && said.Verdict != verdict || said.Verdict == "ok" && truth != script.OK || !slices.Contains(causes, said.Cause) {
			if wrong++; wrong <= 5 {
				fmt.Printf("   integration %d: the target was %s, recorded is %q %q by %q\n", i, truth, said.Verdict, said.Cause, said.Rule)
			}
		}
	}
	return wrong, nil
}
