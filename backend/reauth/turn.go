package reauth

import (
	"fmt"
	"os"
	"path/filepath"
)

// turns say across processes which conversation about a grant is the newest: a file for each grant holds
// its id. The newest wins, as within one process; the one before ends as soon as it looks. No lock is
// held while a person thinks, so nobody is shut out by a window that was left open, and a file that a
// killed process left behind stands in nobody's way. The file stays when its conversation ends: whoever
// was overtaken by one that was over in a moment must still find that out.
type turns struct{ dir string }

func (c *Conversations) turns() turns { return turns{dir: c.Locks.Dir} }

func (t turns) file(grantID string) string { return filepath.Join(t.dir, grantID+".repair") }

// take makes the conversation the newest one about the grant.
func (t turns) take(grantID, flow string) error {
	if err := os.MkdirAll(t.dir, 0o700); err != nil {
		return fmt.Errorf("make the folder for locks: %w", err)
	}
	part, err := os.CreateTemp(t.dir, grantID+".*.part")
	if err != nil {
		return fmt.Errorf("note the repair: %w", err)
	}
	_, err = part.WriteString(flow)
	if closeErr := part.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(part.Name(), t.file(grantID)) // readers see the old id or the new one, never half of one
	}
	if err != nil {
		_ = os.Remove(part.Name())
		return fmt.Errorf("note the repair: %w", err)
	}
	return nil
}

// newest is the id of the newest conversation about the grant, "" where none is known.
func (t turns) newest(grantID string) string {
	text, err := os.ReadFile(t.file(grantID))
	if err != nil {
		return ""
	}
	return string(text)
}

// overtaken says whether a newer conversation about the same grant has begun in another process.
func (c *Conversations) overtaken(f *flow) bool {
	if !f.replaces() {
		return false
	}
	newest := c.turns().newest(f.old.ID)
	return newest != "" && newest != f.id
}
