package integration

import "strconv"

// VaultKey names the secret of one version of a grant in the vault.
func VaultKey(grantID string, version int) string {
	return grantID + "/" + strconv.Itoa(version)
}
