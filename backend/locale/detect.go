package locale

import "strings"

// Detect returns the language of Relink that fits the environment best, by the variables that
// POSIX names (LC_ALL, LC_MESSAGES, LANG) and the list that gettext adds (LANGUAGE). English is the
// answer when they name none.
func Detect(getenv func(string) string) string {
	locale := first(getenv("LC_ALL"), getenv("LC_MESSAGES"), getenv("LANG"))
	if base, _, _ := strings.Cut(locale, "."); base == "C" || base == "POSIX" {
		return English // gettext ignores LANGUAGE then
	}
	for tag := range strings.SplitSeq(getenv("LANGUAGE"), ":") {
		if lang := match(tag); lang != "" {
			return lang
		}
	}
	if lang := match(locale); lang != "" {
		return lang
	}
	return English
}

// match finds the language for a name such as pt_BR.UTF-8, or "". Somebody who reads another
// Portuguese is better served by the Brazilian one than by English.
func match(name string) string {
	base := strings.ToLower(name)
	if i := strings.IndexAny(base, "_-.@"); i >= 0 {
		base = base[:i]
	}
	switch base {
	case "pt":
		return Brazilian
	case "en":
		return English
	}
	return ""
}

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}
