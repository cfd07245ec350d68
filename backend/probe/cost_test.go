package probe_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"relink/backend/integration"
)

const (
	checks = 10_000
	atOnce = 50
)

// TestServeTheBenchmark is no test: the benchmark starts the test binary with it, so that the
// server's CPU time is not counted.
func TestServeTheBenchmark(t *testing.T) {
	if os.Getenv("RELINK_BENCH_SERVER") == "" {
		t.Skip("serves BenchmarkP2ProbeAgainstABareLoop only")
	}
	socket, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: json(200, `{"id": "acct_1", "name": "Ana", "object": "me"}`)}
	go s.Serve(socket)
	fmt.Printf("serving %s\n", socket.Addr())
	_, _ = io.Copy(io.Discard, os.Stdin) // until the benchmark ends
	s.Close()
}

// serverOfItsOwn starts the server in another process and returns its address.
func serverOfItsOwn(b *testing.B) string {
	b.Helper()
	server := exec.Command(os.Args[0], "-test.run=^TestServeTheBenchmark$")
	server.Env = append(os.Environ(), "RELINK_BENCH_SERVER=1")
	in, err := server.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := server.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := server.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { in.Close(); _ = server.Wait() })
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if address, ok := strings.CutPrefix(lines.Text(), "serving "); ok {
			return "http://" + address
		}
	}
	b.Fatal("the server did not start")
	return ""
}

// sweep runs all checks, so many at once, and returns the CPU time of this process.
func sweep(b *testing.B, check func() error) time.Duration {
	b.Helper()
	before := cpu(b)
	work := make(chan struct{})
	var workers sync.WaitGroup
	for range atOnce {
		workers.Go(func() {
			for range work {
				if err := check(); err != nil {
					b.Error(err)
				}
			}
		})
	}
	for range checks {
		work <- struct{}{}
	}
	close(work)
	workers.Wait()
	return cpu(b) - before
}

func cpu(b *testing.B) time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// BenchmarkP2ProbeAgainstABareLoop compares the CPU time of 10,000 probes with that of a bare
// net/http loop, in turns, against one server. The goal of the whole check is 2.5 times.
func BenchmarkP2ProbeAgainstABareLoop(b *testing.B) {
	address := serverOfItsOwn(b) + "/me"
	bare := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: atOnce}}
	floor := func() error {
		answer, err := bare.Get(address)
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		_, err = io.ReadAll(answer.Body)
		return err
	}
	p, on := newProber(b), target(address)
	probed := func() error {
		if e := p.Run(context.Background(), on); e.Stage != integration.StageDone {
			return fmt.Errorf("%+v", e)
		}
		return nil
	}
	sweep(b, floor)
	sweep(b, probed)
	var ratios []float64
	for b.Loop() {
		f, c := sweep(b, floor), sweep(b, probed)
		ratios = append(ratios, float64(c)/float64(f))
		b.Logf("floor %s, probe %s, ratio %.2f", f.Round(time.Millisecond), c.Round(time.Millisecond), float64(c)/float64(f))
	}
	slices.Sort(ratios)
	b.ReportMetric(ratios[len(ratios)/2], "cpu-ratio")
}
