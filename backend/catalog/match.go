package catalog

import (
	"bytes"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"

	"relink/backend/integration"
)

// Match finds the first answer that fits what a provider said at token, authorize, api or driver to
// somebody who came in by the method. body is the answer's text; code is the OAuth error at token and authorize, and the error code of
// the database at driver. The third result is the code to show. An api answer in the range 200 to
// 299 fits only an answer that lists its status, so that a good check reads nothing twice.
func Match(answers []Answer, at string, method integration.Method, status int, header http.Header, body []byte, code string) (Answer, bool, string) {
	good := at == "api" && status >= 200 && status < 300
	for i := range answers {
		a := &answers[i]
		if a.At != at || len(a.Methods) > 0 && !slices.Contains(a.Methods, method) || len(a.Status) == 0 && good || len(a.Status) > 0 && !slices.Contains(a.Status, status) {
			continue
		}
		if seen, ok := a.fits(seen{status, header, body, code}); ok {
			if a.Code != "" {
				seen = a.Code
			}
			return *a, true, seen
		}
	}
	return Answer{}, false, ""
}

// seen is what came back, as Match got it.
type seen struct {
	status int
	header http.Header
	body   []byte
	code   string
}

// fits tests every condition but the status, and returns the code that the answer gave away.
func (a *Answer) fits(s seen) (string, bool) {
	if a.Header != "" && !a.fitsHeader(s.header.Values(a.Header)) {
		return "", false
	}
	if a.Path != "" {
		return a.fitsPath(s)
	}
	code := s.code
	if len(a.Equals) > 0 && !slices.Contains(a.Equals, s.code) {
		return "", false
	}
	if a.Matches != "" {
		found := a.regexp().Find(s.body)
		if found == nil {
			return "", false
		}
		if code == "" {
			code = string(found)
		}
	}
	if code == "" && s.status != 0 {
		code = strconv.Itoa(s.status)
	}
	return code, true
}

// fitsHeader tests the values of the header: a field may come more than once (RFC 9110 section 5.2).
func (a *Answer) fitsHeader(values []string) bool {
	value := strings.ToLower(strings.Join(values, ", "))
	if len(a.Holds) == 0 {
		return value != ""
	}
	return slices.ContainsFunc(a.Holds, func(text string) bool { return strings.Contains(value, strings.ToLower(text)) })
}

// fitsPath tests the value at the path; of an array, any element, however deep.
func (a *Answer) fitsPath(s seen) (string, bool) {
	for _, value := range s.values(a.Path) {
		switch {
		case len(a.Equals) > 0 && !slices.Contains(a.Equals, value),
			len(a.Equals) == 0 && a.Matches != "" && !a.regexp().MatchString(value):
			continue
		}
		if len(a.Equals) > 0 && a.Matches != "" && !a.regexp().Match(s.body) {
			return "", false
		}
		return value, true
	}
	return "", false
}

// values reads the path in the body. A refusal of a token endpoint may come as its code and its
// description alone, without the JSON around them.
func (s seen) values(path string) []string {
	object := bytes.HasPrefix(bytes.TrimLeft(s.body, " \t\r\n"), []byte("{"))
	switch {
	case path == "error" && s.code != "":
		return []string{s.code}
	case path == "error_description" && !object && s.code != "":
		return []string{string(s.body)}
	}
	return flat(gjson.GetBytes(s.body, path), nil)
}

func flat(r gjson.Result, into []string) []string {
	switch {
	case !r.Exists(), r.Type == gjson.Null:
		return into
	case r.IsArray():
		r.ForEach(func(_, element gjson.Result) bool {
			into = flat(element, into)
			return true
		})
		return into
	}
	return append(into, r.String())
}

// regexp returns the compiled Matches, also of an answer that was not loaded from a file.
func (a *Answer) regexp() *regexp.Regexp {
	if a.pattern != nil {
		return a.pattern()
	}
	return compiled(a.Matches)
}

var never = regexp.MustCompile(`[^\s\S]`)
