package backend_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// unread are the folders whose content nobody wrote by hand.
var unread = []string{".git", "node_modules", "bin", "artefacts", "dist", "test-results", "playwright-report"}

// written calls visit for every text file of the repository, with its path from the root.
func written(t *testing.T, visit func(name string, content []byte)) {
	t.Helper()
	err := filepath.WalkDir("..", func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if slices.Contains(unread, entry.Name()) {
				return fs.SkipDir
			}
			return nil
		}
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if !bytes.ContainsRune(content, 0) {
			name, _ := filepath.Rel("..", file)
			visit(filepath.ToSlash(name), content)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestNothingTellsOfTheMachineItWasWrittenOn(t *testing.T) {
	// Put together here, so that this file does not contain what it looks for.
	forbidden := []string{
		"/" + "work/", "/" + "root/", "/" + "tmp/w/", "registry." + "npmjs", "proxy." + "golang.org", "sum." + "golang.org", "deb." + "debian.org",
	}
	written(t, func(name string, content []byte) {
		for _, s := range forbidden {
			if i := bytes.Index(content, []byte(s)); i >= 0 {
				t.Errorf("%s:%d: contains %q", name, 1+bytes.Count(content[:i], []byte("\n")), s)
			}
		}
	})
}

func TestLockFilesRecordNoAddress(t *testing.T) {
	for _, lock := range []string{"../frontend/package-lock.json", "../build/e2e/package-lock.json", "../build/peers/package-lock.json"} {
		content, err := os.ReadFile(lock)
		if err != nil {
			t.Error(err)
			continue
		}
		for i, line := range strings.Split(string(content), "\n") {
			if strings.Contains(line, `"resolved"`) {
				t.Errorf("%s:%d: %s", lock, i+1, strings.TrimSpace(line))
				break
			}
		}
	}
}

// namedFile is a path in a text between backticks, as the README names the files of a path.
var namedFile = regexp.MustCompile("`((?:backend|frontend|build|\\.ci)/[A-Za-z0-9_./-]+|[a-z]+\\.go|Makefile)`")

func TestEveryFileThatTheReadmeNamesExists(t *testing.T) {
	content, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	text := string(content)
	made := []string{"build/bin/", "build/artefacts"}
	names := 0
	for _, match := range namedFile.FindAllStringSubmatch(text, -1) {
		name := match[1]
		if slices.ContainsFunc(made, func(prefix string) bool { return strings.HasPrefix(name, prefix) }) {
			continue
		}
		names++
		if _, err := os.Stat(filepath.Join("..", filepath.FromSlash(name))); err != nil {
			t.Errorf("README.md names %s, which does not exist", name)
		}
	}
	for _, heading := range []string{"### Check", "### Reauthorize"} {
		_, after, found := strings.Cut(text, heading+"\n")
		path, _, _ := strings.Cut(after, "\n#")
		if !found || len(namedFile.FindAllString(path, -1)) < 5 {
			t.Errorf("README.md does not trace %q through named files", heading)
		}
	}
	if names == 0 {
		t.Error("README.md names no file")
	}
}
