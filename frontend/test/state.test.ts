import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Failure } from "../src/bridge/failure";
import type { Field } from "../src/bridge/types";
import { Addition, freeName } from "../src/integrations/add/add.svelte";
import { checkNow } from "../src/integrations/actions";
import { integrations } from "../src/integrations/integrations.svelte";
import { screen } from "../src/screen.svelte";
import { settings } from "../src/settings/settings.svelte";
import { notices } from "../src/ui/notices.svelte";
import { Backend, refusal } from "./backend";
import { providers } from "./fake/providers";
import { sampleRows } from "./fake/rows";

const field = (id: string, kind = "text"): Field => ({ id, kind, label: { en: id, ptBR: id }, help: { en: "", ptBR: "" }, example: "", choices: [], default: "", pattern: "", optional: false, needs: "", lines: false });

const overview = (rows = sampleRows()) => ({ rows, readOnly: false, vault: "keychain", offline: false, demo: false, at: "" });

describe("the integrations page", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("shows a failure as itself and keeps the last known truth", async () => {
    let broken = false;
    new Backend({
      Overview: () => {
        if (broken) throw refusal("error.store_full");
        return overview();
      },
    });
    await integrations.load();
    broken = true;
    await integrations.load();
    expect(integrations.failure?.text.key).toBe("error.store_full");
    expect(integrations.rows).toHaveLength(sampleRows().length);
  });

  it("drops a filter on a status that nothing has any more", async () => {
    new Backend({ Overview: () => overview(sampleRows().filter((r) => !r.paused)) });
    integrations.status = "paused";
    await integrations.load();
    expect(integrations.status).toBe("");
  });

  it("fetches a single change alone, and many at once", async () => {
    const rows = sampleRows();
    const backend = new Backend({
      Overview: () => overview(rows),
      Detail: (id: string) => ({ row: { ...rows.find((r) => r.id === id), name: "Renamed" } }),
    });
    await integrations.load();
    const end = integrations.listen();
    backend.emit("checking", "int_ga");
    await vi.advanceTimersByTimeAsync(200);
    expect(integrations.checking.has("int_ga")).toBe(true);
    backend.emit("integration:changed", "int_ga");
    await vi.advanceTimersByTimeAsync(200);
    expect(integrations.checking.has("int_ga")).toBe(false);
    expect(integrations.row("int_ga")?.name).toBe("Renamed");
    backend.calls = [];
    for (const r of rows) backend.emit("integration:changed", r.id);
    await vi.advanceTimersByTimeAsync(200);
    expect(backend.calls).toEqual(["Overview"]);
    end();
  });

  it("shows a change within a tenth of a second, and no answer that was asked for before it", async () => {
    const rows = sampleRows();
    let answer: (value: unknown) => void = () => undefined;
    const backend = new Backend({
      Overview: () => new Promise((done) => (answer = done)),
      Detail: (id: string) => ({ row: { ...rows.find((r) => r.id === id), name: "Renamed" } }),
    });
    const end = integrations.listen();
    const early = integrations.load();
    await vi.advanceTimersByTimeAsync(500);
    answer(overview(rows));
    await early;
    backend.emit("integration:changed", "int_ga");
    await vi.advanceTimersByTimeAsync(50);
    expect(integrations.row("int_ga")?.name).toBe("Renamed");
    const late = integrations.load();
    await vi.advanceTimersByTimeAsync(200);
    backend.emit("integration:changed", "int_ga");
    await vi.advanceTimersByTimeAsync(200);
    answer(overview(rows));
    await late;
    await vi.advanceTimersByTimeAsync(200);
    expect(integrations.row("int_ga")?.name).toBe("Renamed");
    end();
  });

  it("tells assistive technology that a check began, and what it found", async () => {
    const rows = sampleRows();
    let found: () => void = () => undefined;
    new Backend({
      Overview: () => overview(rows),
      Check: () => new Promise<void>((done) => (found = done)),
      Detail: (id: string) => ({ row: { ...rows.find((r) => r.id === id), status: "paused", paused: true } }),
    });
    await integrations.load();
    const check = checkNow("int_ga");
    expect(notices.said).toBe("Google Analytics, status.checking");
    await vi.advanceTimersByTimeAsync(0);
    found();
    await check;
    expect(notices.said).toBe("Google Analytics, status.paused");
  });

  it("believes the row when the news of a check's start come after those of its end", async () => {
    const rows = sampleRows();
    const backend = new Backend({ Overview: () => overview(rows), Detail: (id: string) => ({ row: { ...rows.find((r) => r.id === id), checkedAt: new Date().toISOString() } }) });
    await integrations.load();
    const end = integrations.listen();
    backend.emit("integration:changed", "int_ga");
    await vi.advanceTimersByTimeAsync(200);
    backend.emit("checking", "int_ga");
    await vi.advanceTimersByTimeAsync(200);
    expect(integrations.checking.size).toBe(0);
    end();
  });

  it("looks again at a check whose end was never told", async () => {
    const rows = sampleRows();
    const backend = new Backend({ Overview: () => overview(rows), Detail: (id: string) => ({ row: rows.find((r) => r.id === id) }) });
    await integrations.load();
    const end = integrations.listen();
    backend.emit("checking", "int_ga");
    await vi.advanceTimersByTimeAsync(31_000);
    expect(integrations.checking.size).toBe(0);
    end();
  });
});

