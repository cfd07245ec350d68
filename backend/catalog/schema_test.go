package catalog

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"path"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"relink/backend/integration"
)

func compiledSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := compiler.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func asJSON(t *testing.T, text []byte) any {
	t.Helper()
	converted, err := yaml.YAMLToJSON(text)
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(converted))
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func TestBuiltInProvidersFitTheSchema(t *testing.T) {
	s := compiledSchema(t)
	files, err := fs.Glob(builtIn, "providers/*/provider.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		text, err := builtIn.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(asJSON(t, text)); err != nil {
			t.Errorf("%s: %v", file, err)
		}
		if !bytes.HasPrefix(text, []byte("# yaml-language-server: $schema=../../schema.json\n")) {
			t.Errorf("%s: editors are not told about the schema in line 1", path.Dir(file))
		}
	}
}

// TestSchemaRefusesWhatLoadingRefuses keeps the editor's opinion from being the milder one.
func TestSchemaRefusesWhatLoadingRefuses(t *testing.T) {
	s := compiledSchema(t)
	if err := s.Validate(asJSON(t, []byte(valid))); err != nil {
		t.Fatal(err)
	}
	for _, tc := range [][2]string{
		{"name: Sample", "nmae: Sample"}, {"category: other", "category: misc"}, {"id: sample", "id: Sample"},
		{"    kind: text", "    kind: txt"}, {"grant: 90d", "grant: 90x"}, {"method: GET", "method: PUT"},
		{"meaning: credential_dead", "meaning: dead"}, {"  - at: api", "  - at: there"}, {"status: [401]", "status: [42]"},
	} {
		if s.Validate(asJSON(t, []byte(strings.Replace(valid, tc[0], tc[1], 1)))) == nil {
			t.Errorf("%q passes", tc[1])
		}
	}
}

// TestSchemaAndTypesAgree compares every key of the schema with every yaml tag, both ways.
func TestSchemaAndTypesAgree(t *testing.T) {
	var root map[string]any
	if err := json.Unmarshal(Schema(), &root); err != nil {
		t.Fatal(err)
	}
	compare(t, "provider", root, root, reflect.TypeFor[Provider](), map[reflect.Type]bool{})
}

func compare(t *testing.T, at string, root, node map[string]any, typ reflect.Type, done map[reflect.Type]bool) {
	t.Helper()
	for typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	node = resolve(root, node)
	switch {
	case typ.Kind() == reflect.Slice:
		items, ok := node["items"].(map[string]any)
		if !ok {
			t.Errorf("%s: the type is a list, the schema has no items", at)
			return
		}
		compare(t, at+"[]", root, items, typ.Elem(), done)
	case typ == reflect.TypeFor[integration.Localized](), typ.Kind() != reflect.Struct, done[typ] && typ.Name() != "":
	default:
		done[typ] = true
		properties, _ := node["properties"].(map[string]any)
		tags := map[string]reflect.Type{}
		for i := range typ.NumField() {
			f := typ.Field(i)
			tag, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
			if tag != "" && tag != "-" {
				tags[tag] = f.Type
			}
		}
		if diff := cmp.Diff(sortedKeys(tags), sortedKeys(properties)); diff != "" {
			t.Errorf("%s: yaml tags (-) and schema (+):\n%s", at, diff)
		}
		if node["additionalProperties"] != false {
			t.Errorf("%s: the schema lets unknown keys pass", at)
		}
		for tag, field := range tags {
			if property, ok := properties[tag].(map[string]any); ok {
				compare(t, at+"."+tag, root, property, field, done)
			}
		}
	}
}

func resolve(root, node map[string]any) map[string]any {
	for {
		ref, ok := node["$ref"].(string)
		if !ok {
			return node
		}
		definitions := root["$defs"].(map[string]any)
		node = definitions[strings.TrimPrefix(ref, "#/$defs/")].(map[string]any)
	}
}

func sortedKeys[V any](m map[string]V) []string {
	all := make([]string, 0, len(m))
	for k := range m {
		all = append(all, k)
	}
	slices.Sort(all)
	return all
}

func TestClosedListsAreTheSameInSchemaCodeAndWords(t *testing.T) {
	var s struct {
		Properties struct {
			Category struct{ Enum []string }
		}
		Defs map[string]struct {
			Properties map[string]struct {
				Enum  []string
				Items struct{ Enum []string }
			}
		} `json:"$defs"`
	}
	if err := json.Unmarshal(Schema(), &s); err != nil {
		t.Fatal(err)
	}
	for name, pair := range map[string][2][]string{
		"categories": {categories, s.Properties.Category.Enum},
		"fieldKinds": {fieldKinds, s.Defs["field"].Properties["kind"].Enum},
		"methods":    {methodKinds, s.Defs["method"].Properties["kind"].Enum},
		"ways":       {methodKinds, s.Defs["answer"].Properties["methods"].Items.Enum},
		"places":     {places, s.Defs["answer"].Properties["at"].Enum},
		"meanings":   {meanings, s.Defs["answer"].Properties["meaning"].Enum},
	} {
		if diff := cmp.Diff(pair[0], pair[1]); diff != "" {
			t.Errorf("%s in code (-) and schema (+):\n%s", name, diff)
		}
	}
	for _, m := range []integration.Meaning{
		integration.MeaningCredentialDead, integration.MeaningCredentialExpired, integration.MeaningCredentialRevoked,
		integration.MeaningAccessExpired, integration.MeaningPasswordExpired, integration.MeaningLoginRefused,
		integration.MeaningAccountDisabled, integration.MeaningScopeMissing, integration.MeaningPermissionDenied,
		integration.MeaningResourceGone, integration.MeaningClientInvalid, integration.MeaningAppBlocked,
		integration.MeaningAddressNotAllowed, integration.MeaningKeyOrAddress, integration.MeaningTLSRequired, integration.MeaningRateLimited,
		integration.MeaningServiceDown, integration.MeaningConnectionLimit, integration.MeaningRequestOutdated,
		integration.MeaningNoCredentialSent,
	} {
		if !slices.Contains(meanings, string(m)) {
			t.Errorf("the catalog does not know the meaning %s", m)
		}
	}
}
