package main

import (
	"strings"
	"time"

	"relink/backend/alert"
	"relink/backend/cli"
	"relink/backend/view"
)

// Incidents are what is broken now, grouped by cause, and what was before.
func (a *App) Incidents() (view.Incidents, error) {
	return ask(a, func(p *cli.Parts) (view.Incidents, error) { return p.Incidents(a.ctx) })
}

// Timeline is the story of one incident of an integration, oldest first.
func (a *App) Timeline(id, incident string) ([]view.Moment, error) {
	return ask(a, func(p *cli.Parts) ([]view.Moment, error) { return p.Timeline(a.ctx, id, incident) })
}

// Rest lets notices about an integration rest (muted, snoozed, maintenance) for so many milliseconds from
// now on; until Unrest when a mute has 0.
func (a *App) Rest(id, kind string, forMS int64) error {
	return do(a, func(p *cli.Parts) error {
		a.outbox(func(o *alert.Outbox) { o.Forget(id) })
		return p.Rest(a.ctx, id, kind, time.Duration(forMS)*time.Millisecond)
	})
}

// PlanMaintenance plans a time in which notices about an integration rest; from is an RFC 3339 time.
func (a *App) PlanMaintenance(id, from string, forMS int64) error {
	return do(a, func(p *cli.Parts) error {
		return p.PlanMaintenance(a.ctx, id, from, time.Duration(forMS)*time.Millisecond)
	})
}

// Unrest shows notices about an integration again.
func (a *App) Unrest(id string) error {
	return do(a, func(p *cli.Parts) error {
		if err := p.Monitor.Unrest(a.ctx, id); err != nil {
			return err
		}
		a.outbox((*alert.Outbox).Wake)
		return nil
	})
}

// Card is the page for whoever owns an integration's account, as it is previewed.
func (a *App) Card(q view.CardRequest) (view.Card, error) {
	return ask(a, func(p *cli.Parts) (view.Card, error) { return p.Card(a.ctx, q) })
}

// CopyCard puts the card's text on the clipboard and notes that the owner was asked.
func (a *App) CopyCard(q view.CardRequest) error {
	return do(a, func(p *cli.Parts) error {
		card, err := p.Card(a.ctx, q)
		if err == nil {
			err = a.Copy(card.Text)
		}
		if err != nil {
			return err
		}
		return p.Ask(a.ctx, q.ID, q.To)
	})
}

// SaveCard asks where to, writes the card there and notes that the owner was asked; false when the person
// changed their mind.
func (a *App) SaveCard(q view.CardRequest) (bool, error) {
	return a.saveAs(cli.CardName(q), "card.save", strings.ToUpper(q.Format), func(p *cli.Parts, path string) error {
		if err := p.SaveCard(a.ctx, q, path); err != nil {
			return err
		}
		return p.Ask(a.ctx, q.ID, q.To)
	})
}

// Support is the text of a support ticket about an integration, as it is previewed.
func (a *App) Support(id string, personal bool) (view.Support, error) {
	return ask(a, func(p *cli.Parts) (view.Support, error) { return p.Support(a.ctx, id, personal) })
}

// SaveSupport asks where to, and writes the zip that goes with the ticket; false when the person changed
// their mind.
func (a *App) SaveSupport(id string, personal bool) (bool, error) {
	return a.saveAs("relink-support.zip", "support.save", "ZIP", func(p *cli.Parts, path string) error {
		return p.SaveBundle(a.ctx, id, personal, path)
	})
}

// OpenTicketPage puts the text of the ticket on the clipboard and opens the page on which it is written.
func (a *App) OpenTicketPage(id string, personal bool) error {
	return do(a, func(p *cli.Parts) error {
		ticket, err := p.Support(a.ctx, id, personal)
		if err == nil {
			err = a.Copy(ticket.Text)
		}
		if err != nil {
			return err
		}
		return p.OpenTicketPage(a.ctx)
	})
}
