// Stands where Wails puts the backend into the page: window.go.main.App and window.runtime.
import type { ActivityQuery, Answer, CardRequest, ChannelDraft, Draft, Edit, Preferences, Row, Told } from "../../src/bridge/types";
import { providers } from "./providers";
import { ago, row } from "./rows";
import { tell } from "./theirs";
import { channelForms, Channels } from "./channels";
import { card, incidents, support, timeline } from "./incidents";
import { pause, World } from "./world";

const world = new World(location.href);
const channels = new Channels(world.play.has("channels"));

const about = () => ({
  version: "0.1.0",
  dataDir: "/home/ana/.local/share/relink",
  readOnly: world.play.has("readonly"),
  vault: world.demo ? "memory" : "keychain",
  vaultState: world.play.has("locked") ? "locked" : "ok",
  tray: !world.play.has("notray"),
  language: "en",
  providers: providers.length,
  ownFolder: "/home/ana/.config/relink/providers",
});

const edited = (id: string, part: Partial<Row>): void => {
  world.put({ ...world.row(id), ...part });
};

const app = {
  Overview: async () => world.overview(),
  Detail: async (id: string) => world.detail(id),
  Providers: async () => providers,
  Guide: async () => world.guide(),
  Check: (id: string) => world.check(id),
  CheckAll: async () => {
    await Promise.all(world.rows.filter((r) => !r.paused).slice(0, 200).map((r) => world.check(r.id)));
    return [];
  },
  Offers: async () => [],
  StartAdd: async (draft: Draft) => {
    await pause(500);
    if (world.rows.some((r) => r.name.toLowerCase() === draft.name.toLowerCase()))
      throw new Error(JSON.stringify({ text: { key: "error.input", args: {} }, problems: [{ field: "name", code: "name_taken", args: { value: draft.name } }], unexpected: false }));
    const p = providers.find((o) => o.id === draft.provider);
    const fresh = row(`int_${Date.now()}`, draft.name, draft.provider, p?.name ?? "", { repair: draft.method.startsWith("oauth") ? "reconnect" : "update_credentials" }, 0, 24);
    const step = world.consentOrForm(fresh);
    if (draft.answer.choice === "import") return world.import(step.flow, draft.answer.secrets["import"] ?? "");
    if (step.kind === "device") return step;
    return step.kind === "consent" ? step : world.answer(step.flow, draft.answer.values, { api_key: "x", ...draft.answer.secrets });
  },
  ParseConnection: async (_provider: string, text: string) => {
    const found = /^\w+:\/\/([^:@]+):[^@]*@([^:/]+)(?::(\d+))?\/(\w+)/.exec(text);
    if (!found) throw new Error(JSON.stringify({ text: { key: "error.input", args: {} }, problems: [{ field: "connection", code: "connection_unreadable", args: { example: "mysql://user:password@db.example.com:3306/shop" } }], unexpected: false }));
    return { values: { username: found[1], host: found[2], port: found[3] ?? "", database: found[4] }, secrets: ["password"] };
  },
  LeastLogin: async (_id: string, rotate: boolean) => ({
    user: rotate ? "relink_2" : "relink", old: rotate ? "relink" : "", shell: "mysql", create: ["CREATE USER 'relink'@'%' IDENTIFIED BY '<password>' REQUIRE SSL;"],
    stop: ["ALTER USER 'relink'@'%' ACCOUNT LOCK;"], drop: ["DROP USER 'relink'@'%';"], command: "relink reconnect Shop --set username=relink_2 --switch-account",
    addresses: ["54.88.76.97", "34.250.211.151"], port: "3306",
  }),
  StartReauth: async (id: string) => {
    await pause(200);
    return world.consentOrForm(world.row(id));
  },
  RefreshHostKeys: async (id: string) => {
    await pause(400);
    return world.hostKeyQuestion(id);
  },
  Answer: async (flow: string, answer: Answer) => {
    await pause(700);
    if (answer.choice === "import") return world.import(flow, answer.secrets["import"] ?? "");
    return world.answer(flow, answer.values, answer.secrets);
  },
  Await: (flow: string) => world.wait(flow),
  Cancel: async (flow: string) => world.cancel(flow),
  OpenAgain: async () => undefined,
  Edit: async (e: Edit) => {
    await pause(200);
    edited(e.id, { name: e.name });
  },
  Pause: async (id: string) => {
    edited(id, { paused: true, status: "paused" });
  },
  Resume: async (id: string) => {
    edited(id, { paused: false, status: "connected" });
  },
  Remove: async (id: string) => {
    world.rows = world.rows.filter((r) => r.id !== id);
    world.emit("overview:changed");
  },
  DisconnectPlan: async (id: string) => world.plan(id),
  Disconnect: async (id: string, remove: boolean) => {
    await pause(900);
    return world.disconnect(id, remove);
  },
  Activity: async (q: ActivityQuery) => world.activity(q),
  Calendar: async () => world.calendar(),
  SaveCalendar: async () => true,
  Incidents: async () => incidents(world),
  Timeline: async (id: string) => timeline(world, id),
  Rest: async (id: string, kind: string, forMS: number) => {
    world.rests.set(id, { kind, fromAt: ago(0), untilAt: forMS > 0 ? ago(-forMS / 60_000) : "" });
    edited(id, {});
  },
  PlanMaintenance: async () => undefined,
  Unrest: async (id: string) => {
    world.rests.delete(id);
    edited(id, {});
  },
  Card: async (q: CardRequest) => card(world, q),
  CopyCard: async (q: CardRequest) => {
    world.copied.push(card(world, q).text);
    world.asked.set(q.id, { whom: q.to, since: ago(0) });
    edited(q.id, { status: "waiting_for_admin" });
  },
  SaveCard: async () => true,
  Support: async (id: string, personal: boolean) => support(world, id, personal),
  SaveSupport: async () => true,
  OpenTicketPage: async () => undefined,
  Preferences: async () => world.preferences,
  SetPreferences: async (p: Preferences) => {
    world.preferences = p;
  },
  CheckRelay: async (address: string) => {
    await pause(600);
    if (address.includes("wrong"))
      throw new Error(JSON.stringify({ text: { key: "error.input", args: {} }, problems: [{ field: "relay", code: "relay_other_page", args: { value: address } }], unexpected: false }));
  },
  Channels: async () => channels.list,
  ChannelForms: async () => channelForms,
  AddChannel: (draft: ChannelDraft) => channels.add(draft),
  TestChannel: (id: string) => channels.test(id),
  RemoveChannel: async (id: string) => {
    channels.list = channels.list.filter((c) => c.id !== id);
  },
  About: async () => about(),
  Doctor: async () => {
    await pause(400);
    return {
      about: about(),
      checks: [
        { key: "doctor.keychain", ok: !world.play.has("locked"), text: { key: world.play.has("locked") ? "doctor.keychain.locked" : "doctor.keychain.ok", args: {} } },
        { key: "doctor.folder", ok: true, text: { key: "doctor.folder.ok", args: { path: "/home/ana/.local/share/relink" } } },
        { key: "doctor.network", ok: true, text: { key: "doctor.network.yes", args: {} } },
        { key: "doctor.catalog", ok: true, text: { key: "doctor.catalog.ok", args: { count: "9" } } },
      ],
    };
  },
  UnlockKeychain: async () => {
    await pause(1500);
    world.play.delete("locked");
    world.rows = world.rows.map((r) => (r.next === "unlock_keychain" ? { ...r, status: "connected", cause: "", next: "nothing" } : r));
  },
  TellTheirs: async (id: string, told: Told) => {
    await pause(200);
    tell(world.theirs, id, told);
    world.emit("integration:changed", id);
  },
  CopyBriefly: async (text: string) => {
    world.copied.push(text);
  },
  OpenLink: async () => undefined,
  StartDemo: async () => {
    await pause(800);
    const fresh = new World(`${location.origin}/?demo`);
    world.rows = fresh.rows.slice(0, 3);
    world.demo = true;
  },
  StopDemo: async () => {
    world.rows = [];
    world.demo = false;
  },
  CloseChoice: async () => undefined,
  Copy: async (text: string) => {
    world.copied.push(text);
  },
};

const runtime = {
  EventsOnMultiple: (name: string, hear: (...args: unknown[]) => void) => world.hear(name, hear),
};

Object.assign(window, { go: { main: { App: app } }, runtime, fake: world });
