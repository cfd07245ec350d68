package catalog

import (
	"fmt"
	"net/http"
	"path"
	"slices"

	"github.com/goccy/go-yaml/ast"
	"github.com/tidwall/gjson"

	"relink/backend/integration"
)

// Case is one answer that a provider is known to give, and what the catalog must make of it: the
// contract that lint keeps.
type Case struct {
	Name    string             `yaml:"name"`
	At      string             `yaml:"at"`
	Method  integration.Method `yaml:"method,omitempty"` // the way in that is answered so; every one when empty
	Status  int                `yaml:"status,omitempty"`
	Headers map[string]string  `yaml:"headers,omitempty"`
	Body    string             `yaml:"body,omitempty"` // or the text of a database's message
	Code    string             `yaml:"code,omitempty"` // of a database, or the OAuth error
	Source  string             `yaml:"source"`
	// Unconfirmed marks an answer that was not seen in a source; it must reach an unconfirmed rule.
	Unconfirmed bool `yaml:"unconfirmed,omitempty"`
	Want        Want `yaml:"want"`
}

// Want is what must come of a case: a meaning with its code, a proof, or nothing.
type Want struct {
	Meaning   integration.Meaning `yaml:"meaning,omitempty"`
	Code      string              `yaml:"code,omitempty"`
	Nothing   bool                `yaml:"nothing,omitempty"` // no rule may fit
	Proof     *bool               `yaml:"proof,omitempty"`   // whether the body holds the probe's proof
	AccountID string              `yaml:"account_id,omitempty"`
	Account   string              `yaml:"account,omitempty"`
	Resources []string            `yaml:"resources,omitempty"` // their ids
}

// Contract returns the contract cases of a built-in provider, or integration.ErrNotFound.
func Contract(id string) ([]Case, error) {
	file := path.Join("providers", id, "cases.yaml")
	text, err := readLimited(builtIn, file)
	if err != nil {
		return nil, fmt.Errorf("cases of provider %q: %w", id, integration.ErrNotFound)
	}
	all, _, err := cases(file, text)
	return all, err
}

// cases reads a cases.yaml.
func cases(name string, content []byte) ([]Case, ast.Node, error) {
	var file struct {
		Cases []Case `yaml:"cases"`
	}
	root, err := decode(name, content, &file)
	return file.Cases, root, err
}

// problem runs a case against the provider, by its method or by every one; "" when it comes out as wanted.
func (p Provider) problem(k Case) string {
	if k.At == atResources {
		return p.resourcesProblem(k)
	}
	ways := p.Methods
	if k.Method != "" {
		method, ok := p.Method(k.Method)
		if !ok {
			return fmt.Sprintf("there is no method %s", k.Method)
		}
		ways = []Method{method}
	}
	for _, m := range ways {
		if problem := p.answerProblem(k, m.Kind); problem != "" {
			if k.Method == "" && len(ways) > 1 {
				problem += fmt.Sprintf(" (method %s)", m.Kind)
			}
			return problem
		}
	}
	return p.proofProblem(k)
}

// answerProblem compares what the answers make of a case by one method.
func (p Provider) answerProblem(k Case, method integration.Method) string {
	header := http.Header{}
	for name, value := range k.Headers {
		header.Set(name, value)
	}
	answer, found, code := Match(p.Answers, k.At, method, k.Status, header, []byte(k.Body), k.Code)
	switch {
	case found && (k.Want.Nothing || k.Want.Meaning == "" && k.Want.Proof == nil):
		return fmt.Sprintf("got %s with code %q, want no rule to fit", answer.Meaning, code)
	case answer.Meaning != k.Want.Meaning || code != k.Want.Code:
		return fmt.Sprintf("got %q with code %q, want %q with code %q", answer.Meaning, code, k.Want.Meaning, k.Want.Code)
	case found && k.Unconfirmed && !answer.Unconfirmed:
		return "an answer that nobody saw reaches a rule that passes for confirmed"
	case found && !k.Unconfirmed && answer.Unconfirmed:
		return "the answer was seen, so the rule that it reaches is not unconfirmed"
	}
	return ""
}

// proofProblem compares what the probe's paths find in the body.
func (p Provider) proofProblem(k Case) string {
	if k.Want.Proof == nil {
		return ""
	}
	if p.Probe.HTTP == nil {
		return "a proof goes with a probe of kind http"
	}
	h, body := p.Probe.HTTP, []byte(k.Body)
	proof := gjson.GetBytes(body, h.Proof)
	proven := h.Proof == "-" && gjson.ValidBytes(body) ||
		proof.Exists() && proof.Type != gjson.Null && proof.Raw != "[]" && proof.Raw != "{}" && proof.String() != ""
	if proven != *k.Want.Proof {
		return fmt.Sprintf("the proof %q holds: %t, want %t", h.Proof, proven, *k.Want.Proof)
	}
	if id := text(body, h.Account.ID); id != k.Want.AccountID && h.CapturedAccount() == "" {
		return fmt.Sprintf("account id %q, want %q", id, k.Want.AccountID)
	}
	if name := text(body, h.Account.Name); name != k.Want.Account {
		return fmt.Sprintf("account name %q, want %q", name, k.Want.Account)
	}
	if h.Resources != nil && h.Resources.URL != "" {
		return "" // they stand in another answer: see atResources
	}
	if ids := p.resourceIDs(body); !slices.Equal(ids, k.Want.Resources) {
		return fmt.Sprintf("resources %q, want %q", ids, k.Want.Resources)
	}
	return ""
}

// atResources is the place of a case that is the answer to the probe's second request, which lists the resources.
const atResources = "resources"

// resourcesProblem compares what the paths find in the answer that lists the resources.
func (p Provider) resourcesProblem(k Case) string {
	if h := p.Probe.HTTP; h == nil || h.Resources == nil || h.Resources.URL == "" {
		return "there is no second request that lists resources"
	}
	if ids := p.resourceIDs([]byte(k.Body)); !slices.Equal(ids, k.Want.Resources) {
		return fmt.Sprintf("resources %q, want %q", ids, k.Want.Resources)
	}
	return ""
}

func text(body []byte, path string) string {
	if path == "" {
		return ""
	}
	return gjson.GetBytes(body, path).String()
}

func (p Provider) resourceIDs(body []byte) []string {
	r := p.Probe.HTTP.Resources
	if r == nil {
		return nil
	}
	var ids []string
	for _, element := range gjson.GetBytes(body, r.List).Array() {
		if r.ID != "" {
			element = element.Get(r.ID)
		}
		ids = append(ids, element.String())
	}
	return ids
}
