package cli

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

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

func containing(all []view.Provider, query string) []view.Provider {
	words := strings.Fields(query)
	return slices.DeleteFunc(slices.Clone(all), func(p view.Provider) bool {
		parts := append([]string{p.Name, p.ID, p.Family, p.Summary.EN, p.Summary.PTBR}, p.Synonyms...)
		if p.Theirs != nil {
			parts = append(parts, p.Theirs.Name)
		}
		text := folded(strings.Join(parts, " "))
		return slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(text, word) })
	})
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
