package cli

import (
	"io"
	"os"
)

// passedOn is what is kept from ending Relink before its program: the console sends it to both.
func passedOn(io.Reader) []os.Signal { return []os.Signal{os.Interrupt} }

func pass(*os.Process, os.Signal) {}

func endCode(state *os.ProcessState) int { return state.ExitCode() }
