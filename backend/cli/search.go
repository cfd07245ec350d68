package cli

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"relink/backend/view"
)

// whole are the words by which other products call what Relink calls an integration: they stand for all of them.
var whole = regexp.MustCompile(`(^|[^\p{L}])(integrations?|connections?|connectors?|data ?sources?|sources?|services?|providers?|apps?|integracao|integracoes|conexao|conexoes|conector(es)?|fontes?( de dados)?|servicos?|provedor(es)?)($|[^\p{L}])`)

// matching are the providers that all words of a query are found in: by name, id, family, synonym, summary and
// what Commerce Intelligence calls them. The window's catalog searches the same way.
func matching(all []view.Provider, query string) []view.Provider {
	asked := strings.Join(strings.Fields(folded(query)), " ")
	narrowed := asked
	for {
		less := strings.TrimSpace(whole.ReplaceAllString(narrowed, " "))
		if less == narrowed {
			break
		}
		narrowed = less
	}
	if narrowed == "" {
		return all
	}
	if found := containing(all, asked); len(found) > 0 || narrowed == asked {
		return found
	}
	return containing(all, narrowed)
}

// containing are the providers that all words are found in, first those in which words begin with them: rds begins
// RDS and only ends AdWords.
func containing(all []view.Provider, query string) []view.Provider {
	words := strings.Fields(query)
	begun, within := []view.Provider{}, []view.Provider{}
	for _, p := range all {
		parts := append([]string{p.Name, p.ID, p.Family, p.Summary.EN, p.Summary.PTBR}, p.Synonyms...)
		if p.Theirs != nil {
			parts = append(parts, p.Theirs.Name)
		}
		text := folded(strings.Join(parts, " "))
		switch {
		case !slices.ContainsFunc(words, func(word string) bool { return !begins(text, word) }):
			begun = append(begun, p)
		case !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(text, word) }):
			within = append(within, p)
		}
	}
	return append(begun, within...)
}

// begins says whether a word of the text begins so.
func begins(text, word string) bool {
	for at := 0; ; {
		found := strings.Index(text[at:], word)
		if found < 0 {
			return false
		}
		at += found
		before, _ := utf8.DecodeLastRuneInString(text[:at])
		if at == 0 || !unicode.IsLetter(before) && !unicode.IsDigit(before) {
			return true
		}
		at += len(word)
	}
}

// folded is a text in small letters and without accents, so that "sao" finds "São".
func folded(text string) string {
	return strings.ToLower(strings.Map(func(r rune) rune {
		if unicode.Is(unicode.M, r) {
			return -1
		}
		return r
	}, norm.NFD.String(text)))
}
