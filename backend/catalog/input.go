package catalog

import (
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"relink/backend/integration"
)

// The longest values that a form takes, in characters.
const (
	maxValue    = 2048
	maxTextArea = 64 << 10
)

// ValidateFields checks what a person typed into a form. Secrets are not among the values:
// secretsPresent says which were given. The result is nil when all is well, and otherwise names
// every problem, so that a person mends them in one go. Space around a value is not a problem.
func ValidateFields(fields []integration.Field, values map[string]string, secretsPresent map[string]bool) integration.InputErrors {
	var problems integration.InputErrors
	for _, f := range fields {
		if !Asked(f, values) {
			continue
		}
		if f.Secret() {
			if !secretsPresent[f.ID] && !f.Optional {
				problems = append(problems, fieldError(f, "required", ""))
			}
			continue
		}
		value := strings.TrimSpace(values[f.ID])
		if code := fieldProblem(f, value); code != "" {
			problems = append(problems, fieldError(f, code, value))
		}
	}
	return problems
}

// Asked says whether a field is asked for: not when it needs a setting that is empty, or another
// value of one, NAME=VALUE, or any but one, NAME!=VALUE.
func Asked(f integration.Field, values map[string]string) bool {
	name, value, compared := strings.Cut(f.Needs, "=")
	name, other := strings.CutSuffix(name, "!")
	switch given := strings.TrimSpace(values[name]); {
	case f.Needs == "":
		return true
	case compared:
		return (given == value) != other
	default:
		return given != ""
	}
}

// Needed is the id of the field that f needs, "" for none.
func Needed(f integration.Field) string {
	name, _, _ := strings.Cut(f.Needs, "=")
	return strings.TrimSuffix(name, "!")
}

// fieldError names the field by its English label, and by that of each other language in "field.LANGUAGE".
func fieldError(f integration.Field, code, value string) integration.InputError {
	limit := maxValue
	if f.Kind == integration.FieldTextArea {
		limit = maxTextArea
	}
	example := f.Example
	if example == "" {
		example = f.Default
	}
	if example == "" {
		example = examples[f.Kind]
	}
	args := map[string]string{"field": f.Label.In("en"), "value": excerpt(value), "example": example}
	for lang, label := range f.Label {
		if lang != "en" {
			args["field."+lang] = label
		}
	}
	switch code {
	case "choice_unknown":
		args["choices"] = strings.Join(f.Choices, ", ")
	case "too_long":
		args["limit"] = strconv.Itoa(limit)
	}
	return integration.InputError{Field: f.ID, Code: code, Args: args}
}

// examples stand in where a field brings none.
var examples = map[integration.FieldKind]string{
	integration.FieldHost: "db.example.com", integration.FieldPort: "5432",
	integration.FieldURL: "https://example.com", integration.FieldNumber: "10",
}

// excerpt keeps a value that is quoted in a sentence short and printable.
func excerpt(value string) string {
	value = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return '␣'
		}
		return r
	}, value)
	if runes := []rune(value); len(runes) > 80 {
		return string(runes[:80]) + "…"
	}
	return value
}

// fieldProblem returns the code of what is wrong with a value, "" when nothing is.
func fieldProblem(f integration.Field, value string) string {
	limit := maxValue
	if f.Kind == integration.FieldTextArea {
		limit = maxTextArea
	}
	switch {
	case value == "" && (f.Optional || f.Default != ""):
		return ""
	case value == "":
		return "required"
	case len([]rune(value)) > limit:
		return "too_long"
	case hasControl(value, f.Kind == integration.FieldTextArea):
		return "control_characters"
	}
	if code := kindProblem(f, value); code != "" {
		return code
	}
	if f.Pattern != "" && !matchesWhole(f.Pattern, value) {
		return "pattern"
	}
	return ""
}

// matchesWhole says whether the whole value fits the pattern. A pattern that does not compile is
// found when the provider is loaded, and fits nothing here.
func matchesWhole(pattern, value string) bool {
	re, err := regexp.Compile(`^(?:` + pattern + `)$`)
	return err == nil && re.MatchString(value)
}

func hasControl(value string, lines bool) bool {
	return strings.ContainsFunc(value, func(r rune) bool {
		return (unicode.IsControl(r) || r == unicode.ReplacementChar || unicode.Is(unicode.Cf, r)) && !(lines && (r == '\n' || r == '\r' || r == '\t'))
	})
}

func kindProblem(f integration.Field, value string) string {
	switch f.Kind {
	case integration.FieldHost:
		return hostProblem(value)
	case integration.FieldPort:
		if n, err := strconv.Atoi(value); err != nil || n < 1 || n > 65535 {
			return "port_range"
		}
	case integration.FieldURL:
		return urlProblem(value)
	case integration.FieldNumber:
		if _, err := strconv.ParseInt(value, 10, 64); err != nil {
			return "number_invalid"
		}
	case integration.FieldChoice:
		if !slices.Contains(f.Choices, value) {
			return "choice_unknown"
		}
	}
	return ""
}

// hostName is a host as people write it; the underscore is not for the web, but databases have it.
var hostName = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?\.?$`)

func hostProblem(value string) string {
	if _, err := netip.ParseAddr(strings.Trim(value, "[]")); err == nil {
		return ""
	}
	switch {
	case strings.Contains(value, "://"):
		return "host_has_scheme"
	case strings.ContainsAny(value, "/:?#"):
		return "host_has_path"
	case !hostName.MatchString(value) || strings.Contains(value, ".."):
		return "host_invalid"
	}
	return ""
}

// urlProblem wants an absolute https address without a login or a fragment. Plain http is allowed
// to this computer alone, where nobody is on the way.
func urlProblem(value string) string {
	u, err := url.Parse(value)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "" || u.User != nil || u.Fragment != "" || strings.ContainsAny(value, `{}\ `):
		return "url_invalid"
	case u.Scheme == "https", u.Scheme == "http" && loopback(u.Hostname()):
		return ""
	}
	return "url_not_https"
}

// loopback says whether the host is an address of this computer, written as a number: a name such
// as localhost can be made to mean anything.
func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}
