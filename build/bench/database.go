package main

import (
	"fmt"
	"os/exec"
	"strconv"
	"strings"
)

// against is a benchmark of backend/probe, which stands beside the code that it measures, and the row that it becomes.
type against struct {
	benchmark string // with the part after the slash, if any
	metric    string
	row       row
}

var databases = []against{
	{"BenchmarkDatabaseAgainstABareDriver/postgresql", "time-ratio", row{ID: "D1", What: "check of PostgreSQL, time", Unit: "x", Limit: 1.3, Anchor: "the bare driver's connection and one query"}},
	{"BenchmarkDatabaseAgainstABareDriver/mysql", "time-ratio", row{ID: "D1", What: "check of MariaDB, time", Unit: "x", Limit: 1.3, Anchor: "the bare driver's connection and one query"}},
	{"BenchmarkTunnelAgainstSSHAndTheBareDriver", "time-ratio", row{ID: "D2", What: "check through a bastion, time", Unit: "x", Limit: 1.3, Anchor: "ssh -L, the bare driver's connection and one query"}},
	{"BenchmarkTwoHundredChecksThroughTwentyBastions", "connections-per-bastion", row{ID: "D3", What: "200 checks at once through 20 bastions and a jump host", Unit: "connections each", Limit: 1, Anchor: "one connection for each of the 21"}},
}

// database measures D1 to D3 against real servers: each benchmark takes its median over the iterations
// of one run, and the row the median of the runs.
func (b *bench) database() ([]row, error) {
	runs, iterations := 5, "40x"
	if b.quick {
		runs, iterations = 3, "20x"
	}
	heard := map[string][]float64{}
	for _, c := range []struct{ benchmark, times string }{
		{"^BenchmarkDatabaseAgainstABareDriver$|^BenchmarkTunnelAgainstSSHAndTheBareDriver$", iterations},
		{"^BenchmarkTwoHundredChecksThroughTwentyBastions$", "1x"},
	} {
		out, err := exec.Command(b.program("probe.test"), "-test.run=^$", "-test.bench="+c.benchmark, "-test.benchtime="+c.times, "-test.count="+strconv.Itoa(runs)).CombinedOutput()
		if err != nil {
			return nil, fmt.Errorf("%s: %w\n%s", c.benchmark, err, out)
		}
		readBenchmarks(string(out), heard)
	}
	var rows []row
	for _, a := range databases {
		r := a.row
		if floors := heard[a.benchmark+" floor-ms"]; len(floors) > 0 {
			r.Anchor += fmt.Sprintf(", %.2f ms", median(floors))
		}
		rows = append(rows, spread(r, heard[a.benchmark+" "+a.metric]))
	}
	return rows, nil
}

// readBenchmarks adds the values of each line of the testing package by benchmark and unit.
func readBenchmarks(out string, into map[string][]float64) {
	for line := range strings.Lines(out) {
		words := strings.Fields(line)
		if len(words) < 2 || !strings.HasPrefix(words[0], "Benchmark") {
			continue
		}
		name := words[0]
		if at := strings.LastIndex(name, "-"); at > 0 { // the number of cores
			name = name[:at]
		}
		for i := 2; i+1 < len(words); i += 2 {
			if value, err := strconv.ParseFloat(words[i], 64); err == nil {
				into[name+" "+words[i+1]] = append(into[name+" "+words[i+1]], value)
			}
		}
	}
}
