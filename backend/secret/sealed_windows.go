package secret

const hasModes = false // a profile's folder hands its access list down

// syncFolder does nothing: Windows cannot flush a folder.
func syncFolder(string) error { return nil }
