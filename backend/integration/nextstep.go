package integration

// Section is a part of a provider's guide that a finding leads to.
type Section string

// The sections that guides name.
const (
	SectionNone     Section = ""
	SectionApp      Section = "app"      // the OAuth client, made once
	SectionRenew    Section = "renew"    // create or renew the credential, connect or reconnect
	SectionTrouble  Section = "trouble"  // if it keeps failing: what the provider's answers mean, and who mends them
	SectionNetwork  Section = "network"  // which addresses the provider lets in
	SectionTheirs   Section = "theirs"   // the same in Commerce Intelligence
	SectionWithdraw Section = "withdraw" // give the access back
)

// Sections are all that a guide may name.
var Sections = []Section{SectionApp, SectionRenew, SectionTrouble, SectionNetwork, SectionTheirs, SectionWithdraw}

// Page is one of a provider's own pages, by the name of its link in the catalog.
type Page string

// The pages that a finding leads to.
const (
	PageNone   Page = ""
	PageKeys   Page = "keys"
	PageAccess Page = "access"
	PageStatus Page = "status"
)

// Sections are where the provider's guide says how to take the next step, the best place first; a guide need
// not have the first one. Nothing is there for a person to do where there are none.
func (f Finding) Sections() []Section {
	switch {
	case f.Rule == "address-not-allowed":
		return []Section{SectionNetwork, SectionTrouble}
	case f.Cause == CauseCommerceIntelligence:
		return []Section{SectionTheirs, SectionTrouble}
	}
	switch f.Next {
	case NextReconnect, NextUpdateCredentials:
		return []Section{SectionRenew}
	case NextFixOAuthApp:
		return []Section{SectionApp, SectionRenew}
	case NextAskOwner, NextCheckSettings:
		return []Section{SectionTrouble}
	}
	return nil
}

// Page is the provider's own page for the next step, PageNone where none helps.
func (f Finding) Page() Page {
	switch f.Next {
	case NextUpdateCredentials, NextFixOAuthApp:
		return PageKeys
	case NextAskOwner:
		return PageAccess
	case NextWait:
		return PageStatus
	}
	return PageNone
}
