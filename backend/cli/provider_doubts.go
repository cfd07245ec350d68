package cli

import (
	"fmt"
	"strings"

	"relink/backend/catalog"
)

// unconfirmed are the facts that no source confirms, in the catalog's own words and language: those that the
// provider lists, the documented answers that it only assumes, and a status page of which nobody read.
func unconfirmed(p catalog.Provider) []string {
	all := append([]string{}, p.Unconfirmed...)
	for _, a := range p.Answers {
		if a.Unconfirmed {
			all = append(all, doubted(a))
		}
	}
	if p.Status != nil && p.Status.Unconfirmed {
		all = append(all, "the address and the form of the status page "+p.Status.URL)
	}
	return all
}

// doubted says which answer means what, without a source for it.
func doubted(a catalog.Answer) string {
	var when []string
	if len(a.Status) > 0 {
		when = append(when, "status "+strings.Trim(strings.Join(strings.Fields(fmt.Sprint(a.Status)), ", "), "[]"))
	}
	if len(a.Equals) > 0 {
		when = append(when, strings.Join(a.Equals, ", "))
	}
	if a.Matches != "" {
		when = append(when, "“"+a.Matches+"”")
	}
	if a.Header != "" {
		when = append(when, "the header "+a.Header)
	}
	at := map[string]string{"token": "the token endpoint", "authorize": "the consent page", "driver": "the database"}[a.At]
	if at == "" {
		at = "the API"
	}
	line := fmt.Sprintf("that %s from %s means %s", strings.Join(when, " with "), at, a.Meaning)
	if a.Note != "" {
		line += " (" + a.Note + ")"
	}
	return line
}
