package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"relink/backend/integration"
	"relink/backend/store"
)

func (r *run) restoreCommand() *cobra.Command {
	var yes bool
	c := &cobra.Command{
		Use: "restore", Short: "Put the last backup where a damaged database is", Args: arguments(cobra.NoArgs),
		Long: `Put the last backup of the database where the present one is. The present file is
not deleted: it is renamed, and its new name is printed. Logins are in the keychain
and are not touched; one that was renewed after the backup has to be entered again.
No window of Relink may be open on the data folder.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := r.confirmed(cmd.Context(), yes, r.printer().T("cli.confirm_restore"), problem("--yes", "restore_unconfirmed", "")); err != nil {
				return err
			}
			return r.restore()
		},
	}
	c.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return c
}

// errWindowOpen means that a window uses the data folder.
var errWindowOpen = errors.New("a window is open on the data folder")

// restore holds the window's lock, so that no window opens on a database that is being replaced.
func (r *run) restore() error {
	dir, err := r.folder()
	if err != nil {
		return err
	}
	instance, first, err := LockInstance(dir)
	if err != nil {
		return err
	}
	if !first {
		return fmt.Errorf("restore the database: %w", errWindowOpen)
	}
	defer instance.Close()
	kept, err := store.Restore(dir, r.Now())
	if errors.Is(err, integration.ErrNotFound) {
		return problem("--data-dir", "backup_missing", dir)
	}
	if err != nil {
		return fmt.Errorf("restore the database: %w", err)
	}
	fmt.Fprintln(r.Out, r.printer().T("cli.restored", "path", kept))
	return nil
}
