package integration

import (
	"errors"
	"fmt"
	"strings"
)

// InputError says which field of the person's input is wrong, how, and, through the locale keys
// input.CODE.problem and input.CODE.fix, what to do about it.
type InputError struct {
	Field string            `json:"field"`
	Code  string            `json:"code"`
	Args  map[string]string `json:"args,omitempty"`
}

// Error tells the field and the code; people are shown the locale's sentences instead.
func (e InputError) Error() string { return fmt.Sprintf("%s: %s", e.Field, e.Code) }

// InputErrors are all problems of one form.
type InputErrors []InputError

// Error joins the problems.
func (e InputErrors) Error() string {
	parts := make([]string, len(e))
	for i, p := range e {
		parts[i] = p.Error()
	}
	return strings.Join(parts, "; ")
}

// Problems returns the input problems that err carries, or nil.
func Problems(err error) []InputError {
	var many InputErrors
	if errors.As(err, &many) {
		return many
	}
	var one InputError
	if errors.As(err, &one) {
		return []InputError{one}
	}
	return nil
}

// Errors that the parts share.
var (
	ErrNotFound  = errors.New("not found")
	ErrReadOnly  = errors.New("the data folder is read-only")
	ErrBusy      = errors.New("busy: another part of Relink holds the grant")
	ErrDuplicate = errors.New("the name is taken")
)
