import type { Field, Localized, Method, OAuthApp, Provider, Scope } from "../../src/bridge/types";

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
    needs: "",
    lines: false,
    ...more,
  };
}

export const keyField = field("api_key", "secret", "Restricted key", "Chave restrita", {
  help: say("Starts with rk_. A secret key (sk_) works too, but can do more than Relink needs.", "Começa com rk_. Uma chave secreta (sk_) também serve, mas pode mais do que o Relink precisa."),
  pattern: "(rk|sk)_(test|live)_[A-Za-z0-9]+",
  example: "rk_live_…",
});
export const appFields = [
  field("client_id", "text", "Client ID", "ID do cliente", { example: "1234.apps.example.com" }),
  field("client_secret", "secret", "Client secret", "Chave secreta do cliente"),
];

const scopes: Scope[] = [
  { id: "https://www.example.com/auth/analytics.readonly", why: say("Read the reports of your properties.", "Ler os relatórios das suas propriedades."), optional: false },
  { id: "openid email", why: say("Know whose account was connected.", "Saber de quem é a conta conectada."), optional: true },
];

function ownApp(en: string, ptBR: string, redirectUris: string[]): OAuthApp {
  return { keysUrl: "https://console.example.com/apis/credentials", type: say(en, ptBR), redirectUris };
}

function method(kind: string, label: Localized, fields: Field[], more: Partial<Method> = {}): Method {
  const consents = kind === "oauth2_code";
  return {
    kind,
    label,
    help: say(""),
    fields,
    import: "",
    redirectKind: consents ? "loopback" : "",
    app: consents ? ownApp("", "", ["http://127.0.0.1:8123/callback"]) : undefined,
    signInHosts: consents || kind === "oauth2_device" ? ["accounts.example.com", "oauth2.example.com"] : [],
    scopes: [],
    lifetime: { accessMs: 3_600_000, grantMs: 0, idleMs: 0, rotates: false, shorter: undefined },
    life: [{ key: "provider.life.open", args: { count: "0" } }],
    ...more,
  };
}

