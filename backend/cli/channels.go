package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"relink/backend/alert"
	"relink/backend/catalog"
	"relink/backend/channel"
	"relink/backend/integration"
	"relink/backend/locale"
	"relink/backend/reauth"
	"relink/backend/secret"
	"relink/backend/view"
)

// ChannelForms are the kinds of channel with what each asks for.
func (p *Parts) ChannelForms() []view.ChannelForm {
	var forms []view.ChannelForm
	for _, kind := range channel.Kinds() {
		forms = append(forms, view.ChannelForm{
			Kind: string(kind), Label: channel.Label(kind),
			Help: view.LocalizedOf(p.inBoth("channel.help." + string(kind))), Fields: view.FieldsOf(p.channelFields(kind)),
		})
	}
	return forms
}

// channelFields are a kind's fields, with their labels.
func (p *Parts) channelFields(kind integration.ChannelKind) []integration.Field {
	fields := channel.Fields(kind)
	for i := range fields {
		fields[i].Label = p.inBoth("channel.field." + fields[i].ID)
	}
	return fields
}

func (p *Parts) inBoth(key string) integration.Localized {
	text := integration.Localized{}
	for _, lang := range locale.Languages() {
		text[lang] = p.Sentences.In(lang).T(key)
	}
	return text
}

// Channels are where notices go beyond the desktop.
func (p *Parts) Channels(ctx context.Context) ([]view.Channel, error) {
	all, err := p.Store.Channels(ctx)
	if err != nil {
		return nil, err
	}
	views := make([]view.Channel, len(all))
	for i, c := range all {
		views[i] = channelView(c)
	}
	return views, nil
}

func channelView(c integration.Channel) view.Channel {
	return view.Channel{
		ID: c.ID, Kind: string(c.Kind), Label: channel.Label(c.Kind), Name: c.Name, Receiver: receiver(c),
		DeliveredAt: view.Stamp(c.DeliveredAt), Failure: c.Failure, RetryAt: view.Stamp(c.RetryAt),
	}
}

// receiver is what tells one channel of a kind from another, where it is no secret.
func receiver(c integration.Channel) string {
	for _, id := range []string{"to", "channel", "chat"} {
		if value := c.Settings[id]; value != "" {
			return value
		}
	}
	return ""
}

// AddChannel checks what was typed, sends a test message, and keeps the channel when that was taken. What is
// wrong comes as integration.InputErrors.
func (p *Parts) AddChannel(ctx context.Context, kind integration.ChannelKind, name string, values map[string]string, secrets secret.Fields) (view.Channel, error) {
	fields := p.channelFields(kind)
	if fields == nil {
		return view.Channel{}, unknownKind(kind)
	}
	name = reauth.CleanName(name)
	settings, held, problems := p.channelInput(kind, fields, values, secrets)
	if name == "" {
		problems = append(problems, integration.InputError{Field: "name", Code: "required"})
	}
	if len(problems) > 0 {
		return view.Channel{}, problems
	}
	now := p.Now()
	c := integration.Channel{ID: integration.NewID("chn_", now), Kind: kind, Name: name, Settings: settings, AddedAt: now}
	if err := p.channelFree(ctx, name); err != nil {
		return view.Channel{}, err
	}
	if _, err := p.Sender.Send(ctx, c, held, alert.TestMessage(p.Printer(), now)); err != nil {
		return view.Channel{}, undelivered(kind, err)
	}
	if err := p.Vault.Set(ctx, integration.ChannelKey(c.ID), secret.Seal(held)); err != nil {
		return view.Channel{}, fmt.Errorf("keep the channel's secret: %w", err)
	}
	if err := p.Store.AddChannel(ctx, c); err != nil {
		return view.Channel{}, errors.Join(err, p.Vault.Delete(ctx, integration.ChannelKey(c.ID)))
	}
	c = alert.Outcome(c, nil, now)
	return channelView(c), p.Store.Delivered(ctx, c)
}

// channelInput sorts what was typed into settings and secrets, and checks both.
func (p *Parts) channelInput(kind integration.ChannelKind, fields []integration.Field, values map[string]string, secrets secret.Fields) (map[string]string, secret.Fields, integration.InputErrors) {
	settings, held, present := map[string]string{}, secret.Fields{}, map[string]bool{}
	for _, f := range fields {
		if f.Secret() {
			held[f.ID], present[f.ID] = secrets[f.ID], !secrets[f.ID].Empty()
			continue
		}
		settings[f.ID] = strings.TrimSpace(values[f.ID])
		if settings[f.ID] == "" {
			settings[f.ID] = f.Default
		}
	}
	var problems integration.InputErrors
	for name := range values {
		if _, ok := settings[name]; !ok {
			problems = append(problems, integration.InputError{Field: name, Code: "setting_unknown", Args: map[string]string{"value": name}})
		}
	}
	problems = append(problems, catalog.ValidateFields(fields, settings, present)...)
	if len(problems) == 0 {
		problems = channel.Validate(kind, settings, held)
	}
	return settings, held, problems
}

