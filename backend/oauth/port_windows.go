package oauth

import (
	"errors"
	"syscall"
)

// Winsock's WSAEADDRINUSE, and WSAEACCES for a port that another program holds exclusively.
func portTaken(err error) bool {
	return errors.Is(err, syscall.Errno(10048)) || errors.Is(err, syscall.Errno(10013))
}
