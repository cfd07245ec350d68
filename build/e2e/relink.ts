// Starts Relink the way each test needs it, and speaks the screen's language.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test as base, type Locator, type Page, type TestInfo } from "@playwright/test";
import { freePort, Program, ran } from "./processes";

function given(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === "") throw new Error(`${name} is not set: run build/e2e.sh`);
  return value;
}

/** A keyring of the tests' own, unlocked, unless the session has one already. */
async function keyring(): Promise<Program | undefined> {
  const owned = async () => {
    const args = ["call", "--session", "-d", "org.freedesktop.DBus", "-o", "/org/freedesktop/DBus"];
    const answer = await ran("gdbus", [...args, "-m", "org.freedesktop.DBus.NameHasOwner", "org.freedesktop.secrets"]);
    return answer.includes("true") || undefined;
  };
  if (await owned()) return undefined;
  const daemon = new Program("gnome-keyring-daemon", ["--unlock", "--components=secrets", "--foreground"], {}, "test-pass");
  await daemon.until("the keyring", owned);
  return daemon;
}

/** Relink with the page on a port; the real backend is behind it. */
export class App {
  private constructor(
    readonly folder: string,
    private readonly args: string[],
    private readonly env: Record<string, string>,
    private running: { url: string; program: Program },
  ) {}

  static async start(args: string[], folder: string, env: Record<string, string> = {}): Promise<App> {
    return new App(folder, args, env, await App.run(args, folder, env));
  }

  private static async run(args: string[], folder: string, env: Record<string, string>): Promise<{ url: string; program: Program }> {
    const port = await freePort();
    // The test opens the consent page itself: nothing may open a browser of the machine's.
    const own = { assetdir: given("RELINK_ASSETS"), devserver: `127.0.0.1:${port}`, RELINK_DATA_DIR: folder, BROWSER: "/bin/true", LANG: "en_US.UTF-8" };
    const program = new Program(given("RELINK_BINARY"), args, { ...own, LC_ALL: "", LANGUAGE: "", ...env });
    const url = `http://127.0.0.1:${port}/`;
    await program.until("Relink's page", async () => {
      const answer = await fetch(url).catch(() => undefined);
      return answer?.ok === true || undefined;
    });
    return { url, program };
  }

  get url(): string {
    return this.running.url;
  }

  get log(): string {
    return this.running.program.output;
  }

  /** Ends the program and starts it over the same data folder; its page is at another address then. */
  async restart(meanwhile?: () => Promise<void>): Promise<void> {
    await this.running.program.end();
    await meanwhile?.();
    this.running = await App.run(this.args, this.folder, this.env);
  }

  /** Runs a command beside the window, over the same data folder; fails unless it ends with 0. */
  command(...args: string[]): Promise<string> {
    return ran(given("RELINK_BINARY"), args, { RELINK_DATA_DIR: this.folder, LANG: "en_US.UTF-8", LC_ALL: "", LANGUAGE: "", ...this.env });
  }

  end(): Promise<void> {
    return this.running.program.end();
  }
}

/** The sandbox with its switches. */
export class World {
  constructor(
    private readonly address: string,
    readonly program: Program,
  ) {}

  static async start(folder: string): Promise<World> {
    // Built and then started: "go run" would not pass on that it is to end.
    const binary = `${folder}-world`;
    await ran("go", ["build", "-o", binary, "./world"]);
    const program = new Program(binary, [folder]);
    const address = await program.until("the world", () => /^http:\S+/m.exec(program.output)?.[0], 120);
    return new World(address, program);
  }

