package secret

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Named is a value with the name under which it is handed out.
type Named struct {
	Name  string
	Value Text
}

// ErrUnwritable means that a value cannot be handed out in the wanted form: a line break in a line, a
// zero byte in the environment.
var ErrUnwritable = errors.New("the value cannot be written in this form")

// WriteLine writes the secret alone, and ends the line.
func WriteLine(w io.Writer, t Text) error {
	value := t.Reveal()
	if strings.ContainsAny(value, "\n\r\x00") {
		return ErrUnwritable
	}
	_, err := io.WriteString(w, value+"\n")
	return err
}

// WriteHeaders writes a line for each value: its name, a colon, and the value (RFC 9112 section 5).
func WriteHeaders(w io.Writer, headers []Named) error {
	for _, h := range headers {
		if err := WriteLine(w, New(h.Name+": "+h.Value.Reveal())); err != nil {
			return err
		}
	}
	return nil
}

// WriteObject writes the values as one JSON object, in their order.
func WriteObject(w io.Writer, values []Named) error {
	var b strings.Builder
	for i, v := range values {
		name, _ := json.Marshal(v.Name) // a string always marshals
		value, _ := json.Marshal(v.Value.Reveal())
		sep := ","
		if i == 0 {
			sep = "{"
		}
		fmt.Fprintf(&b, "%s\n  %s: %s", sep, name, value)
	}
	if len(values) == 0 {
		b.WriteString("{")
	}
	_, err := io.WriteString(w, b.String()+"\n}\n")
	return err
}

// WriteShell writes a line NAME='value' for each, as a POSIX shell reads it.
func WriteShell(w io.Writer, values []Named) error {
	var b strings.Builder
	for _, v := range values {
		value := v.Value.Reveal()
		if strings.ContainsRune(value, 0) {
			return ErrUnwritable
		}
		b.WriteString(v.Name + "='" + strings.ReplaceAll(value, "'", `'\''`) + "'\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Environ adds the values to a program's environment, which is the only place that they are put to.
func Environ(base []string, values []Named) ([]string, error) {
	all := append(make([]string, 0, len(base)+len(values)), base...)
	for _, v := range values {
		value := v.Value.Reveal()
		if strings.ContainsRune(value, 0) {
			return nil, ErrUnwritable
		}
		all = append(all, v.Name+"="+value)
	}
	return all, nil
}
