import type { Act, Activity, ActivityQuery, Asked, Calendar, Detail, Disconnected, DisconnectPlan, End, Finding, HostKeys, Outcome, Overview, Preferences, Rest, Revocation, Row, Step, Text } from "../../src/bridge/types";
import { appFields, guide, keyField, providers } from "./providers";
import { cycle, theirSides } from "./theirs";
import { hours, ago, hostileRows, manyRows, row, sampleRows } from "./rows";

const hostKeys: HostKeys = {
  host: "bastion.shop.example:22",
  before: [{ type: "ssh-ed25519", fingerprint: "SHA256:cL2rZK1Yq3oLq0s0bq1JxJ6k0XnB3l9y8QmEJm4Gd2k" }],
  now: [],
};

type Hear = (...args: unknown[]) => void;

/** A pretended backend with a will: what it plays is chosen in the page's address. */
export class World {
  readonly play: URLSearchParams;
  rows: Row[];
  demo: boolean;
  preferences: Preferences;
  copied: string[] = [];
  private hearers = new Map<string, Set<Hear>>();
  rests = new Map<string, Rest>();
  asked = new Map<string, Asked>();
  private endWait: ((step: Step) => void) | undefined;
  private flows = new Map<string, Row>();
  readonly theirs = theirSides();

  constructor(address: string) {
    this.play = new URL(address).searchParams;
    this.demo = this.play.has("demo");
    this.preferences = { language: this.play.get("lang") ?? "", theme: this.play.get("theme") ?? "", notifications: true, onClose: "", relay: this.play.has("relay") ? "https://relay.agency.example/relink.html" : "", quietHours: this.play.has("channels") ? "22:00-07:00" : "", quietDays: this.play.has("channels") ? "sun" : "", system: "" };
    const n = Number(this.play.get("n") ?? "0");
    this.rows = this.play.has("empty") ? [] : this.play.has("hostile") ? hostileRows() : n > 0 ? manyRows(n) : sampleRows();
    if (!this.play.has("locked")) this.rows = this.rows.map((r) => (r.next === "unlock_keychain" ? { ...r, next: "check_computer" } : r));
  }

  hear(name: string, f: Hear): () => void {
    const set = this.hearers.get(name) ?? new Set();
    this.hearers.set(name, set.add(f));
    return () => set.delete(f);
  }

  emit(name: string, ...args: unknown[]): void {
    for (const f of this.hearers.get(name) ?? []) f(...args);
  }

  say(en: string, pt: string, args: Record<string, string> = {}): Text {
    const portuguese = (this.preferences.language || navigator.language).startsWith("pt");
    return { key: portuguese ? pt : en, args };
  }

  overview(): Overview {
    if (this.play.has("fail")) throw new Error(JSON.stringify({ text: { key: "error.store_full", args: {} }, problems: [], unexpected: false }));
    return { rows: this.rows, cycles: this.rows.filter((r) => r.id === "int_ci").map((r) => cycle(r, this.play.has("late") ? 41 : 5)), readOnly: this.play.has("readonly"), vault: this.demo ? "memory" : "keychain", offline: this.play.has("offline"), demo: this.demo, at: ago(0) };
  }

  row(id: string): Row {
    const found = this.rows.find((r) => r.id === id);
    if (!found) throw new Error(JSON.stringify({ text: { key: "error.not_found", args: {} }, problems: [], unexpected: false }));
    return found;
  }

  finding(r: Row): Finding {
    const ok = r.cause === "";
    const who = `${r.name}${r.account === "" ? "" : ` (${r.account})`}`;
    return {
      verdict: ok ? "ok" : r.verdict,
      cause: r.cause,
      rule: "refused-early",
      confidence: ok ? "certain" : "likely",
      next: r.next,
      what: ok
        ? this.say(`${who} works.`, `${who} funciona.`)
        : this.say(`${who} needs to be reconnected. The provider refused the saved login: the password, the permissions or the consent of this account changed.`, `${who} precisa ser reconectada. O provedor recusou o login salvo: a senha, as permissões ou o consentimento desta conta mudaram.`),
      why: ok
        ? this.say("Relink read a sample with the saved login a moment ago.", "O Relink leu uma amostra com o login salvo há pouco.")
        : this.say("The sign-in server answered invalid_grant. The authorization was 41 days old; at this provider it lives 180 days, so it did not simply expire.", "O servidor de login respondeu invalid_grant. A autorização tinha 41 dias; neste provedor ela dura 180 dias, então não foi simples expiração."),
      do: ok ? this.say("Nothing to do.", "Nada a fazer.") : this.say("Reconnect to continue; your selected profiles are kept.", "Reconecte para continuar; seus perfis selecionados são mantidos."),
      known: ok ? [] : [this.say("The sign-in server refused the refresh token (HTTP 400, invalid_grant).", "O servidor de login recusou o refresh token (HTTP 400, invalid_grant)."), this.say("It was used successfully 5 hours ago.", "Ele foi usado com sucesso há 5 horas.")],
      section: ok ? "" : "renew",
      page: "",
      ruledOut: ok ? [] : [this.say("A problem at the service: it answers others normally.", "Problema no serviço: ele responde normalmente a outras."), this.say("This computer: it is online, and its clock is right.", "Este computador: está online e com o relógio certo.")],
    };
  }

