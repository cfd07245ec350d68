package cli

import (
	"context"
	"fmt"
	"io"
	"testing"
)

// A question follows a consent: what is typed once the wait for the consent is over answers the question.
func TestLineThatIsTypedAfterAWaitIsForTheNextQuestion(t *testing.T) {
	in, person := io.Pipe()
	defer person.Close()
	r := &run{Env: Env{In: in}}
	for n := range 500 {
		waits, over := context.WithCancel(t.Context())
		taken := make(chan string, 1)
		go func() {
			line, _ := r.next(waits)
			taken <- line
		}()
		over()
		want := fmt.Sprint("answer ", n)
		go func() { _, _ = fmt.Fprintln(person, want) }()
		if line := <-taken; line != "" {
			t.Fatalf("the wait was over, and took %q", line)
		}
		if line, ok := r.next(t.Context()); !ok || line != want {
			t.Fatalf("the question got %q, want %q", line, want)
		}
	}
}
