package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"relink/backend/grant"
	"relink/backend/integration"
	"relink/backend/secret"
	"relink/backend/view"
)

// The vaults that a data folder can have.
const (
	vaultKeychain = "keychain"
	vaultFile     = "file"
)

// VaultChoice is where a data folder's logins are kept, and what opens it. The zero one stands for
// what is remembered for the folder, which is the keychain at first.
type VaultChoice struct {
	Kind           string `json:"kind"`
	IdentityFile   string `json:"identity_file,omitempty"`
	PassphraseFile string `json:"passphrase_file,omitempty"`
	// Ask asks for the passphrase; nil where nobody can be asked.
	Ask func(ctx context.Context, fresh bool) (secret.Text, error) `json:"-"`
}

// asks says whether a person has to be asked before the vault opens.
func (v VaultChoice) asks() bool {
	return v.Kind == vaultFile && v.IdentityFile == "" && v.PassphraseFile == ""
}

// changes says whether v is another vault or key than the one in use. "file" alone keeps the key.
func (v VaultChoice) changes(used VaultChoice) bool {
	if v.Kind == "" || v.Kind == used.Kind && (v.asks() || v.Kind == vaultKeychain) {
		return false
	}
	return v.Kind != used.Kind || v.IdentityFile != used.IdentityFile || v.PassphraseFile != used.PassphraseFile
}

// vaultPreference is the setting under which the choice is remembered, as JSON.
const vaultPreference = "vault"

// openVault takes the vault that the data folder is known to use, or the chosen one. A choice must
// open before it is remembered.
func (p *Parts) openVault(ctx context.Context) error {
	if p.Memory {
		p.Vault = secret.NewMemory()
		return nil
	}
	chosen := p.Options.Vault
	used := VaultChoice{Kind: vaultKeychain}
	text, err := p.Store.Preference(ctx, vaultPreference)
	if err == nil && text != "" {
		err = json.Unmarshal([]byte(text), &used)
	}
	if err != nil {
		return fmt.Errorf("read which vault the folder uses: %w", err)
	}
	p.vault = used
	p.vault.Ask = chosen.Ask
	if !chosen.changes(used) {
		p.Vault = p.vaultOf(p.vault)
		return nil
	}
	grants, err := p.Store.Grants(ctx)
	if err != nil {
		return fmt.Errorf("read the grants: %w", err)
	}
	channels, err := p.Store.Channels(ctx)
	if err != nil {
		return err
	}
	if chosen.Kind != used.Kind && len(grants)+len(channels) > 0 {
		return problem("--vault", "vault_in_use", used.Kind)
	}
	p.vault, p.Vault = chosen, p.vaultOf(chosen)
	if chosen.Kind == vaultFile {
		if err := p.Vault.Unlock(ctx); err != nil {
			return vaultProblem(err)
		}
	}
	if p.Store.ReadOnly() {
		return nil
	}
	remembered, err := json.Marshal(chosen)
	if err == nil {
		err = p.Store.SetPreference(ctx, vaultPreference, string(remembered))
	}
	if err != nil {
		return fmt.Errorf("remember the vault: %w", err)
	}
	return nil
}

func (p *Parts) vaultOf(v VaultChoice) secret.Vault {
	if v.Kind == vaultFile {
		return secret.NewSealed(p.vaultFolder(), secret.Key{IdentityFile: v.IdentityFile, PassphraseFile: v.PassphraseFile, Ask: v.Ask})
	}
	return secret.NewKeychain(keychainService)
}

func (p *Parts) vaultFolder() string { return filepath.Join(p.DataDir, "vault") }

// vaultProblem turns what is wrong with a key into an input error; other errors stay as they are.
func vaultProblem(err error) error {
	var key *secret.KeyError
	if !errors.As(err, &key) {
		return err
	}
	field := "passphrase"
	if key.Path != "" {
		field = key.Path
	}
	return problem(field, "vault_key_"+string(key.Fault), key.Path)
}

// vaultCheck says which vault is in use, and how it does.
func (p *Parts) vaultCheck(ctx context.Context) view.Check {
	err := p.Vault.Ready(ctx)
	state := grant.VaultState(err)
	outcome := pick(state == "", "unknown", string(state))
	if p.Vault.Kind() != vaultFile {
		return view.Check{Key: "doctor.keychain", OK: err == nil, Text: view.Text{Key: "doctor.keychain." + outcome}}
	}
	args := map[string]string{"path": p.vaultFolder(), "key": cmp.Or(p.vault.IdentityFile, p.vault.PassphraseFile)}
	switch {
	case err == nil && p.vault.asks():
		outcome = "ok_asked"
	case state == integration.VaultLocked:
		return view.Check{Key: "doctor.sealed", Text: Failure(err).Text}
	}
	return view.Check{Key: "doctor.sealed", OK: err == nil, Text: view.Text{Key: "doctor.sealed." + outcome, Args: args}}
}