  detail(id: string): Detail {
    const r = this.row(id);
    const ok = r.cause === "";
    const provider = providers.find((p) => p.id === r.provider);
    return {
      row: r,
      hours: hours(r.status, ok ? 0 : 5, 0),
      finding: this.finding(r),
      facts: ok
        ? [{ key: "fact.stage", value: "done", provider: false }, { key: "fact.http_status", value: "200", provider: false }]
        : [
            { key: "fact.stage", value: "sign-in", provider: false },
            { key: "fact.party", value: "token-endpoint", provider: false },
            { key: "fact.host", value: "oauth2.googleapis.example", provider: false },
            { key: "fact.http_status", value: "400", provider: false },
            { key: "fact.obtained_at", value: ago(41 * 1440), provider: false },
            { key: "fact.oauth_error", value: "invalid_grant", provider: true },
            { key: "fact.excerpt", value: '{"error":"invalid_grant","error_description":"Token has been expired or revoked. <img src=x onerror=alert(1)>"}', provider: true },
          ],
      steps: [
        { stage: "keychain", ok: true, tookMs: 4, warning: false },
        { stage: "dns", ok: true, tookMs: 12, warning: false },
        { stage: "tls", ok: true, tookMs: 41, warning: false },
        { stage: "sign-in", ok, tookMs: 88, warning: false },
      ],
      changes: ok ? [{ at: ago(60 * 24 * 3), status: "connected", rule: "ok", what: this.finding(r).what }] : [{ at: ago(300), status: r.status, rule: "x", what: this.finding(r).what }, { at: ago(60 * 24 * 3), status: "connected", rule: "ok", what: this.say("It works again.", "Voltou a funcionar.") }],
      theirs: this.theirs.get(id),
      acts: this.acts().filter((a) => a.integration === r.id),
      hostKeys: r.provider === "mysql" ? [hostKeys] : [],
      settings: { host: "db.shop.example", port: "3306", database: "magento", subdomain: "acme", shop: "acme.myshopify.com" },
      settingForm: provider?.settings ?? [],
      intervalMs: provider?.category === "database" ? 900_000 : 300_000,
      method: provider?.methods[0]?.kind ?? "api_key",
      accountId: r.account === "" ? "" : "1048822734",
      scopes: provider?.methods[0]?.scopes.map((s) => s.id) ?? [],
      resources: r.provider.startsWith("google") ? [{ id: "properties/271828", name: "Acme Store, web" }, { id: "properties/314159", name: "Acme Store, app" }] : [],
      obtainedAt: ago(60 * 24 * 41),
      sharedWith: r.id === "int_ga" ? ["Google Analytics, Brazil"] : r.id === "int_ga2" ? ["Google Analytics"] : [],
      links: provider?.links ?? { keys: "", revoke: "", access: "", status: "" },
      unconfirmed: false,
      rest: this.rests.get(r.id),
      asked: this.asked.get(r.id),
      offerSupport: r.status === "needs_reauthorization",
    };
  }

  /** The question about the host keys of a bastion that was built anew. */
  hostKeyQuestion(id: string): Partial<Step> {
    const now = [
      { type: "ssh-ed25519", fingerprint: "SHA256:8sQ0l4uS2lJYxgJ2S1m1uH9Qe0G2uVJxkW7nCw5oT3E" },
      { type: "ecdsa-sha2-nistp256", fingerprint: "SHA256:0m7Ww5cQmZb0n1kq2nX7oG5ZcM3o5S8y0QwqkH5yZ1A" },
    ];
    return {
      ...this.step(this.row(id), "confirm", {
        notice: { key: "question.host_keys.notice", args: { bastion: hostKeys.host } },
        choices: ["keep", "trust"],
        question: { about: "", account: "", expected: "", lost: [], kept: [], hostKeys: { ...hostKeys, now } },
      }),
      title: { key: "question.host_keys.refresh_title", args: { integration: this.row(id).name } },
    };
  }

