package probe

import (
	"net/netip"
	"testing"

	"relink/backend/catalog"
)

func TestN4AddressesAreDeniedByTable(t *testing.T) {
	for _, c := range []struct {
		address     string
		service     bool // denied for services
		own         bool // denied for the person's own hosts as well
		description string
	}{
		{"8.8.8.8", false, false, "the internet"},
		{"2001:4860:4860::8888", false, false, "the internet"},
		{"127.0.0.1", true, false, "this computer"},
		{"::1", true, false, "this computer"},
		{"::ffff:127.0.0.1", true, false, "this computer, mapped"},
		{"10.255.0.1", true, false, "private"},
		{"172.31.255.255", true, false, "private"},
		{"172.32.0.1", false, false, "not private any more"},
		{"192.168.0.10", true, false, "private"},
		{"fd12:3456::1", true, false, "private"},
		{"100.64.0.1", true, false, "a carrier's"},
		{"169.254.0.1", true, true, "link-local"},
		{"169.254.169.254", true, true, "metadata"},
		{"::ffff:169.254.169.254", true, true, "metadata, mapped"},
		{"::169.254.169.254", true, true, "metadata, compatible"},
		{"64:ff9b::a9fe:a9fe", true, true, "metadata, NAT64"},
		{"64:ff9b::7f00:1", true, false, "this computer, NAT64"},
		{"fd00:ec2::254", true, true, "metadata"},
		{"fe80::1%eth0", true, true, "link-local"},
		{"168.63.129.16", true, true, "a cloud's host"},
		{"100.100.100.200", true, true, "metadata"},
		{"0.0.0.0", true, true, "this host"},
		{"0.1.2.3", true, true, "this network"},
		{"::", true, true, "this host"},
		{"224.0.0.251", true, true, "a group"},
		{"ff02::1", true, true, "a group"},
		{"255.255.255.255", true, true, "everybody"},
	} {
		a := netip.MustParseAddr(c.address)
		if denied(a, publicOnly) != c.service || denied(a, anyOwn) != c.own {
			t.Errorf("%s (%s): service %v, own %v", c.address, c.description, denied(a, publicOnly), denied(a, anyOwn))
		}
	}
	if !denied(netip.Addr{}, anyOwn) {
		t.Error("no address is dialled")
	}
}

func TestN4OnlyOwnHostsMayStandInTheHouse(t *testing.T) {
	at := func(url string) catalog.Provider {
		return catalog.Provider{Probe: catalog.Probe{HTTP: &catalog.HTTPProbe{URL: url}}}
	}
	generic := at("{url}")
	generic.Generic = true
	for _, c := range []struct {
		name     string
		provider catalog.Provider
		want     reach
	}{
		{"service", at("https://api.example.com/me"), publicOnly},
		{"service with a shop's name", at("https://{shop}.example.com/me"), publicOnly},
		{"service with a host that a person typed", at("{base_url}/me"), publicOnly},
		{"service that calls itself localhost", at("https://localhost/me"), publicOnly},
		{"own provider on this computer", at("http://127.0.0.1:8080/me"), anyOwn},
		{"own provider on this computer, IPv6", at("http://[::1]:8080/me"), anyOwn},
		{"generic", generic, anyOwn},
		{"database", catalog.Provider{Probe: catalog.Probe{SQL: &catalog.SQLProbe{}}}, anyOwn},
	} {
		if got := reachOf(c.provider); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func TestN4NumbersInOddFormsAreRecognized(t *testing.T) {
	for host, want := range map[string]bool{
		"2130706433": true, "127.1": true, "0x7f.0.0.1": true, "0251.0376.0251.0376": true, "0x7f000001": true, "1.2.3.0x4": true, "127.1.": true,
		"127.0.0.1": false, "::1": false, "example.com": false, "1.example": false, "2130706433.example": false, "0xcafe.example": false,
	} {
		if got := looksNumeric(host); got != want {
			t.Errorf("%s: %v", host, got)
		}
	}
}
