package reauth

import (
	"maps"
	"slices"

	"relink/backend/integration"
	"relink/backend/secret"
)

// ChoiceImport is the answer that carries a vendor's file, in the secret field of the same name.
const ChoiceImport = "import"

// A vendor's file, by the catalog's name for it.
const (
	googleClient  = "google_client"          // client_secret_….json of an OAuth client
	googleAccount = "google_service_account" // the JSON key of a service account
)

// fileType is the member by which Google tells its other files apart: service_account, authorized_user.
const fileType = "type"

// importFile fills the form in from a vendor's file and returns where in it the values stood, or what is
// wrong with it. Nothing of a file that is refused is kept.
func (c *Conversations) importFile(f *flow, file secret.Text) (under string, problems integration.InputErrors) {
	wrong := func(code string) (string, integration.InputErrors) {
		return "", integration.InputErrors{{Field: ChoiceImport, Code: code, Args: map[string]string{"provider": f.provider.Name}}}
	}
	if file.Empty() {
		return wrong("import_empty")
	}
	parts := clientMembers
	if f.method.Import == googleAccount {
		parts = accountMembers
	}
	public, secrets, err := secret.Document(file, append(parts.public(), fileType)...)
	if err != nil {
		return wrong("import_not_json")
	}
	under, code := owner(f.method.Import, public, secrets)
	if code != "" {
		return wrong(code)
	}
	values, typed := map[string]string{}, secret.Fields{}
	for _, m := range parts {
		path := under + m.path
		value, text := public[path], secrets[path]
		if value == "" && text.Empty() && m.needed {
			_, problems := wrong("import_incomplete")
			problems[0].Args["value"] = m.path
			return "", problems
		}
		if m.secret && !text.Empty() {
			typed[m.field] = text
		} else if value != "" {
			values[m.field] = value
		}
	}
	maps.DeleteFunc(values, func(name, _ string) bool { return !f.has(name) })
	maps.DeleteFunc(typed, func(name string, _ secret.Text) bool { return !f.has(name) })
	c.enter(f, values, typed)
	return under, nil
}

// has says whether the method has a field of that name.
func (f *flow) has(name string) bool {
	return slices.ContainsFunc(f.method.Fields, func(x integration.Field) bool { return x.ID == name })
}

// member is one value of a vendor's file and the field that it fills in.
type member struct {
	path, field    string
	secret, needed bool
}

type members []member

var (
	clientMembers = members{
		{path: "client_id", field: "client_id", needed: true},
		{path: "client_secret", field: "client_secret", secret: true, needed: true},
	}
	accountMembers = members{
		{path: "client_email", field: "client_email", needed: true},
		{path: "private_key", field: "private_key", secret: true, needed: true},
		{path: "private_key_id", field: "private_key_id"},
	}
)

// clientTypes are the members of a client's file under which Google puts the client.
var clientTypes = []string{"installed", "web"}

// public are the paths that are no secret, at the top and under each type of client.
func (m members) public() []string {
	var paths []string
	for _, one := range m {
		if !one.secret {
			paths = append(paths, one.path)
			for _, kind := range clientTypes {
				paths = append(paths, kind+"."+one.path)
			}
		}
	}
	return paths
}

// owner is where in the file the wanted values stand, or the code of what the file is instead.
func owner(kind string, public map[string]string, secrets secret.Fields) (under, code string) {
	client := ""
	for _, name := range clientTypes {
		if public[name+".client_id"] != "" || !secrets[name+".client_id"].Empty() || !secrets[name+".client_secret"].Empty() {
			client = name + "."
		}
	}
	switch {
	case kind == googleAccount && public[fileType] == "service_account":
		return "", ""
	case kind == googleAccount && client != "":
		return "", "import_is_client"
	case kind == googleClient && public[fileType] == "service_account":
		return "", "import_is_account"
	case public[fileType] == "authorized_user":
		return "", "import_is_login"
	case kind == googleClient && client != "":
		return client, ""
	}
	return "", "import_other"
}

// imported answers a file: the form again, filled in, or with what is wrong.
func (c *Conversations) imported(f *flow, file secret.Text) integration.Step {
	under, problems := c.importFile(f, file)
	if len(problems) > 0 {
		return c.form(f, problems)
	}
	step := c.form(f, nil)
	step.Notice = &integration.Text{Key: "reauth.imported", Args: title(f).Args}
	if o := f.method.OAuth; under == "web." && o != nil && o.Redirect.Kind == "loopback" {
		// A web client takes no port that was not registered: the consent would end on Google's error page.
		step.Notice.Key = "reauth.imported_web"
	}
	return step
}