// vaultFlags are the flags of every command that say where logins are kept.
func (r *run) vaultFlags(c *cobra.Command) {
	flags := c.PersistentFlags()
	flags.StringVar(&r.vault.Kind, "vault", "", "where logins are kept: keychain, or file for a computer without one (or RELINK_VAULT); remembered")
	flags.StringVar(&r.vault.IdentityFile, "vault-identity", "", "age identity file that opens the vault (or RELINK_VAULT_IDENTITY); remembered")
	flags.StringVar(&r.vault.PassphraseFile, "vault-passphrase-file", "", "file with the passphrase of the vault (or RELINK_VAULT_PASSPHRASE_FILE); remembered")
}

// vaultChoice is what flags or environment say about the vault; a flag sets the whole environment aside.
func (r *run) vaultChoice() (VaultChoice, error) {
	v := r.vault
	if v.Kind == "" && v.IdentityFile == "" && v.PassphraseFile == "" {
		v = VaultChoice{
			Kind: r.Getenv("RELINK_VAULT"), IdentityFile: r.Getenv("RELINK_VAULT_IDENTITY"), PassphraseFile: r.Getenv("RELINK_VAULT_PASSPHRASE_FILE"),
		}
	}
	if v.IdentityFile != "" || v.PassphraseFile != "" {
		v.Kind = cmp.Or(v.Kind, vaultFile)
	}
	switch {
	case v.Kind != "" && v.Kind != vaultKeychain && v.Kind != vaultFile:
		return v, integration.InputErrors{{Field: "--vault", Code: "choice_unknown", Args: map[string]string{"value": v.Kind, "choices": "keychain, file"}}}
	case v.IdentityFile != "" && v.PassphraseFile != "", v.Kind == vaultKeychain && v.IdentityFile+v.PassphraseFile != "":
		return v, problem("--vault", "vault_one_key", "")
	}
	for _, file := range []*string{&v.IdentityFile, &v.PassphraseFile} {
		if *file != "" {
			whole, err := filepath.Abs(*file) // the window may start in another folder
			if err != nil {
				return v, fmt.Errorf("find the key of the vault: %w", err)
			}
			*file = whole
		}
	}
	if r.terminal() {
		v.Ask = r.askPassphrase
	}
	return v, nil
}

// askPassphrase prompts for the passphrase without echo, twice for a new one.
func (r *run) askPassphrase(ctx context.Context, fresh bool) (secret.Text, error) {
	say := r.printer()
	once := func(key string) (string, error) {
		typed, err := r.prompt(ctx, say.T(key), true)
		if err != nil {
			return "", fmt.Errorf("read the passphrase: %w", err)
		}
		return typed, nil
	}
	first, err := once(pick(fresh, "cli.passphrase_new", "cli.passphrase"))
	if err != nil || !fresh {
		return secret.New(first), err
	}
	again, err := once("cli.passphrase_again")
	if err == nil && again != first {
		err = problem("passphrase", "passphrase_differs", "")
	}
	return secret.New(first), err
}

// withVault runs a command that needs logins: a vault that a passphrase opens is opened first, where
// somebody can be asked. What else keeps it shut is a finding of the command's checks.
func (r *run) withVault(do func(ctx context.Context, p *Parts, args []string) error) func(*cobra.Command, []string) error {
	return r.with(func(ctx context.Context, p *Parts, args []string) error {
		if err := p.askVault(ctx); err != nil {
			return err
		}
		return do(ctx, p, args)
	})
}

func (p *Parts) askVault(ctx context.Context) error {
	if !p.vault.asks() || p.vault.Ask == nil {
		return nil
	}
	return vaultProblem(p.Unlock(ctx))
}

// settleVault has a vault that is chosen together with the window remembered before the window
// opens, which has no terminal to complain to.
func (r *run) settleVault(ctx context.Context, w WindowOptions) error {
	v, err := r.vaultChoice()
	if err != nil || v.Kind == "" || w.Sample {
		return err
	}
	p, err := r.open(ctx)
	if err != nil {
		return err
	}
	return p.Close()
}
