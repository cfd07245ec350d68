package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// ticksPerSecond is USER_HZ, which Linux fixes at 100 for /proc.
const ticksPerSecond = 100

// cpuOf returns the user and system time of a process and of its descendants, from /proc/PID/stat.
func cpuOf(pid int) time.Duration {
	var ticks int64
	for _, p := range tree(pid) {
		if fields := statOf(p); len(fields) > 12 {
			user, _ := strconv.ParseInt(fields[11], 10, 64)
			system, _ := strconv.ParseInt(fields[12], 10, 64)
			ticks += user + system
		}
	}
	return time.Duration(ticks) * time.Second / ticksPerSecond
}

// statOf returns the fields of /proc/PID/stat from the third on, so that [1] is the parent.
func statOf(pid int) []string {
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil
	}
	// The second field is the name in parentheses and may contain anything.
	return strings.Fields(string(content[bytes.LastIndexByte(content, ')')+1:]))
}

// tree returns the process and all its descendants.
func tree(pid int) []int {
	children := map[int][]int{}
	folders, _ := filepath.Glob("/proc/[0-9]*")
	for _, folder := range folders {
		child, _ := strconv.Atoi(filepath.Base(folder))
		if fields := statOf(child); len(fields) > 1 {
			parent, _ := strconv.Atoi(fields[1])
			children[parent] = append(children[parent], child)
		}
	}
	all := []int{pid}
	for i := 0; i < len(all); i++ {
		all = append(all, children[all[i]]...)
	}
	return all
}

// switchesOf returns the voluntary and involuntary context switches of all threads so far.
func switchesOf(pid int) int64 {
	var sum int64
	threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
	for _, thread := range threads {
		sum += number(thread, "voluntary_ctxt_switches:") + number(thread, "nonvoluntary_ctxt_switches:")
	}
	return sum
}

// residentOf returns the resident set of one process in MiB.
func residentOf(pid int) float64 {
	return float64(number(fmt.Sprintf("/proc/%d/status", pid), "VmRSS:")) / 1024
}

// proportionalOf returns the proportional set size of the tree in MiB.
func proportionalOf(pid int) float64 {
	var sum int64
	for _, p := range tree(pid) {
		sum += number(fmt.Sprintf("/proc/%d/smaps_rollup", p), "Pss:")
	}
	return float64(sum) / 1024
}

// number returns the number behind a label that begins a line, 0 where there is none.
func number(file, label string) int64 {
	content, err := os.ReadFile(file)
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(content)) {
		if rest, ok := strings.CutPrefix(line, label); ok {
			n, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return n
		}
	}
	return 0
}

// loadNow is the load average of the last minute.
func loadNow() float64 {
	content, _ := os.ReadFile("/proc/loadavg")
	first, _, _ := strings.Cut(string(content), " ")
	load, _ := strconv.ParseFloat(first, 64)
	return load
}
