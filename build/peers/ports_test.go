package peers_test

import (
	"testing"

	"relink/build/peers"
)

// Of 400 draws among 12,000 ports about seven would meet.
func TestNoTwoProgramsAreGivenTheSamePort(t *testing.T) {
	given := map[string]bool{}
	for range 400 {
		port, err := peers.FreePort()
		if err != nil {
			t.Fatal(err)
		}
		if given[port] {
			t.Fatalf("port %s is given twice", port)
		}
		given[port] = true
	}
}