function provider(id: string, name: string, category: string, summary: Localized, methods: Method[], more: Partial<Provider> = {}): Provider {
  return {
    id,
    name,
    category,
    family: "",
    generic: false,
    theirs: { name, button: "Connect", again: say(""), days: 0, unconfirmed: true },
    probe: {
      method: "GET",
      address: `https://api.${id}.example.com/v1/me`,
      host: `api.${id}.example.com`,
      hosts: [],
      driver: "",
      query: "",
      perDay: 0,
      asks: ["request", "host", "resources", "account"].map((k) => ({ key: `provider.asks.${k}`, args: { method: "GET", address: `https://api.${id}.example.com/v1/me`, host: `api.${id}.example.com` } })),
    },
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
    method("oauth2_code", consent, appFields, {
      scopes,
      import: "google_client",
      app: ownApp("Desktop app", "App para computador", ["http://127.0.0.1"]),
      help: say("Create an OAuth client in a Google Cloud project of your own, and publish its consent screen.", "Crie um cliente OAuth em um projeto seu no Google Cloud e publique a tela de consentimento."),
      lifetime: { accessMs: 3_600_000, grantMs: 0, idleMs: 180 * 86_400_000, rotates: false, shorter: { field: "client_id", equals: "testing", days: 7, hours: 0 } },
      life: [
        { key: "provider.life.idle", args: { count: "180" } },
        { key: "provider.life.access_hours", args: { count: "1" } },
      ],
    }),
    method("oauth2_device", say("Code on another device", "Código em outro dispositivo"), appFields, { scopes, help: say("For a computer without a browser.", "Para um computador sem navegador.") }),
    method("service_account", say("Service account", "Conta de serviço"), [field("client_email", "text", "E-mail", "E-mail"), field("private_key", "secret", "Private key", "Chave privada")], { import: "google_service_account", signInHosts: ["oauth2.example.com"] }),
  ], { unconfirmed: ["that v25 is still served", "the shape of the list of accessible customers"], sources: ["developers.example.com common-errors", "RFC 6749"], synonyms: ["ga4", "google"] }),
  provider("google-ads", "Google Ads", "ads", say("Campaigns, clicks and cost.", "Campanhas, cliques e custo."), [method("oauth2_code", consent, appFields, { scopes })], { synonyms: ["adwords"] }),
  provider("meta-ads", "Meta Ads", "ads", say("Campaigns on Facebook and Instagram.", "Campanhas no Facebook e no Instagram."), [
    method("oauth2_code", consent, appFields, {
      scopes,
      redirectKind: "paste",
      app: ownApp("", "", ["https://localhost/callback"]),
      lifetime: { accessMs: 0, grantMs: 60 * 86_400_000, idleMs: 0, rotates: false, shorter: undefined },
      life: [{ key: "provider.life.grant", args: { count: "60" } }],
    }),
  ], { synonyms: ["facebook", "instagram"] }),
  provider("stripe", "Stripe", "payments", say("Charges, refunds and payouts.", "Cobranças, reembolsos e repasses."), [method("api_key", key, [keyField])], { synonyms: ["payments", "pagamentos"] }),
  provider("zendesk", "Zendesk", "support", say("Tickets and satisfaction.", "Chamados e satisfação."), [
    method("basic", say("API token", "Token de API"), login, { help: say("An admin makes the token in Admin Center.", "Um administrador cria o token na Central de Administração.") }),
    method("oauth2_code", consent, appFields, { help: say("When your company allows no tokens.", "Quando sua empresa não permite tokens.") }),
  ], { settings: [field("subdomain", "text", "Subdomain", "Subdomínio", { example: "acme", pattern: "[a-z0-9-]+", help: say("What stands before .zendesk.com in your address.", "O que vem antes de .zendesk.com no seu endereço.") })] }),
  provider("shopify", "Shopify", "shop", say("Orders, customers and products.", "Pedidos, clientes e produtos."), [method("oauth2_code", consent, appFields, { scopes })], {
    settings: [field("shop", "host", "Shop", "Loja", { example: "acme.myshopify.com" })],
  }),
  provider("postgresql", "PostgreSQL", "database", say("Tables of a PostgreSQL database.", "Tabelas de um banco PostgreSQL."), [method("database_login", say("Database login", "Login do banco"), login)], {
    settings: [host, port("5432"), field("database", "text", "Database", "Banco de dados", { example: "shop" }), field("tls", "choice", "Encryption", "Criptografia", { choices: ["verify-full", "require", "disable"], default: "verify-full" }), field("table", "text", "Table that must be readable", "Tabela que deve ser legível", { optional: true, example: "public.orders" })],
  }),
  provider("mysql", "MySQL", "database", say("Tables of a MySQL or MariaDB database.", "Tabelas de um banco MySQL ou MariaDB."), [method("database_login", say("Database login", "Login do banco"), login)], {
    settings: [host, port("3306"), field("database", "text", "Database", "Banco de dados", { example: "magento" })],
    synonyms: ["mariadb", "magento"],
  }),
  provider("oauth2-generic", "OAuth 2.0", "other", say("Any service with OAuth 2.0: you fill in its addresses.", "Qualquer serviço com OAuth 2.0: você informa os endereços."), [method("oauth2_code", consent, appFields)], {
    settings: [field("authorize_url", "url", "Authorize address", "Endereço de autorização", { example: "https://example.com/oauth/authorize" }), field("token_url", "url", "Token address", "Endereço de token", { example: "https://example.com/oauth/token" })],
  }),
  provider("http-api-key", "HTTP API key", "other", say("Any service with a key in a header.", "Qualquer serviço com uma chave em um cabeçalho."), [method("api_key", key, [field("api_key", "secret", "Key", "Chave")])], {
    settings: [field("url", "url", "Address to read", "Endereço a ler", { example: "https://api.example.com/me" })],
    own: true,
  }),
];

export const guide = `## Make a restricted key {#renew}

1. Open the **API keys** page of your [dashboard](https://stripe.example.com/keys).
2. Choose *Create restricted key* and name it \`relink\`.
3. Give **Read** to *Balance* and leave everything else at **None**.
4. Copy the key at once: it is shown only one time.

Only somebody with the role *Administrator* or *Developer* can do this. If that is not you, share these instructions with whoever is.

- The key can read, and nothing more.
- Relink keeps it in the keychain of this computer.
- See [the vendor's page](https://docs.example.com/keys#restricted).
`;
