package cli

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"relink/backend/alert"
	"relink/backend/integration"
	"relink/backend/locale"
	"relink/backend/reauth"
	"relink/backend/view"
)

// Preferences are the app's settings as stored.
func (p *Parts) Preferences(ctx context.Context) (view.Preferences, error) {
	v := view.Preferences{System: p.Lang}
	for key, to := range map[string]*string{"language": &v.Language, "theme": &v.Theme, "on_close": &v.OnClose, "relay": &v.Relay, "quiet_hours": &v.QuietHours, "quiet_days": &v.QuietDays} {
		value, err := p.Store.Preference(ctx, key)
		if err != nil {
			return v, fmt.Errorf("read the setting %s: %w", key, err)
		}
		*to = value
	}
	notifications, err := p.Store.Preference(ctx, "notifications")
	if err != nil {
		return v, fmt.Errorf("read the setting notifications: %w", err)
	}
	v.Notifications = notifications != "false"
	return v, nil
}

// SetPreferences checks and stores the app's settings.
func (p *Parts) SetPreferences(ctx context.Context, v view.Preferences) error {
	for _, s := range []struct{ key, value string }{
		{"language", v.Language}, {"theme", v.Theme}, {"on_close", v.OnClose}, {"notifications", strconv.FormatBool(v.Notifications)},
		{"relay", strings.TrimSpace(v.Relay)}, {"quiet_hours", strings.TrimSpace(v.QuietHours)}, {"quiet_days", strings.TrimSpace(v.QuietDays)},
	} {
		if err := checkPreference(s.key, s.value); err != nil {
			return err
		}
		if err := p.Store.SetPreference(ctx, s.key, s.value); err != nil {
			return fmt.Errorf("save the setting %s: %w", s.key, err)
		}
	}
	return nil
}

// checkPreference says what is wrong with the value of a setting.
func checkPreference(key, value string) error {
	switch key {
	case "relay":
		if problems := reauth.ValidateRelay(value); len(problems) > 0 {
			return problems
		}
		return nil
	case "quiet_hours", "quiet_days":
		hours, days := value, ""
		if key == "quiet_days" {
			hours, days = "", value
		}
		if _, ok := alert.ParseQuiet(hours, days); !ok {
			return problem(key, key, value)
		}
		return nil
	}
	if !slices.Contains(preferenceValues(key), value) {
		return notAChoice(key, value)
	}
	return nil
}

// Remember stores one setting.
func (p *Parts) Remember(ctx context.Context, key, value string) error {
	v, err := p.Preferences(ctx)
	if err != nil {
		return err
	}
	if err := change(&v, key, value); err != nil {
		return err
	}
	return p.SetPreferences(ctx, v)
}

func notAChoice(key, value string) error {
	choices := strings.Join(slices.DeleteFunc(preferenceValues(key), func(v string) bool { return v == "" }), ", ")
	return integration.InputErrors{{Field: key, Code: "choice_unknown", Args: map[string]string{"value": value, "choices": choices}}}
}

// preferenceValues are the values that a setting may have; "" follows the system, or asks.
func preferenceValues(key string) []string {
	switch key {
	case "language":
		return append(locale.Languages(), "")
	case "theme":
		return []string{"", "light", "dark"}
	case "on_close":
		return []string{"", "background", "quit"}
	}
	return []string{"true", "false"}
}

func (r *run) settingsCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "settings [KEY VALUE]", Short: "Show or change Relink's own settings",
		Long: "Show Relink's own settings, or change one: language (en, pt-BR), theme (light, dark), notifications (true, false), on_close (background, quit). An empty value follows the system, or asks. relay is the https address of your copy of Relink's relay page, for services that redirect to https alone; it is tested before it is kept, and an empty value means none. quiet_hours, such as 22:00-07:00, and quiet_days, such as sat,sun, are when nothing is told, by this computer's clock; what is still broken afterwards is told then.",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				return wrongUse(cmd, "VALUE", "argument_missing", "")
			}
			return arguments(cobra.MaximumNArgs(2))(cmd, args)
		},
		RunE: r.with(func(ctx context.Context, p *Parts, args []string) error {
			if len(args) == 2 {
				if args[0] == "relay" && strings.TrimSpace(args[1]) != "" {
					if err := p.CheckRelay(ctx, args[1]); err != nil {
						return err
					}
				}
				return p.Remember(ctx, args[0], args[1])
			}
			v, err := p.Preferences(ctx)
			if err != nil {
				return err
			}
			if r.json {
				return printJSON(r.Out, v)
			}
			fmt.Fprintf(r.Out, "language=%s\ntheme=%s\nnotifications=%t\non_close=%s\nrelay=%s\nquiet_hours=%s\nquiet_days=%s\n", v.Language, v.Theme, v.Notifications, v.OnClose, v.Relay, v.QuietHours, v.QuietDays)
			return nil
		}),
	}
	c.Flags().BoolVar(&r.json, "json", false, "print JSON")
	return c
}

func change(v *view.Preferences, key, value string) error {
	switch key {
	case "language":
		v.Language = value
	case "theme":
		v.Theme = value
	case "on_close":
		v.OnClose = value
	case "relay":
		v.Relay = value
	case "quiet_hours":
		v.QuietHours = value
	case "quiet_days":
		v.QuietDays = value
	case "notifications":
		if !slices.Contains(preferenceValues(key), value) {
			return notAChoice(key, value)
		}
		v.Notifications = value == "true"
	default:
		return problem("key", "setting_unknown", key)
	}
	return nil
}
