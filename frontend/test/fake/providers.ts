import type { Field, Localized, Method, Provider, Scope } from "../../src/bridge/types";

const say = (en: string, ptBR = en): Localized => ({ en, ptBR });

export function field(id: string, kind: string, en: string, pt: string, more: Partial<Field> = {}): Field {
  return {
    id,
    kind,
    label: say(en, pt),
    help: say(""),
    example: "",
    default: "",
    pattern: "",
    choices: [],
    optional: false,
    ...more,
  };
}

export const keyField = field("api_key", "secret", "Restricted key", "Chave restrita", {
  help: say("Starts with rk_. A secret key (sk_) works too, but can do more than Relink needs.", "Começa com rk_. Uma chave secreta (sk_) também serve, mas pode mais do que o Relink precisa."),
  pattern: "(rk|sk)_(test|live)_[A-Za-z0-9]+",
  example: "rk_live_…",
});
const client = [
  field("client_id", "text", "Client ID", "ID do cliente", { example: "1234.apps.example.com" }),
  field("client_secret", "secret", "Client secret", "Chave secreta do cliente"),
];

const scopes: Scope[] = [
  { id: "https://www.example.com/auth/analytics.readonly", why: say("Read the reports of your properties.", "Ler os relatórios das suas propriedades."), optional: false },
  { id: "openid email", why: say("Know whose account was connected.", "Saber de quem é a conta conectada."), optional: true },
];

function method(kind: string, label: Localized, fields: Field[], more: Partial<Method> = {}): Method {
  return { kind, label, help: say(""), fields, redirectUri: "", scopes: [], ...more };
}

function provider(id: string, name: string, category: string, summary: Localized, methods: Method[], more: Partial<Provider> = {}): Provider {
  return {
    id,
    name,
    category,
    synonyms: [],
    summary,
    commerceIntelligence: true,
    own: false,
    settings: [],
    methods,
    links: { keys: `https://${id}.example.com/keys`, revoke: "", access: `https://${id}.example.com/team`, status: `https://status.${id}.example.com` },
    intervalMs: 300_000,
    unconfirmed: [],
    sources: [],
    ...more,
  };
}

const consent = say("Consent in the browser", "Consentimento no navegador");
const key = say("API key", "Chave de API");
const host = field("host", "host", "Host", "Host", { example: "db.example.com" });
const port = (n: string): Field => field("port", "port", "Port", "Porta", { default: n, example: n });
const login = [
  field("username", "text", "User", "Usuário", { example: "relink_read" }),
  field("password", "secret", "Password", "Senha"),
];

export const providers: Provider[] = [
  provider("google-analytics", "Google Analytics", "analytics", say("Visits and conversions of your properties.", "Visitas e conversões das suas propriedades."), [
    method("oauth2_code", consent, client, { scopes, redirectUri: "http://127.0.0.1:8123/callback" }),
  ], { synonyms: ["ga4", "google"] }),
  provider("google-ads", "Google Ads", "ads", say("Campaigns, clicks and cost.", "Campanhas, cliques e custo."), [method("oauth2_code", consent, client, { scopes })], { synonyms: ["adwords"] }),
  provider("stripe", "Stripe", "payments", say("Charges, refunds and payouts.", "Cobranças, reembolsos e repasses."), [method("api_key", key, [keyField])], { synonyms: ["payments", "pagamentos"] }),
  provider("zendesk", "Zendesk", "support", say("Tickets and satisfaction.", "Chamados e satisfação."), [
    method("basic", say("API token", "Token de API"), login, { help: say("An admin makes the token in Admin Center.", "Um administrador cria o token na Central de Administração.") }),
    method("oauth2_code", consent, client, { help: say("When your company allows no tokens.", "Quando sua empresa não permite tokens.") }),
  ], { settings: [field("subdomain", "text", "Subdomain", "Subdomínio", { example: "acme", pattern: "[a-z0-9-]+", help: say("What stands before .zendesk.com in your address.", "O que vem antes de .zendesk.com no seu endereço.") })] }),
  provider("shopify", "Shopify", "shop", say("Orders, customers and products.", "Pedidos, clientes e produtos."), [method("oauth2_code", consent, client, { scopes })], {
    settings: [field("shop", "host", "Shop", "Loja", { example: "acme.myshopify.com" })],
  }),
  provider("postgresql", "PostgreSQL", "database", say("Tables of a PostgreSQL database.", "Tabelas de um banco PostgreSQL."), [method("database_login", say("Database login", "Login do banco"), login)], {
    settings: [host, port("5432"), field("database", "text", "Database", "Banco de dados", { example: "shop" }), field("tls", "choice", "Encryption", "Criptografia", { choices: ["verify-full", "require", "disable"], default: "verify-full" }), field("table", "text", "Table that must be readable", "Tabela que deve ser legível", { optional: true, example: "public.orders" })],
  }),
  provider("mysql", "MySQL", "database", say("Tables of a MySQL or MariaDB database.", "Tabelas de um banco MySQL ou MariaDB."), [method("database_login", say("Database login", "Login do banco"), login)], {
    settings: [host, port("3306"), field("database", "text", "Database", "Banco de dados", { example: "magento" })],
    synonyms: ["mariadb", "magento"],
  }),
  provider("oauth2-generic", "OAuth 2.0", "other", say("Any service with OAuth 2.0: you fill in its addresses.", "Qualquer serviço com OAuth 2.0: você informa os endereços."), [method("oauth2_code", consent, client)], {
    settings: [field("authorize_url", "url", "Authorize address", "Endereço de autorização", { example: "https://example.com/oauth/authorize" }), field("token_url", "url", "Token address", "Endereço de token", { example: "https://example.com/oauth/token" })],
  }),
  provider("http-api-key", "HTTP API key", "other", say("Any service with a key in a header.", "Qualquer serviço com uma chave em um cabeçalho."), [method("api_key", key, [field("api_key", "secret", "Key", "Chave")])], {
    settings: [field("url", "url", "Address to read", "Endereço a ler", { example: "https://api.example.com/me" })],
    own: true,
  }),
];

export const guide = `## Make a restricted key

1. Open the **API keys** page of your [dashboard](https://stripe.example.com/keys).
2. Choose *Create restricted key* and name it \`relink\`.
3. Give **Read** to *Balance* and leave everything else at **None**.
4. Copy the key at once: it is shown only one time.

Only somebody with the role *Administrator* or *Developer* can do this. If that is not you, share these instructions with whoever is.

- The key can read, and nothing more.
- Relink keeps it in the keychain of this computer.
- See [the vendor's page](https://docs.example.com/keys#restricted).
`;
