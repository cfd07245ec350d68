package tunnel_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// listening are the sockets of this process that listen for TCP connections.
func listening(t *testing.T) string {
	t.Helper()
	own := map[string]bool{}
	sockets, _ := filepath.Glob("/proc/self/fd/*")
	for _, socket := range sockets {
		if name, err := os.Readlink(socket); err == nil {
			own[strings.Trim(strings.TrimPrefix(name, "socket:"), "[]")] = true
		}
	}
	var all []string
	for _, table := range []string{"/proc/self/net/tcp", "/proc/self/net/tcp6"} {
		text, err := os.ReadFile(table)
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(text)) {
			const listens = "0A"
			if f := strings.Fields(line); len(f) > 9 && f[3] == listens && own[f[9]] {
				all = append(all, f[1])
			}
		}
	}
	slices.Sort(all)
	return strings.Join(all, "\n")
}

// descendants are the processes that this one started.
func descendants(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("/proc/self/task/" + strconv.Itoa(os.Getpid()) + "/children")
	if err != nil {
		t.Skip("the kernel does not tell the children of a process")
	}
	return strings.Fields(string(text))
}

// inFiles complains of files below the folder that hold the text.
func inFiles(t *testing.T, dir, text string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		if content, err := os.ReadFile(file); err == nil && strings.Contains(string(content), text) {
			t.Errorf("%s holds the key", file)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