describe("the screen", () => {
  const [healthy, broken] = sampleRows();

  it("opens the repair of what is broken, and the details of what is not", () => {
    if (broken) screen.open(broken);
    expect(screen.repairs).toEqual(["int_ads"]);
    screen.endRepairs();
    if (healthy) screen.open(healthy);
    expect(screen.detail).toBe("int_ga");
    expect(screen.repairs).toEqual([]);
  });

  it("walks through all repairs and leaves out what was mended by the way", () => {
    screen.repair(["a", "b", "c"]);
    screen.nextRepair((id) => id === "b");
    expect(screen.repairs).toEqual(["c"]);
    expect(screen.round).toBe(3);
  });
});

describe("an addition", () => {
  const stripe = providers.find((p) => p.id === "stripe");
  if (stripe === undefined) throw new Error("the fake catalog has no Stripe");

  it("offers the sign-in of another integration, and then needs no credentials", async () => {
    const offer = { integration: "int_ga", account: "ana@shop.example", users: ["Google Analytics"] };
    const sent: { useGrant: string; answer: { secrets: Record<string, string> } }[] = [];
    new Backend({
      Offers: () => [offer],
      StartAdd: (draft: (typeof sent)[number]) => {
        sent.push(draft);
        return { flow: "f1", kind: "outcome", title: { key: "t", args: {} }, outcome: { result: "added", changed: true } };
      },
    });
    const stripe = providers.find((p) => p.id === "stripe");
    if (!stripe) throw new Error("no stripe");
    const addition = new Addition(stripe, "Stripe");
    await vi.waitFor(() => {
      expect(addition.useGrant).toBe("int_ga");
    });
    await addition.connect();
    expect(sent[0]).toMatchObject({ useGrant: "int_ga", answer: { secrets: {} } });

    addition.useGrant = "new"; // its own sign-in needs what the form asks for
    await addition.back();
    await addition.connect();
    expect(sent).toHaveLength(1);
    expect(addition.typed.problems["api_key"]).toBeDefined();
  });

  it("keeps the draft when the backend refuses a field", async () => {
    new Backend({
      StartAdd: () => {
        throw refusal("error.input", [{ field: "name", code: "name_taken", args: { value: "Stripe" } }]);
      },
    });
    const addition = new Addition(stripe, "Stripe");
    addition.typed.values["api_key"] = "rk_live_1";
    await addition.connect();
    expect(addition.conversation).toBeUndefined();
    expect(addition.typed.problems["name"]?.code).toBe("name_taken");
    expect(addition.typed.values["api_key"]).toBe("rk_live_1");
  });

  it("goes back to the draft with everything that was typed", async () => {
    new Backend({
      StartAdd: () => ({ flow: "f", kind: "form", title: { key: "t" }, fields: stripe.methods[0]?.fields, notice: { key: "outcome.add.not_proven" } }),
      Cancel: () => ({ flow: "f", kind: "outcome", title: { key: "t" } }),
    });
    const addition = new Addition(stripe, "Stripe");
    addition.typed.values["api_key"] = "rk_live_wrong";
    await addition.connect();
    expect(addition.conversation?.step?.kind).toBe("form");
    await addition.back();
    expect(addition.conversation).toBeUndefined();
    expect(addition.typed.values).toMatchObject({ name: "Stripe", api_key: "rk_live_wrong" });
  });

  it("proposes a name that is free", () => {
    expect(freeName("Stripe", ["stripe", "Stripe 2"])).toBe("Stripe 3");
    expect(freeName("Stripe", [])).toBe("Stripe");
  });
});

