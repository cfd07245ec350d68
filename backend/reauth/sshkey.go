package reauth

import (
	"cmp"
	"slices"

	"relink/backend/catalog"
	"relink/backend/integration"
	"relink/backend/tunnel"
)

// ChoiceMakeKey is the answer that has Relink make an SSH key; the next step is the form with its public half.
const ChoiceMakeKey = "make_key"

// The fields of a tunnel, as common.yaml of the catalog calls them.
const (
	fieldKey        = "ssh_key"
	fieldPassphrase = "ssh_passphrase"
)

// takesKey says whether the form asks for a private SSH key.
func (f *flow) takesKey() bool {
	return slices.ContainsFunc(f.method.Fields, func(x integration.Field) bool {
		return x.ID == fieldKey && catalog.Asked(x, f.integration.Settings)
	})
}

// madeKey is the form with a new key in it. Its private half stays here until the commit.
func (c *Conversations) madeKey(f *flow) (integration.Step, error) {
	private, _, err := tunnel.NewKey()
	if err != nil {
		return integration.Step{}, err
	}
	c.mu.Lock()
	if f.typed != nil {
		f.typed[fieldKey] = private
		delete(f.typed, fieldPassphrase)
	}
	c.mu.Unlock()
	return c.form(f, nil), nil
}

// sshKey is the public half of the key that is known by now, and how it is installed; nil where there
// is none, or none that can be read.
func (c *Conversations) sshKey(f *flow) *integration.SSHKey {
	_, typed, _ := c.entered(f)
	if !f.takesKey() || typed[fieldKey].Empty() {
		return nil
	}
	public, err := tunnel.PublicKey(typed[fieldKey], typed[fieldPassphrase])
	if err != nil {
		return nil
	}
	settings := f.integration.Settings
	host, port := settings["host"], settings["port"]
	if host == "" || port == "" {
		return &integration.SSHKey{Public: public, Line: public, Install: tunnel.Install(public)}
	}
	line := tunnel.AuthorizedKey(public, host, port)
	return &integration.SSHKey{User: settings["ssh_user"], Host: cmp.Or(settings["ssh_host"], "–"), Public: public, Line: line, Install: tunnel.Install(line)}
}
