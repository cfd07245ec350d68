package view

// LeastLogin are the statements for a database login that may read and nothing else, and what goes
// with them. No password is part of it.
type LeastLogin struct {
	User      string   `json:"user"`
	Old       string   `json:"old"`   // the login that User takes the place of; "" where there is none
	Shell     string   `json:"shell"` // the program that the statements are for
	Create    []string `json:"create"`
	Stop      []string `json:"stop"`    // of Old
	Drop      []string `json:"drop"`    // of Old
	Command   string   `json:"command"` // that proves User and then uses it
	Addresses []string `json:"addresses"`
	Port      string   `json:"port"`     // that lets the addresses in: the bastion's where there is one
	Bastion   string   `json:"bastion"`  // the SSH server that they come to, in the place of the database; "" for none
	Database  string   `json:"database"` // host:port of the database behind Bastion
}

// Connection is what a pasted connection string says: values by field, and the names of the secret
// fields that it fills in as well.
type Connection struct {
	Values  map[string]string `json:"values"`
	Secrets []string          `json:"secrets"`
}
