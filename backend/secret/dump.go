package secret

// ForbidDumps keeps the memory of this program, and of what it starts, out of files when it crashes: the
// secrets of the moment lie in it. It is the first thing that a program with secrets does. A system that
// refuses writes no dumps into files either.
func ForbidDumps() { forbidDumps() }