  /** A story of every row, and of one that is gone; newest first. */
  acts(): Act[] {
    const act = (minutes: number, what: string, actor: string, id: string, name: string, args: Record<string, string> = {}): Act => {
      return { at: ago(minutes), text: { key: `act.${what}`, args: { integration: name, account: "ana@shop.example", ...args } }, what, actor, integration: id, name, scopes: ["read_orders", "read_profile"] };
    };
    const rows = this.rows.slice(0, 20).flatMap((r, i) => [
      ...(i === 0 ? [act(12, "handed_to", "exec", r.id, r.name, { command: "psql" }), act(95, "handed_out", "cli", r.id, r.name, { format: "token" })] : []),
      act(1440 * (i + 1), "reconnected", "window", r.id, r.name),
      act(60 * 24 * 41 + i, "added", "", r.id, r.name),
    ]);
    const gone = [act(200, "revoked", "relink", "int_gone", "Old Shop"), act(201, "removed", "cli", "int_gone", "Old Shop")];
    return [...rows, ...gone].sort((a, b) => (a.at < b.at ? 1 : -1));
  }

  activity(q: ActivityQuery): Activity {
    const acts = this.acts().filter((a) => (q.integration === "" || a.integration === q.integration) && a.at >= q.since);
    const pending: Revocation[] = this.play.has("pending")
      ? [{ name: "Google Ads, Chile", provider: "Google Ads", account: "ads@shop.example", since: ago(40), nextAt: ago(-12), tries: 4, reason: { key: "revocation.network", args: {} }, page: "https://myaccount.example/connections" }]
      : [];
    return { acts: acts.slice(0, q.limit), more: acts.length > q.limit, pending };
  }

  calendar(): Calendar {
    const days = [-1, 2, 5, 12, 26, 55, 180];
    const entries = this.rows.slice(0, days.length).map((r, i): End => {
      return { kind: i === 3 ? "commerce_intelligence" : "grant", at: ago(-1440 * (days[i] ?? 0)), grant: `grt_${r.id}`, integrations: [r.id], names: [r.name], providerName: r.providerName, account: r.account, status: r.status, repair: r.repair };
    });
    return { entries, endless: Math.max(0, this.rows.length - days.length), at: ago(0) };
  }

  plan(id: string): DisconnectPlan {
    const r = this.row(id);
    return { name: r.name, provider: r.providerName, account: r.account, shared: this.detail(id).sharedWith, kin: [], told: r.repair === "reconnect", page: "" };
  }

  disconnect(id: string, remove: boolean): Disconnected {
    const r = this.row(id);
    const ending = this.play.has("pending") ? "pending" : r.repair === "reconnect" ? "revoked" : "untold";
    if (remove) this.rows = this.rows.filter((o) => o.id !== id);
    else this.put({ ...r, status: "paused", verdict: "failing", rule: "disconnected", cause: "account_change", next: r.repair });
    return { ending, text: { key: `disconnect.${ending}`, args: { integration: r.name, provider: r.providerName } }, page: "", link: ending === "untold" ? "keys" : "", removed: remove };
  }

  async check(id: string): Promise<void> {
    this.emit("checking", id);
    await pause(900);
    this.put({ ...this.row(id), checkedAt: ago(0), ...(this.row(id).cause === "" ? { succeededAt: ago(0) } : {}) });
  }

  put(r: Row): void {
    this.rows = this.rows.some((o) => o.id === r.id) ? this.rows.map((o) => (o.id === r.id ? r : o)) : [...this.rows, r];
    this.emit("integration:changed", r.id);
  }

  step(r: Row, kind: string, more: Partial<Step> = {}): Step {
    const flow = `flw_${r.id}`;
    this.flows.set(flow, r);
    return { flow, kind, title: { key: this.rows.some((o) => o.id === r.id) ? "reauth.title.reconnect" : "reauth.title.add", args: { integration: r.name } }, fields: [], values: {}, problems: [], choices: [], import: "", code: false, wanted: [], also: [], ...more };
  }

