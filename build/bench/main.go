// Command bench answers whether Relink is as fast and as light as it promises, against floors that are
// measured in the same minute.
//
// # Why
// A time says more about the machine than about the program. So the least that the job can cost (the
// floor, the bare window) is measured in turn with Relink, and what counts is the median of the ratios.
// Every verdict is compared with the script that the target played, and it must survive a kill.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// bench is one run: where its programs and folders are, and how often it measures.
type bench struct {
	programs string // folder of target, floor, candidate, hello, linked
	relink   string // the production binary
	room     string // scratch folder
	pairs    int
	quick    bool
	target   *target
}

// sections are the parts of a run, in their order.
var sections = []struct {
	name string
	run  func(*bench) ([]row, error)
}{
	{"size", (*bench).size},
	{"sweep", (*bench).sweeps},
	{"truth", (*bench).truth},
	{"idle", (*bench).idle},
	{"first", (*bench).first},
	{"window", (*bench).window},
	{"database", (*bench).database},
	{"keyring", (*bench).keyring},
}

func main() {
	b := &bench{}
	flag.StringVar(&b.programs, "programs", "build/bin/bench", "folder of the bench's own programs")
	flag.StringVar(&b.relink, "relink", "build/bin/relink", "production binary")
	flag.BoolVar(&b.quick, "quick", false, "three pairs, one truth run, a shorter idle time")
	only := flag.String("only", "", "sections to run, separated by commas: size,sweep,truth,idle,first,window,database,keyring")
	out := flag.String("out", "build/artefacts/bench.jsonl", "file of JSON lines")
	flag.Parse()
	b.pairs = 7
	if b.quick {
		b.pairs = 3
	}
	passed, err := b.measure(strings.FieldsFunc(*only, func(r rune) bool { return r == ',' }), *out)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
	}
	if err != nil || !passed {
		os.Exit(1)
	}
}

func (b *bench) measure(only []string, out string) (passed bool, err error) {
	if b.room, err = os.MkdirTemp("", "relink-bench-"); err != nil {
		return false, err
	}
	defer os.RemoveAll(b.room)
	if b.target, err = startTarget(filepath.Join(b.programs, "target")); err != nil {
		return false, fmt.Errorf("start the target: %w", err)
	}
	defer b.target.stop()
	var rows []row
	for _, s := range sections {
		if len(only) > 0 && !slices.Contains(only, s.name) || len(only) == 0 && s.name == "keyring" {
			continue
		}
		fmt.Printf("== %s (load %.2f)\n", s.name, loadNow())
		measured, err := s.run(b)
		if err != nil {
			measured = append(measured, row{ID: s.name, What: "not measured", Failed: err.Error()})
		}
		rows = append(rows, measured...)
	}
	if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
		return false, err
	}
	lines, err := os.OpenFile(out, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return false, err
	}
	defer lines.Close()
	commit, _ := exec.Command("git", "describe", "--always", "--dirty").Output()
	circumstances := fmt.Sprintf("commit %s, %s, %s/%s, %d cores, load now %.2f",
		strings.TrimSpace(string(commit)), runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), loadNow())
	fmt.Fprintf(lines, "{\"circumstances\":%q}\n", circumstances)
	fmt.Printf("\n%s\n", circumstances)
	return write(os.Stdout, lines, rows), nil
}
