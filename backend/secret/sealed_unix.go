//go:build unix

package secret

import (
	"errors"
	"os"
)

const hasModes = true

// syncFolder makes a rename inside of the folder survive a lost power supply.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
