package secret

import (
	"encoding/json"
	"errors"
	"os/exec"
	"strings"
	"testing"
)

var awkward = []string{`a'b"c$d\e`, "`id`", "--x", "ü €", " spaces ", "line\nbreak", "=", "'"}

func TestShellReadsBackWhatWasWritten(t *testing.T) {
	for _, value := range awkward {
		var b strings.Builder
		if err := WriteShell(&b, []Named{{"RELINK_X", New(value)}}); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command("sh", "-c", b.String()+`printf %s "$RELINK_X"`).Output()
		if err != nil || string(out) != value {
			t.Errorf("%q came back as %q, %v", value, out, err)
		}
	}
}

func TestObjectIsJSONInItsOrder(t *testing.T) {
	for _, value := range awkward {
		var b strings.Builder
		if err := WriteObject(&b, []Named{{"z", New(value)}, {"a", New("2")}}); err != nil {
			t.Fatal(err)
		}
		var got map[string]string
		if err := json.Unmarshal([]byte(b.String()), &got); err != nil || got["z"] != value || got["a"] != "2" {
			t.Errorf("%q: %v, %v", b.String(), got, err)
		}
		if strings.Index(b.String(), `"z"`) > strings.Index(b.String(), `"a"`) {
			t.Errorf("the order is lost: %s", b.String())
		}
	}
	var b strings.Builder
	if err := WriteObject(&b, nil); err != nil || !json.Valid([]byte(b.String())) {
		t.Errorf("nothing at all: %q, %v", b.String(), err)
	}
}

func TestWhatDoesNotFitTheFormIsRefusedWhole(t *testing.T) {
	var b strings.Builder
	for _, value := range []string{"a\nb", "a\rb", "a\x00b"} {
		if err := WriteLine(&b, New(value)); !errors.Is(err, ErrUnwritable) {
			t.Errorf("a line of %q: %v", value, err)
		}
		if err := WriteHeaders(&b, []Named{{"X", New(value)}}); !errors.Is(err, ErrUnwritable) {
			t.Errorf("a header of %q: %v", value, err)
		}
	}
	if err := WriteShell(&b, []Named{{"X", New("1")}, {"Y", New("a\x00b")}}); !errors.Is(err, ErrUnwritable) {
		t.Errorf("a zero byte: %v", err)
	}
	if _, err := Environ(nil, []Named{{"X", New("a\x00b")}}); !errors.Is(err, ErrUnwritable) {
		t.Errorf("a zero byte in the environment: %v", err)
	}
	if b.Len() > 0 {
		t.Errorf("written all the same: %q", b.String())
	}
}
