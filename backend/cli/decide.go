package cli

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"

	"relink/backend/catalog"
	"relink/backend/integration"
	"relink/backend/locale"
	"relink/backend/reauth"
	"relink/backend/view"
)

// lines are the lines of standard input, from the first consent on. One goroutine reads them for all who ask, one after
// the other: the address that a browser ended on, the answer to a question. It ends with the program.
type lines struct {
	begin sync.Once
	typed chan string
	late  *string // came when whoever had asked was gone, and is for the next one
}

// next is the next line that is typed, without the space around it; there is none once ctx or the input has ended.
func (r *run) next(ctx context.Context) (string, bool) {
	r.begin.Do(func() {
		r.typed = make(chan string)
		go read(r.In, r.typed)
	})
	if ctx.Err() != nil {
		return "", false
	}
	if late := r.late; late != nil {
		r.late = nil
		return *late, true
	}
	select {
	case line, ok := <-r.typed:
		if ok && ctx.Err() != nil {
			r.late = &line
			return "", false
		}
		return line, ok
	case <-ctx.Done():
		return "", false
	}
}

func read(from io.Reader, into chan<- string) {
	defer close(into)
	scanner := bufio.NewScanner(from)
	for scanner.Scan() {
		into <- strings.TrimSpace(scanner.Text())
	}
}

// decide answers a conversation's question: by a flag, by whoever sits at the terminal, else so that
// nothing changes that was there before.
func (r *run) decide(ctx context.Context, p *Parts, v view.Step) (integration.Step, error) {
	say := p.Printer()
	r.printQuestion(say, v)
	choice := v.Choices[0]
	switch asks := slices.Contains(v.Choices, integration.ChoiceSwitch); {
	case v.Question != nil && v.Question.HostKeys != nil:
		choice = r.trust(ctx, say, v)
	case asks && r.switchAccount:
		choice = integration.ChoiceSwitch
	case r.terminal():
		choice = r.chosen(ctx, say, v.Choices)
	case asks:
		fmt.Fprintln(r.Err, say.T("cli.question_refused"))
	default:
		fmt.Fprintln(r.Err, say.T("cli.share_hint"))
	}
	next, err := p.Reauth.Answer(ctx, v.Flow, integration.Answer{Choice: choice}, nil)
	if err == nil && next.Kind == integration.StepForm {
		return r.answer(ctx, p, next, input{})
	}
	return next, err
}

// trust answers the question about a bastion's host keys: by --host-key, or by whoever sits at the terminal.
func (r *run) trust(ctx context.Context, say locale.Printer, v view.Step) string {
	switch {
	case len(r.hostKeys) > 0 && r.knows(v.Question.HostKeys):
		return integration.ChoiceTrust
	case len(r.hostKeys) > 0:
		fmt.Fprintln(r.Err, say.T("cli.host_key_differs"))
	case r.terminal():
		return r.chosen(ctx, say, v.Choices)
	default:
		fmt.Fprintln(r.Err, say.T("cli.host_key_hint"))
	}
	return integration.ChoiceKeep
}

// askShare asks at the terminal whether a new integration is to use a sign-in that is there, before it asks
// for a client of its own; the answer is for Draft.UseGrant.
func (r *run) askShare(ctx context.Context, p *Parts, provider catalog.Provider, m catalog.Method, d reauth.Draft) string {
	offers := p.offers(provider, m.Kind, d.Settings)
	if len(offers) == 0 {
		return ""
	}
	o, say := offers[0], p.Printer()
	args := []string{"integration", d.Name, "account", o.Account, "users", strings.Join(o.Users, ", ")}
	fmt.Fprintln(r.Err, plain(say.T("question.share.title", args...)))
	fmt.Fprintln(r.Err, plain(say.T("question.share.notice", args...)))
	choice := r.chosen(ctx, say, []string{integration.ChoiceNew, integration.ChoiceShared})
	if choice == integration.ChoiceShared {
		return o.Integration
	}
	return integration.ChoiceNew
}

