package cli

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"relink/backend/integration"
	"relink/backend/locale"
	"relink/backend/view"
)

// longestRest is how long a rest with an end may be.
const longestRest = 366 * 24 * time.Hour

func (r *run) muteCommand() *cobra.Command {
	var length string
	c := &cobra.Command{
		Use: "mute NAME", Short: "Show no notices about an integration; its checks go on", Args: arguments(cobra.ExactArgs(1)),
		Long: "Show no notices about an integration until relink unmute, or for as long as --for says. Its checks go on, and its status is shown.",
	}
	c.RunE = r.each(func(p *Parts, ctx context.Context, i integration.Integration) error {
		if !c.Flags().Changed("for") {
			return p.Rest(ctx, i.ID, string(integration.RestMuted), 0)
		}
		return p.rest(ctx, i.ID, integration.RestMuted, "", length)
	})
	c.Flags().StringVar(&length, "for", "", "how long, such as 2h or 3d; until relink unmute when it is not given")
	return c
}

func (r *run) snoozeCommand() *cobra.Command {
	length := "2h"
	c := &cobra.Command{
		Use: "snooze NAME", Short: "Hold notices about an integration back for a while; its checks go on", Args: arguments(cobra.ExactArgs(1)),
		Long: "Hold notices about an integration back for a while. What is still broken at its end is told then.",
		RunE: r.each(func(p *Parts, ctx context.Context, i integration.Integration) error {
			return p.rest(ctx, i.ID, integration.RestSnoozed, "", length)
		}),
	}
	c.Flags().StringVar(&length, "for", length, "how long, such as 2h or 3d")
	return c
}

func (r *run) maintenanceCommand() *cobra.Command {
	var from, length string
	c := &cobra.Command{
		Use: "maintenance NAME", Short: "Plan a time in which notices about an integration rest", Args: arguments(cobra.ExactArgs(1)),
		Long: `Plan a time in which notices about an integration rest, because work on it is
planned. Its checks go on; what is still broken at the end is told then.
relink unmute takes the plan back.`,
		RunE: r.each(func(p *Parts, ctx context.Context, i integration.Integration) error {
			return p.rest(ctx, i.ID, integration.RestMaintenance, from, length)
		}),
	}
	c.Flags().StringVar(&from, "from", "", "when it begins: an RFC 3339 time, or 2026-11-30 or 2026-11-30T22:00 of this computer's clock; now when it is not given")
	c.Flags().StringVar(&length, "for", "2h", "how long, such as 2h or 3d")
	return c
}

func (r *run) unmuteCommand() *cobra.Command {
	return &cobra.Command{
		Use: "unmute NAME", Short: "Show notices about an integration again", Args: arguments(cobra.ExactArgs(1)),
		Long: "End the rest of notices about an integration, however it was begun, and drop planned maintenance. What is broken is told.",
		RunE: r.each(func(p *Parts, ctx context.Context, i integration.Integration) error {
			return p.Monitor.Unrest(ctx, i.ID)
		}),
	}
}

// rest reads when a rest begins and how long it is, and lets it begin.
func (p *Parts) rest(ctx context.Context, id string, kind integration.RestKind, from, length string) error {
	now := p.Now()
	rest := integration.Rest{Kind: kind, From: now}
	if from != "" {
		at, ok := parseStart(from)
		if !ok {
			return problem("--from", "start_invalid", from)
		}
		rest.From = at
	}
	d, ok := parseLength(length)
	switch {
	case !ok:
		return problem("--for", "interval_invalid", length)
	case d > longestRest:
		return problem("--for", "rest_too_long", length)
	}
	rest.Until = rest.From.Add(d)
	if !rest.Until.After(now) {
		return problem("--from", "start_past", from)
	}
	return p.Monitor.Rest(ctx, id, rest)
}

// parseStart reads a moment: an RFC 3339 time, or a day or a time of this computer's clock.
func parseStart(text string) (time.Time, bool) {
	at, err := time.Parse(time.RFC3339, text)
	for _, layout := range []string{"2006-01-02T15:04", time.DateOnly} {
		if err != nil {
			at, err = time.ParseInLocation(layout, text, time.Local)
		}
	}
	return at, err == nil
}

// parseLength reads a length of time of more than nothing, in days or as Go writes durations.
func parseLength(text string) (time.Duration, bool) {
	d, err := time.ParseDuration(text)
	if days, ok := strings.CutSuffix(text, "d"); ok {
		var n int
		n, err = strconv.Atoi(days)
		d = 24 * time.Hour * time.Duration(min(n, 1000))
	}
	return d, err == nil && d > 0
}

// Rest lets notices about an integration rest from now on, for so long; until Unrest when length is 0.
func (p *Parts) Rest(ctx context.Context, id, kind string, length time.Duration) error {
	rest := integration.Rest{Kind: integration.RestKind(kind), From: p.Now()}
	known := rest.Kind == integration.RestMuted || rest.Kind == integration.RestSnoozed || rest.Kind == integration.RestMaintenance
	if !known || length < 0 || length > longestRest || length == 0 && rest.Kind != integration.RestMuted {
		return choiceProblem("kind", kind, string(integration.RestMuted), string(integration.RestSnoozed))
	}
	if length > 0 {
		rest.Until = rest.From.Add(length)
	}
	return p.Monitor.Rest(ctx, id, rest)
}

// PlanMaintenance plans a time in which notices rest; from is an RFC 3339 time.
func (p *Parts) PlanMaintenance(ctx context.Context, id, from string, length time.Duration) error {
	return p.rest(ctx, id, integration.RestMaintenance, from, length.String())
}

func restWords(say locale.Printer, rest view.Rest) string {
	return say.T(pick(rest.UntilAt == "", "rest.muted_open", "rest."+rest.Kind), "untilAt", rest.UntilAt)
}