  async turn(service: string, name: string, value = ""): Promise<unknown> {
    const answer = await fetch(`${this.address}/${service}/${name}?value=${encodeURIComponent(value)}`, { method: "POST" });
    if (!answer.ok) throw new Error(`${service}/${name}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  async key(service: string, account = "ana@shop.example"): Promise<string> {
    return String(await this.turn(service, "key", account));
  }
}

/** An OAuth server that nobody of this project wrote (build/peers), with a provider that obtains a grant from it by a code on another page. */
export class Peer {
  static readonly client = "shop";
  static readonly secret = "CNRY-peer-secret-0123456789abcdef";

  constructor(
    readonly issuer: string,
    readonly program: Program,
  ) {}

  static async start(): Promise<Peer> {
    const options = {
      publicClient: "desk", client: Peer.client, secret: Peer.secret, scopes: ["orders:read"], rotates: true,
      accessSeconds: 3600, refreshSeconds: 86_400, codeSeconds: 60, deviceSeconds: 300,
    };
    const program = new Program("node", ["--no-warnings", "oidc.mjs", JSON.stringify(options)], {}, undefined, { folder: "../peers", open: true });
    const issuer = await program.until("the OAuth peer", () => /^http:\S+/m.exec(program.output)?.[0]);
    return new Peer(issuer, program);
  }

  /** Writes the provider below a folder of own providers. */
  async describe(providers: string): Promise<void> {
    const folder = join(providers, "code-elsewhere");
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "provider.yaml"), `id: code-elsewhere
name: Code Elsewhere
category: other
summary: {en: A service that takes a code on another page., pt-BR: Um serviço que recebe um código em outra página.}
methods:
  - kind: oauth2_device
    label: {en: Code on another page, pt-BR: Código em outra página}
    fields:
      - {id: client_id, kind: text, label: {en: Client ID, pt-BR: ID do cliente}}
      - {id: client_secret, kind: secret, label: {en: Client secret, pt-BR: Chave secreta do cliente}}
    oauth:
      device_url: ${this.issuer}/device/auth
      token_url: ${this.issuer}/token
      client_auth: header
      scopes:
        - {id: openid, why: {en: To know who signed in., pt-BR: Para saber quem entrou.}}
        - {id: offline_access, why: {en: To stay signed in., pt-BR: Para continuar conectado.}}
    headers: {Authorization: "Bearer {access_token}"}
    lifetime: {grant: 60d}
probe:
  http: {method: GET, url: "${this.issuer}/me", proof: sub, account: {id: sub, name: sub}, per_day: 0}
sources: [RFC 8628]
unconfirmed: [that it lasts for 60 days]
`);
  }
}

/** What lies beyond this computer, as the world plays it behind a proxy. */
export interface Far {
  proxy: string;
  roots: string;
  mailPort: string;
  mailUser: string;
  mailPassword: string;
}

/** A notice that came to its receiver. */
export interface Arrival {
  where: string;
  text: string;
}

interface Fixtures {
  /** Relink over an empty data folder, which reaches the world's far services by their real addresses. */
  reaching: App;
  far: Far;
  /** Relink over an empty data folder, with a provider of the peer's. */
  peered: App;
  /** Relink with its own sample integrations, one of them revoked. */
  sample: App;
  /** Relink over an empty data folder, with the keyring and the world's providers. */
  own: App;
  world: World;
}

export const test = base.extend<Fixtures, { keys: undefined; place: string; theWorld: World }>({
  keys: [
    async ({}, use) => {
      const daemon = await keyring();
      await use(undefined);
      await daemon?.end();
    },
    { scope: "worker" },
  ],
  place: [
    async ({}, use) => {
      const folder = await mkdtemp(join(tmpdir(), "relink-e2e-"));
      await use(folder);
      await rm(folder, { recursive: true, force: true });
    },
    { scope: "worker" },
  ],
  theWorld: [
    async ({ place }, use) => {
      const world = await World.start(join(place, "providers"));
      await use(world);
      await world.program.end();
    },
    { scope: "worker", timeout: 180_000 },
  ],
  world: async ({ theWorld }, use) => {
    await use(theWorld);
  },
  // The page is closed before the app ends: it would complain that nobody answers any more.
  sample: async ({ place, page }, use) => {
    const app = await App.start(["--sample"], join(place, "unused"));
    await use(app);
    await page.close();
    await app.end();
  },
  peered: async ({ keys, place, page }, use, about) => {
    void keys;
    const peer = await Peer.start();
    const folder = await mkdtemp(join(place, "data-"));
    await peer.describe(join(folder, "providers"));
    const app = await App.start([], folder);
    await use(app);
    await page.close();
    await app.end();
    await peer.program.end();
    if (about.status !== about.expectedStatus) await about.attach("relink.log", { body: app.log });
  },
  own: async ({ keys, place, theWorld, page }, use, about) => {
    void keys;
    void theWorld;
    await serve(place, {}, page, use, about);
  },
  far: async ({ theWorld }, use) => {
    await use((await theWorld.turn("far", "net")) as Far);
  },
  reaching: async ({ keys, place, far, page }, use, about) => {
    void keys;
    await serve(place, { HTTPS_PROXY: far.proxy, SSL_CERT_FILE: far.roots }, page, use, about);
  },
});

/** Serves Relink over an empty data folder with the world's providers. */
async function serve(place: string, env: Record<string, string>, page: Page, use: (app: App) => Promise<void>, about: TestInfo): Promise<void> {
  const folder = await mkdtemp(join(place, "data-"));
  await ran("cp", ["-r", join(place, "providers"), folder]);
  const app = await App.start([], folder, env);
  await use(app);
  await page.close();
  await app.end();
  if (about.status !== about.expectedStatus) await about.attach("relink.log", { body: app.log });
}

/** Opens the page and proves that nothing on it broke the content security policy or threw. */
export async function open(page: Page, app: App): Promise<void> {
  await page.addInitScript(() => {
    addEventListener("securitypolicyviolation", (event) => {
      console.error(`content security policy: ${event.violatedDirective} ${event.blockedURI}`);
    });
  });
  page.on("console", (message) => {
    if (message.type() === "error") expect.soft(message.text(), "the console is quiet").toBe("");
  });
  page.on("pageerror", (error) => {
    // The dev server's own overlay does not work under a content security policy; the product has none.
    if (error.stack?.includes("/wails/ipc.js") === true) return;
    expect.soft(error.stack ?? error.message, "the page throws nothing").toBe("");
  });
  page.on("dialog", (dialog) => {
    expect.soft(dialog.message(), "no script opens a dialog").toBe("");
    void dialog.dismiss();
  });
  await page.goto(app.url);
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
}

/** A row of the list: its name says integration, provider, status and cause. */
export function row(page: Page, name: string): Locator {
  return page.getByRole("row", { name, exact: false }).filter({ has: page.getByRole("button", { name, exact: true }) });
}

/** Opens the page about a provider, from the catalog. */
export async function choose(page: Page, provider: string | RegExp, query = typeof provider === "string" ? provider : ""): Promise<void> {
  await page.getByRole("button", { name: /^Add (your first )?integration$/ }).first().click();
  await page.getByRole("searchbox", { name: "Search services" }).fill(query);
  const card = page.getByRole("dialog").getByRole("button").filter({ has: page.getByText(provider, { exact: true }) });
  await card.click();
  await expect(page.getByRole("dialog").getByText("What Relink sends")).toBeVisible();
}

/** Goes on from the page about a provider to its form. */
export async function toForm(page: Page): Promise<void> {
  await page.getByRole("dialog").getByRole("button", { name: "Continue" }).click();
}

/** The link of the consent page that the dialog shows. */
export async function consentLink(page: Page): Promise<string> {
  const link = page.getByTestId("consent-url");
  if (!(await link.isVisible())) await page.getByText("Show the link").click();
  return (await link.innerText()).trim();
}

/** Consents in a page of its own, as the person would in the browser. */
export async function consent(page: Page, answer: { account?: string; without?: string; button: "Allow" | "Deny" }): Promise<Page> {
  const link = await consentLink(page);
  const browser = await page.context().newPage();
  await browser.goto(link);
  if (answer.account !== undefined) await browser.getByLabel(answer.account).check();
  if (answer.without !== undefined) await browser.getByLabel(answer.without).uncheck();
  await browser.getByRole("button", { name: answer.button }).click();
  return browser;
}

/** Adds the integration "Sample Analytics" by consent, to the last page of the dialog. */
export async function addAnalytics(page: Page, world: World): Promise<void> {
  await choose(page, /Sample Analytics/, "Sample Analytics");
  await toForm(page);
  const client = (await world.turn("sample-analytics", "client")) as { id: string; secret: string };
  await page.getByLabel("Client ID").fill(client.id);
  await page.getByRole("textbox", { name: "Client secret" }).fill(client.secret);
  await page.getByRole("button", { name: "Connect", exact: true }).click();
  await consent(page, { button: "Allow" });
  await expect(page.getByText("is connected as ana@shop.example")).toBeVisible();
}

export { expect };
