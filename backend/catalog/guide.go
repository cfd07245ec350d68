package catalog

import (
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"relink/backend/integration"
)

// heading is a section's beginning: "## Withdraw {#withdraw}". The name in braces is for findings that lead there.
var heading = regexp.MustCompile(`^##\s+(.*?)(?:\s+\{#([a-z]+)\})?\s*$`)

// section is a part of a guide; name is "" where no finding leads there.
type section struct {
	name, title, text string
	line              int
}

func sections(guide string) []section {
	var all []section
	for i, line := range strings.Split(guide, "\n") {
		if m := heading.FindStringSubmatch(line); m != nil {
			all = append(all, section{name: m[2], title: m[1], line: i + 1})
		} else if len(all) > 0 {
			all[len(all)-1].text += line + "\n"
		}
	}
	return all
}

// Section is the title and the text, Markdown, of a guide's section; both are "" where the guide has none of that name.
func Section(guide string, name integration.Section) (title, text string) {
	for _, s := range sections(guide) {
		if name != "" && s.name == string(name) {
			return s.title, strings.TrimSpace(s.text)
		}
	}
	return "", ""
}

// lintGuides wants a guide in both languages, with the same sections, and those that every finding may lead to.
func lintGuides(fsys fs.FS, folder, shown string, p Provider) []error {
	var problems []error
	var before []string
	for i, lang := range []string{"en", "pt-BR"} {
		file := "guide." + lang + ".md"
		fail := func(line int, format string, args ...any) {
			problems = append(problems, FileError{File: filepath.Join(shown, file), Line: line, Problem: fmt.Sprintf(format, args...)})
		}
		text, err := readLimited(fsys, path.Join(folder, file))
		if err != nil {
			fail(0, "%v", err)
			continue
		}
		if strings.TrimSpace(string(text)) == "" {
			fail(1, "is empty")
			continue
		}
		var names []string
		for _, s := range sections(string(text)) {
			switch {
			case s.name != "" && !slices.Contains(integration.Sections, integration.Section(s.name)):
				fail(s.line, "no finding leads to a section called %q: want one of %v", s.name, integration.Sections)
			case s.name != "" && slices.Contains(names, s.name):
				fail(s.line, "the section %q is there twice", s.name)
			case strings.TrimSpace(s.text) == "":
				fail(s.line, "the section %q is empty", s.title)
			}
			names = append(names, s.name)
		}
		for _, needed := range p.neededSections() {
			if !slices.Contains(names, string(needed)) {
				fail(1, "the section {#%s} is missing: findings lead there", needed)
			}
		}
		if i > 0 && len(problems) == 0 && !slices.Equal(before, names) {
			fail(1, "has the sections %q, the English guide has %q", names, before)
		}
		before = names
	}
	return problems
}

// neededSections are those that a finding about this provider may lead to.
func (p Provider) neededSections() []integration.Section {
	needed := []integration.Section{integration.SectionRenew, integration.SectionTrouble, integration.SectionWithdraw}
	if _, consents := p.Method(integration.MethodOAuth2Code); consents {
		needed = append(needed, integration.SectionApp)
	}
	return needed
}
