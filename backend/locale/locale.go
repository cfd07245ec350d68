// Package locale answers how a sentence reads in the person's language.
//
// # Why
// Every sentence for people lies in en.json and pt-BR.json, keyed by place and meaning, so that the
// window, the tray, a notification and the command line say the same, and a translator touches two
// files and no code.
package locale

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"relink/backend/integration"
)

//go:embed en.json
var english []byte

//go:embed pt-BR.json
var brazilian []byte

// The languages that Relink speaks, by their tag (RFC 5646).
const (
	English   = "en"
	Brazilian = "pt-BR"
)

// Languages lists the tags of all languages, the default one first.
func Languages() []string { return []string{English, Brazilian} }

// Catalog holds every sentence in every language. It is read-only and may be shared.
type Catalog struct {
	sentences map[string]map[string]sentence
	now       func() time.Time
	zone      *time.Location
}

// sentence is one text, or two that differ by the number in the argument "count".
type sentence struct{ one, other string }

// UnmarshalJSON reads a string, or an object with the keys one and other.
func (s *sentence) UnmarshalJSON(content []byte) error {
	if len(content) > 0 && content[0] == '"' {
		if err := json.Unmarshal(content, &s.other); err != nil {
			return err
		}
		s.one = s.other
		return nil
	}
	var forms struct{ One, Other *string }
	if err := json.Unmarshal(content, &forms); err != nil {
		return err
	}
	if forms.One == nil || forms.Other == nil {
		return fmt.Errorf("want a string, or an object with one and other: %s", content)
	}
	s.one, s.other = *forms.One, *forms.Other
	return nil
}

// Load reads the sentences that are built into the program. An error means that a file of them is
// broken, which a test of this package rules out.
func Load() (*Catalog, error) {
	c := &Catalog{sentences: map[string]map[string]sentence{}, now: time.Now, zone: time.Local}
	for lang, content := range map[string][]byte{English: english, Brazilian: brazilian} {
		var all map[string]sentence
		if err := json.Unmarshal(content, &all); err != nil {
			return nil, fmt.Errorf("read the sentences of %s: %w", lang, err)
		}
		c.sentences[lang] = all
	}
	return c, nil
}

// At returns the same sentences with another clock and zone for the times in them.
func (c *Catalog) At(now func() time.Time, zone *time.Location) *Catalog {
	return &Catalog{sentences: c.sentences, now: now, zone: zone}
}

// In returns the printer of a language, or of English where the tag is not known.
func (c *Catalog) In(lang string) Printer {
	if !slices.Contains(Languages(), lang) {
		lang = English
	}
	return Printer{catalog: c, lang: lang}
}

// Printer writes sentences in one language.
type Printer struct {
	catalog *Catalog
	lang    string
}

// Lang returns the tag of the language.
func (p Printer) Lang() string { return p.lang }

// Has says whether there is a sentence under the key.
func (p Printer) Has(key string) bool {
	_, ok := p.catalog.sentences[p.lang][key]
	return ok
}

// Text writes the sentence with its values put in. A key without a sentence is written as it is, so
// that the gap is seen and nothing is hidden.
func (p Printer) Text(t integration.Text) string {
	s, ok := p.catalog.sentences[p.lang][t.Key]
	if !ok {
		return t.Key
	}
	template := s.other
	if p.singular(t.Args["count"]) {
		template = s.one
	}
	return p.fill(template, t.Args)
}

// T is Text for code that has the values at hand: name, value, name, value …
func (p Printer) T(key string, args ...string) string {
	values := make(map[string]string, len(args)/2)
	for i := 0; i+1 < len(args); i += 2 {
		values[args[i]] = args[i+1]
	}
	return p.Text(integration.Text{Key: key, Args: values})
}

// singular says whether the language uses the form "one" for a number: English for 1 alone,
// Brazilian Portuguese for 0 too (Unicode CLDR, language plural rules).
func (p Printer) singular(count string) bool {
	n, err := strconv.ParseInt(count, 10, 64)
	if err != nil {
		return false
	}
	return n == 1 || n == 0 && p.lang == Brazilian
}

// fill puts the values into {names} in one pass, so that braces within a value stay what they are.
func (p Printer) fill(template string, args map[string]string) string {
	var b strings.Builder
	for {
		start := strings.IndexByte(template, '{')
		if start < 0 {
			break
		}
		end := strings.IndexByte(template[start:], '}')
		if end < 0 {
			break
		}
		name := template[start+1 : start+end]
		b.WriteString(template[:start])
		if value, ok := args[name]; ok {
			b.WriteString(p.value(name, value))
		} else {
			b.WriteString(template[start : start+end+1])
		}
		template = template[start+end+1:]
	}
	b.WriteString(template)
	return b.String()
}

// value shows a time, whose name ends in "At", in the reader's manner, and anything else as it is.
func (p Printer) value(name, value string) string {
	if !strings.HasSuffix(name, "At") {
		return value
	}
	t, err := time.Parse(time.RFC3339, value)
	if err != nil {
		return value
	}
	return p.Time(t)
}
