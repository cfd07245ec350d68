package commerce

import (
	"slices"
	"strings"
	"time"

	"relink/backend/integration"
)

// The steps of the guided way, as they are kept and named on the command line. The locale keys are
// theirs.step.STEP.
const (
	StepPage   = "page"   // Manage Data > Integrations
	StepOpen   = "open"   // the name of the integration
	StepButton = "button" // its exact words
	StepAgain  = "again"  // what is ticked or entered again
	StepSee    = "see"    // Last Data Point Received after the next update
)

// saves is the button of a form there, which is filled in before it is pressed.
const saves = "Save & Test"

// Steps are the guided way for an integration whose button there has these words. A form is filled in
// and saved; a consent is given first, and the boxes are ticked after it.
func Steps(button string) []string {
	if strings.EqualFold(button, saves) {
		return []string{StepPage, StepOpen, StepAgain, StepButton, StepSee}
	}
	return []string{StepPage, StepOpen, StepButton, StepAgain, StepSee}
}

// DoneAt is when the last of the two steps that authorize there was done, zero while one is not. It is
// what the person says: nobody else can.
func DoneAt(t integration.Their) time.Time {
	button, again := t.Steps[StepButton], t.Steps[StepAgain]
	if button.IsZero() || again.IsZero() {
		return time.Time{}
	}
	if button.After(again) {
		return button
	}
	return again
}

// Mark notes that a step was done, or with done false that it was not. The first step begins the way anew.
func Mark(t integration.Their, step string, done bool, now time.Time) (integration.Their, error) {
	if !slices.Contains(Steps(""), step) {
		return t, integration.InputErrors{{Field: "done", Code: "their_step_unknown", Args: map[string]string{"value": step, "choices": strings.Join(Steps(""), ", ")}}}
	}
	steps := map[string]time.Time{}
	if !done || step != StepPage || t.Steps[StepPage].IsZero() {
		for name, at := range t.Steps {
			steps[name] = at
		}
	}
	delete(steps, step)
	if done {
		steps[step] = now
	}
	t.Steps = steps
	return t, nil
}
