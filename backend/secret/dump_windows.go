package secret

import "golang.org/x/sys/windows"

// forbidDumps asks Windows for no error report, which would hold a picture of the memory.
func forbidDumps() {
	windows.SetErrorMode(windows.SEM_FAILCRITICALERRORS | windows.SEM_NOGPFAULTERRORBOX)
}
