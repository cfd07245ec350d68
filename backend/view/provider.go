package view

// Provider is one card of the catalog, and the page behind it.
type Provider struct {
	ID                   string    `json:"id"`
	Name                 string    `json:"name"`
	Category             string    `json:"category"`
	Family               string    `json:"family"`
	Synonyms             []string  `json:"synonyms"`
	Summary              Localized `json:"summary"`
	CommerceIntelligence bool      `json:"commerceIntelligence"`
	Theirs               *Theirs   `json:"theirs"` // nil where Commerce Intelligence has no such integration
	Generic              bool      `json:"generic"`
	Own                  bool      `json:"own"`
	Settings             []Field   `json:"settings"`
	Methods              []Method  `json:"methods"` // the first is the recommended one
	Probe                Probe     `json:"probe"`
	Links                Links     `json:"links"`
	IntervalMS           int64     `json:"intervalMs"`
	Unconfirmed          []string  `json:"unconfirmed"`
	Sources              []string  `json:"sources"`
}

// Method is one way in of a provider.
type Method struct {
	Kind         string    `json:"kind"`
	Label        Localized `json:"label"`
	Help         Localized `json:"help"`
	Fields       []Field   `json:"fields"`
	Import       string    `json:"import"`       // the vendor's file that fills the fields in; "" for none
	App          *OAuthApp `json:"app"`          // how to register one's own OAuth client; nil where none is needed
	RedirectKind string    `json:"redirectKind"` // loopback, ports, paste or pin; "" where the browser takes no part
	SignInHosts  []string  `json:"signInHosts"`  // that get the client's secret, or the person
	Scopes       []Scope   `json:"scopes"`
	Lifetime     Lifetime  `json:"lifetime"`
	Life         []Text    `json:"life"` // the lifetime in sentences, but for Shorter
}

// Scope is one permission, and why it is asked for.
type Scope struct {
	ID       string    `json:"id"`
	Why      Localized `json:"why"`
	Optional bool      `json:"optional"`
}

// Lifetime is how long what a method yields lives; 0 where it is not documented.
type Lifetime struct {
	AccessMS int64    `json:"accessMs"`
	GrantMS  int64    `json:"grantMs"`
	IdleMS   int64    `json:"idleMs"`
	Rotates  bool     `json:"rotates"` // each renewal replaces the refresh token
	Shorter  *Shorter `json:"shorter"` // nil where no field decides
}

// Shorter is the life of a grant whose field has this value.
type Shorter struct {
	Field  string `json:"field"`
	Equals string `json:"equals"`
	Days   int    `json:"days"`
	Hours  int    `json:"hours"` // of a life that is shorter than a day, where Days is 0
}

// Probe is what Relink will ask at each check.
type Probe struct {
	Method  string   `json:"method"`  // of HTTP; "" for a database
	Address string   `json:"address"` // without its query; settings stand in it with their examples
	Host    string   `json:"host"`    // "" where only a value of the consent tells it: see Hosts
	Hosts   []string `json:"hosts"`   // that such a value may name, as *.example.com
	Driver  string   `json:"driver"`  // of a database
	Query   string   `json:"query"`
	PerDay  int      `json:"perDay"` // how many such requests the vendor allows a day; 0 when it does not say
	Asks    []Text   `json:"asks"`   // all of it in sentences
}

// Theirs is the integration of the same kind inside Adobe Commerce Intelligence.
type Theirs struct {
	Name        string    `json:"name"`
	Button      string    `json:"button"`
	Again       Localized `json:"again"`
	Days        int       `json:"days"` // after which it must be authorized again; 0 where that is not documented
	Unconfirmed bool      `json:"unconfirmed"`
}
