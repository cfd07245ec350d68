package main

import "os"

// quoted is Tiny RDM's stripped binary in MB, a peer that was measured once and is not run here.
const quoted = 29.3

// size measures P9: the stripped binary, beside a bare window that links the same libraries.
func (b *bench) size() ([]row, error) {
	relink, err := megabytes(b.relink)
	if err != nil {
		return nil, err
	}
	linked, err := megabytes(b.program("linked"))
	if err != nil {
		return nil, err
	}
	var sandbox [2]float64
	for i, with := range []string{"linked-nosandbox", "linked-withsandbox"} {
		if sandbox[i], err = megabytes(b.program(with)); err != nil {
			return nil, err
		}
	}
	return []row{
		{ID: "P9", What: "binary, stripped", Value: relink / linked, Unit: "x", Limit: 1.3, Anchor: "bare window with the same libraries"},
		{ID: "P9", What: "binary, stripped", Value: relink, Unit: "MB", Limit: quoted, Anchor: "quoted: Tiny RDM"},
		{ID: "P9", What: "the bare window with the libraries", Value: linked, Unit: "MB"},
		{ID: "P9", What: "share of the sandbox", Value: sandbox[1] - sandbox[0], Unit: "MB",
			Anchor: "what the bare window without it grows by, the OAuth server's library included"},
	}, nil
}

func megabytes(file string) (float64, error) {
	stat, err := os.Stat(file)
	if err != nil {
		return 0, err
	}
	return float64(stat.Size()) / 1e6, nil
}
