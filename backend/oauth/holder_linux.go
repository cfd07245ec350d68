package oauth

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// holder names the program that listens on a TCP port of this computer, with its process id, or "" when
// that is not visible: another person's program is not.
func holder(port int) string {
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		content, err := os.ReadFile(table)
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(content)) {
			if inode := listening(line, port); inode != "" {
				return owner("socket:[" + inode + "]")
			}
		}
	}
	return ""
}

// listening returns the inode of the table's socket when it listens on the port (proc(5)).
func listening(line string, port int) string {
	const listen = "0A"
	fields := strings.Fields(line)
	if len(fields) < 10 || fields[3] != listen {
		return ""
	}
	_, hex, _ := strings.Cut(fields[1], ":")
	if found, err := strconv.ParseUint(hex, 16, 16); err != nil || int(found) != port {
		return ""
	}
	return fields[9]
}

// owner finds the process that has the socket open.
func owner(socket string) string {
	open, _ := filepath.Glob("/proc/[0-9]*/fd/*") // a pattern of ours is never malformed
	for _, link := range open {
		if target, err := os.Readlink(link); err != nil || target != socket {
			continue
		}
		process := filepath.Dir(filepath.Dir(link))
		name, err := os.ReadFile(filepath.Join(process, "comm"))
		if err != nil {
			return ""
		}
		return printable(string(name), maxCode) + ", process " + filepath.Base(process)
	}
	return ""
}