  consentOrForm(r: Row): Step {
    if (this.play.has("app")) return this.step(r, "form", this.ownApp());
    if (this.play.has("device"))
      return this.step(r, "device", {
        device: { userCode: "WDJB-MJHT", url: "https://www.example.com/device", urlComplete: this.play.has("complete") ? "https://www.example.com/device?user_code=WDJB-MJHT" : "", opened: !this.play.has("noopen"), deadline: ago(-15) },
      });
    if (r.repair === "update_credentials") return this.step(r, "form", { fields: [keyField] });
    const relay = this.play.has("relay");
    return this.step(r, "consent", {
      consent: {
        url: "https://accounts.example.com/o/oauth2/auth?client_id=1234.apps.example.com&redirect_uri=http%3A%2F%2F127.0.0.1%3A8123%2Fcallback&response_type=code&state=8f14e45fceea167a5a36dedd4bea2543&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        redirectUri: relay ? "https://relay.agency.example/relink.html" : "http://127.0.0.1:8123/callback",
        opened: !this.play.has("noopen"),
        paste: this.play.has("paste") || relay,
        pin: this.play.has("pin"),
        relay,
        deadline: ago(-10),
      },
    });
  }

  ownApp(): Partial<Step> {
    return {
      fields: appFields,
      import: "google_client",
      app: { keysUrl: "https://console.example.com/apis/credentials", type: { en: "Web application", ptBR: "Aplicativo da Web" }, redirectUris: [47811, 47812, 47813].map((p) => `http://127.0.0.1:${p}/callback`) },
    };
  }

  import(flow: string, text: string): Step {
    const r = this.flows.get(flow) ?? row("x", "x", "x", "x");
    let id: string | undefined;
    try {
      id = (JSON.parse(text) as { installed?: { client_id?: string } }).installed?.client_id;
    } catch {
      id = undefined;
    }
    if (id === undefined) return this.step(r, "form", { ...this.ownApp(), problems: [{ field: "import", code: "import_unreadable", args: { value: "the file" } }] });
    return this.step(r, "form", { ...this.ownApp(), values: { client_id: id } });
  }

  wait(flow: string): Promise<Step> {
    return new Promise((done) => {
      this.endWait = done;
      if (this.play.has("quick")) setTimeout(() => { done(this.end(flow, this.play.get("quick") || "replaced")); }, 700);
    });
  }

  end(flow: string, result: string): Step {
    const r = this.flows.get(flow) ?? row("x", "x", "x", "x");
    const adding = !this.rows.some((o) => o.id === r.id);
    const changed = result === "replaced" || result === "added";
    const account = result === "wrong_account" ? "bia@agency.example" : changed ? r.account || "Acme Store" : "";
    if (changed) this.put({ ...r, account, status: "connected", verdict: "ok", cause: "", next: "nothing", checkedAt: ago(0), succeededAt: ago(0) });
    return this.step(r, "outcome", {
      outcome: {
        result,
        expiresAt: result === "replaced" || result === "added" ? new Date(Date.now() + 90 * 86_400_000).toISOString() : "",
        text: { key: `outcome.${adding ? "add." : ""}${result}`, args: { integration: r.name, account, expected: r.account, missing: "read_orders" } },
        account,
        expected: changed || result !== "wrong_account" ? "" : r.account,
        missing: result === "partial_scopes" ? ["read_orders", "https://www.example.com/auth/analytics.readonly"] : [],
        integration: r.id,
        repaired: changed && r.provider.startsWith("google") ? [r.name, "Google Analytics, Brazil"] : changed ? [r.name] : [],
        changed,
        finding: undefined,
      },
    });
  }

  cancel(flow: string): Step {
    const step = this.end(flow, "cancelled");
    this.endWait?.(step);
    return step;
  }

  answer(flow: string, values: Record<string, string>, secrets: Record<string, string>): Step {
    const r = this.flows.get(flow) ?? row("x", "x", "x", "x");
    const key = secrets["api_key"] ?? "";
    if ("redirect" in values) return this.end(flow, "replaced");
    if (key === "" && r.repair === "update_credentials") return this.step(r, "form", { fields: [keyField], problems: [{ field: "api_key", code: "required", args: {} }] });
    if (key.includes("wrong")) return this.step(r, "form", { fields: [keyField], notice: { key: "outcome.not_proven", args: {} }, outcome: { ...(this.end(flow, "not_proven").outcome as Outcome), finding: this.finding({ ...r, cause: "account_change", verdict: "failing" }) } });
    return this.end(flow, this.rows.some((o) => o.id === r.id) ? "replaced" : "added");
  }

  guide(): string {
    return guide;
  }
}

export const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
