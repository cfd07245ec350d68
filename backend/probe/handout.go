package probe

import (
	"errors"
	"slices"
	"strings"
	"unicode"

	"relink/backend/secret"
)

// ErrNoHeader means that the grant is not offered to its API in a header.
var ErrNoHeader = errors.New("the credential does not travel in a header")

// Credential are the headers that carry the target's credential to its API, by name. The error is
// ErrNoHeader, secret.ErrCorrupt for a credential that is empty, or tells that the settings do not fit.
func Credential(t Target) ([]secret.Named, error) {
	method, _ := t.Provider.Method(t.Grant.Method)
	var headers []secret.Named
	for name, template := range method.Headers {
		value, err := t.carried(template)
		switch name := t.path(name); {
		case errors.Is(err, errEmptySecret):
			return nil, secret.ErrCorrupt
		case err != nil:
			return nil, err
		case strings.ContainsFunc(value, unicode.IsControl) || strings.ContainsFunc(name, notInName) || name == "":
			return nil, secret.ErrUnwritable
		case value != "":
			headers = append(headers, secret.Named{Name: name, Value: secret.New(value)})
		}
	}
	if len(headers) == 0 {
		return nil, ErrNoHeader
	}
	slices.SortFunc(headers, func(a, b secret.Named) int { return strings.Compare(a.Name, b.Name) })
	return headers, nil
}