describe("a failure", () => {
  it("is read from the JSON that Wails rejects with", () => {
    expect(Failure.of(refusal("error.busy")).text.key).toBe("error.busy");
  });

  it("that is anything else is a bug, and says so", () => {
    const failure = Failure.of(new Error("boom"));
    expect(failure).toMatchObject({ unexpected: true, text: { key: "error.unexpected", args: { detail: "boom" } } });
    expect(Failure.of("null").unexpected).toBe(true);
  });
});

describe("a pasted connection string", () => {
  const [any] = providers;
  const [way] = any?.methods ?? [];
  if (!any || !way) throw new Error("there is no provider");
  const login = { ...way, kind: "database_login", redirectUris: [], import: "", scopes: [], fields: [field("username"), field("password", "secret")] };
  const mysql = { ...any, id: "mysql", category: "database", settings: [field("host"), field("database")], methods: [login] };

  it("fills the fields in, keeps the password out of them and sends it with the draft", async () => {
    const text = "mysql://ana:hunter2@db.example.com/shop";
    let sent: Record<string, unknown> | undefined;
    new Backend({
      ParseConnection: () => ({ values: { host: "db.example.com", database: "shop", username: "ana" }, secrets: ["password"] }),
      StartAdd: (draft: Record<string, unknown>) => {
        sent = draft;
        return { kind: "outcome", flow: "f", fields: [], values: {}, problems: [] };
      },
    });
    const addition = new Addition(mysql, "MySQL");
    expect(await addition.paste(text)).toBe(true);
    expect(addition.typed.values).toMatchObject({ host: "db.example.com", database: "shop", username: "ana", password: "" });
    expect(addition.holds(field("password", "secret"))).toBe(true);
    await addition.connect();
    expect(sent).toMatchObject({ connection: text, settings: { host: "db.example.com" }, answer: { secrets: { password: "" } } });
    addition.typed.set(field("password", "secret"), "another");
    expect(addition.holds(field("password", "secret"))).toBe(false);
  });

  it("says at the field what is wrong with it", async () => {
    new Backend({
      ParseConnection: () => {
        throw refusal("error.input", [{ field: "connection", code: "connection_unreadable", args: {} }]);
      },
    });
    const addition = new Addition(mysql, "MySQL");
    expect(await addition.paste("hello")).toBe(false);
    expect(addition.typed.problems["connection"]?.code).toBe("connection_unreadable");
    expect(addition.pasted).toBeUndefined();
  });
});

describe("the settings", () => {
  it("no longer show why Relink could not be examined once it could", async () => {
    let broken = true;
    new Backend({
      Doctor: () => {
        if (broken) throw refusal("error.store_full");
        return { about: {}, checks: null };
      },
    });
    await settings.examine();
    expect(settings.failure?.text.key).toBe("error.store_full");
    broken = false;
    await settings.examine();
    expect(settings.failure).toBeUndefined();
  });
});