// offers are the sign-ins that a new integration may share.
func (p *Parts) offers(provider catalog.Provider, kind integration.Method, settings map[string]string) []view.Offer {
	all := []view.Offer{}
	filled, err := provider.For(settings)
	if err != nil {
		return all // its addresses are not known yet
	}
	method, ok := filled.Method(kind)
	if !ok {
		return all
	}
	for _, o := range p.Reauth.Offers(filled, method) {
		all = append(all, view.Offer{Integration: o.Integration, Account: view.AccountName(o.Account), Users: o.Users})
	}
	return all
}

// Offers are the sign-ins that a new integration of a provider may share, as its settings stand by default.
func (p *Parts) Offers(providerID, kind string) []view.Offer {
	provider, ok := p.Catalog.Provider(providerID)
	if !ok {
		return []view.Offer{}
	}
	return p.offers(provider, integration.Method(kind), nil)
}

// chosen asks for a choice by its number, until there is one; the end of input is the first.
func (r *run) chosen(ctx context.Context, say locale.Printer, choices []string) string {
	for i, choice := range choices {
		fmt.Fprintf(r.Err, "  %d  %s\n", i+1, say.T("choice."+choice))
	}
	for {
		line, err := r.prompt(ctx, say.T("cli.question_ask"), false)
		if err != nil {
			return choices[0]
		}
		if n, err := strconv.Atoi(line); err == nil && n >= 1 && n <= len(choices) {
			return choices[n-1]
		}
	}
}

// printQuestion says what is to be decided, and what each side sees.
func (r *run) printQuestion(say locale.Printer, v view.Step) {
	fmt.Fprintln(r.Err, plain(say.Text(textOf(v.Title))))
	if v.Notice != nil {
		fmt.Fprintln(r.Err, plain(say.Text(textOf(*v.Notice))))
	}
	if v.Question == nil {
		return
	}
	if v.Question.HostKeys != nil {
		printHostKeys(r.Err, say, *v.Question.HostKeys)
	}
	for _, list := range []struct {
		key string
		all []view.Resource
	}{{"question.lost", v.Question.Lost}, {"question.kept", v.Question.Kept}} {
		names := make([]string, len(list.all))
		for i, seen := range list.all {
			names[i] = seen.Name
			if seen.Name == "" {
				names[i] = seen.ID
			}
		}
		if len(names) > 0 {
			fmt.Fprintf(r.Err, "  %s: %s\n", say.T(list.key), plain(strings.Join(names, ", ")))
		}
	}
}

// printWanted says why a consent is asked for again, and what it also repairs.
func (r *run) printWanted(say locale.Printer, v view.Step) {
	if v.Notice != nil {
		fmt.Fprintln(r.Err, plain(say.Text(textOf(*v.Notice))))
	}
	for _, scope := range v.Wanted {
		fmt.Fprintf(r.Err, "  - %s (%s)\n", plain(in(say, scope.Why)), plain(scope.ID))
	}
	if len(v.Also) > 0 {
		fmt.Fprintln(r.Err, plain(say.T("reauth.also", "names", strings.Join(v.Also, ", "), "count", strconv.Itoa(len(v.Also)))))
	}
}

// printAfter says what else a good end brought: who is repaired too, and until when it lasts.
func (r *run) printAfter(say locale.Printer, o view.Outcome) {
	own := o.Text.Args["integration"]
	also := slices.DeleteFunc(slices.Clone(o.Repaired), func(name string) bool { return name == own })
	if len(also) > 0 {
		fmt.Fprintln(r.Out, plain(say.T("outcome.also_repaired", "names", strings.Join(also, ", "), "count", strconv.Itoa(len(also)))))
	}
	if o.ExpiresAt != "" {
		fmt.Fprintln(r.Out, say.T("outcome.expires", "expiresAt", o.ExpiresAt))
	}
}
