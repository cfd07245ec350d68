package sandbox

// Seed is what a service is made from.
type Seed struct {
	ID         string // of its provider
	Name       string
	Category   string
	Summary    [2]string // English, Portuguese
	Key        bool      // guarded by an API key; else by OAuth
	ClientAuth string    // header or body
	Scopes     []Scope
	Accounts   []Account
}

// Scope is one permission, with the reason that the provider file states in English and Portuguese.
type Scope struct {
	ID  string
	Why [2]string
}

// Account is somebody who can consent. IDs are stable.
type Account struct {
	ID    string
	Name  string
	Shops []Shop
}

// Shop is one thing that an account can see.
type Shop struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// The scopes of the seeds: Orders is what the probe needs.
const (
	ScopeOrders  = "read_orders"
	ScopeProfile = "read_profile"
)

// The names of the seeds' accounts.
const (
	Ana = "ana@shop.example"
	Bia = "bia@agency.example"
)

// Seeds returns the three services of the demo.
func Seeds() []Seed {
	scopes := []Scope{
		{ScopeOrders, [2]string{"To read the orders that your reports count.", "Para ler os pedidos que os seus relatórios contam."}},
		{ScopeProfile, [2]string{"To tell which account is connected.", "Para saber qual conta está conectada."}},
	}
	accounts := []Account{
		{"acc_1001", Ana, []Shop{{"shop_1", "Casa Verde"}, {"shop_2", "Casa Verde Outlet"}}},
		{"acc_2002", Bia, []Shop{{"shop_7", "Lojas da Agência"}}},
	}
	return []Seed{
		{
			ID: "sample-analytics", Name: "Sample Analytics", Category: "analytics", ClientAuth: "header",
			Summary: [2]string{"A sample analytics service on this computer, to try Relink with.", "Um serviço de análise de exemplo neste computador, para experimentar o Relink."},
			Scopes:  scopes, Accounts: accounts,
		},
		{
			ID: "sample-ads", Name: "Sample Ads", Category: "ads", ClientAuth: "body",
			Summary: [2]string{"A sample advertising service on this computer, to try Relink with.", "Um serviço de anúncios de exemplo neste computador, para experimentar o Relink."},
			Scopes:  scopes, Accounts: accounts,
		},
		{
			ID: "sample-shop", Name: "Sample Shop", Category: "shop", ClientAuth: "header", Key: true,
			Summary: [2]string{"A sample shop on this computer, opened with an API key.", "Uma loja de exemplo neste computador, aberta com uma chave de API."},
			Scopes:  scopes, Accounts: accounts,
		},
	}
}