func (p *Parts) channelFree(ctx context.Context, name string) error {
	all, err := p.Store.Channels(ctx)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(all, func(c integration.Channel) bool { return strings.EqualFold(c.Name, name) }) {
		return problem("name", "channel_taken", name)
	}
	return nil
}

// undelivered puts a failed test message into words, at the field that is most likely the reason.
func undelivered(kind integration.ChannelKind, err error) error {
	var failed *integration.DeliveryError
	if !errors.As(err, &failed) {
		return err
	}
	field := channel.Fields(kind)[0].ID
	if kind == integration.ChannelEmail && failed.Code == integration.DeliveryRefused {
		field = "password"
	}
	return problem(field, "channel_"+failed.Code, "")
}

func unknownKind(kind integration.ChannelKind) error {
	var all []string
	for _, k := range channel.Kinds() {
		all = append(all, string(k))
	}
	return integration.InputErrors{{Field: "kind", Code: "channel_kind", Args: map[string]string{"value": string(kind), "choices": strings.Join(all, ", ")}}}
}

// deliver sends a message through a channel, with its secrets from the vault.
func (p *Parts) deliver(ctx context.Context, c integration.Channel, m integration.Message) (string, error) {
	sealed, err := p.Vault.Get(ctx, integration.ChannelKey(c.ID))
	if err != nil {
		return "", &integration.DeliveryError{Code: integration.DeliveryVault}
	}
	secrets, err := secret.Open(sealed)
	if err != nil {
		return "", &integration.DeliveryError{Code: integration.DeliveryVault}
	}
	return p.Sender.Send(ctx, c, secrets, m)
}

// TestChannel sends a test message through a channel, by its id or name, and notes how that went. What kept
// it from being taken comes as integration.InputErrors.
func (p *Parts) TestChannel(ctx context.Context, name string) error {
	c, err := p.channelByName(ctx, name)
	if err != nil {
		return err
	}
	_, err = p.deliver(ctx, c, alert.TestMessage(p.Printer(), p.Now()))
	if noted := p.Store.Delivered(ctx, alert.Outcome(c, err, p.Now())); noted != nil {
		return errors.Join(err, noted)
	}
	var failed *integration.DeliveryError
	if errors.As(err, &failed) && failed.Code == integration.DeliveryVault {
		if _, vault := p.Vault.Get(ctx, integration.ChannelKey(c.ID)); vault != nil {
			return fmt.Errorf("read the channel's secret: %w", vault)
		}
	}
	if err != nil {
		return undelivered(c.Kind, err)
	}
	return nil
}

// RemoveChannel forgets a channel, by its id or name, and its secrets.
func (p *Parts) RemoveChannel(ctx context.Context, name string) error {
	c, err := p.channelByName(ctx, name)
	if err != nil {
		return err
	}
	// The secret goes first: one that nothing points to would stay for ever.
	if err := p.Vault.Delete(ctx, integration.ChannelKey(c.ID)); err != nil {
		return fmt.Errorf("remove the channel's secret: %w", err)
	}
	return p.Store.RemoveChannel(ctx, c.ID)
}

func (p *Parts) channelByName(ctx context.Context, name string) (integration.Channel, error) {
	all, err := p.Store.Channels(ctx)
	if err != nil {
		return integration.Channel{}, err
	}
	for _, c := range all {
		if c.ID == name || strings.EqualFold(c.Name, name) {
			return c, nil
		}
	}
	return integration.Channel{}, problem("name", "channel_unknown", name)
}

// resting says whether nothing is told of an integration at the moment, as a person wished.
func (p *Parts) resting(id string, at time.Time) bool {
	seen, err := p.Monitor.One(id)
	return err == nil && seen.State.RestAt(at) != nil
}

// quiet says whether nothing is told at the moment, by this computer's clock.
func (p *Parts) quiet(at time.Time) bool {
	v, err := p.Preferences(context.Background())
	if err != nil {
		p.Log.Error("read the quiet hours", "error", err)
		return false
	}
	q, ok := alert.ParseQuiet(v.QuietHours, v.QuietDays)
	return ok && q.At(at.In(time.Local))
}
