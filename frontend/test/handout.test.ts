import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { byDay, Trail } from "../src/activity/activity.svelte";
import type { Act, End } from "../src/bridge/types";
import { Ends, grouped, nearness } from "../src/calendar/calendar.svelte";
import { Disconnection } from "../src/disconnect/disconnect.svelte";
import { disconnected, repairable } from "../src/integrations/repair";
import { Backend, refusal } from "./backend";
import { row } from "./fake/rows";

const now = new Date("2026-11-26T12:00:00Z");
const days = (n: number): string => new Date(now.getTime() + n * 86_400_000).toISOString();
const end = (at: string): End => ({ kind: "grant", at, grant: "g", integrations: ["i"], names: ["A"], providerName: "P", account: "", status: "connected", repair: "reconnect" });
const act = (at: string): Act => ({ at, text: { key: "act.edited", args: {} }, what: "edited", actor: "cli", integration: "i", name: "A", scopes: [] });

describe("the calendar", () => {
  it("groups by how near an end is, and an end that is due now is over", () => {
    expect(nearness(end(days(0)), now)).toBe("over");
    expect(nearness(end(days(7)), now)).toBe("week");
    expect(nearness(end(days(7.01)), now)).toBe("month");
    expect(nearness(end(days(30.01)), now)).toBe("later");
    expect(grouped([end(days(-1)), end(days(1)), end(days(2)), end(days(90))], now).map((g) => [g.nearness, g.entries.length])).toEqual([
      ["over", 1],
      ["week", 2],
      ["later", 1],
    ]);
    expect(grouped([], now)).toEqual([]);
  });

  it("shows a failure as itself and keeps what it knew", async () => {
    let broken = false;
    new Backend({
      Calendar: () => {
        if (broken) throw refusal("error.store_full");
        return { entries: [{ ...end(days(1)), integrations: null, names: null }], endless: 2, at: days(0) };
      },
    });
    const ends = new Ends();
    await ends.load();
    broken = true;
    await ends.load();
    expect(ends.failure?.text.key).toBe("error.store_full");
    expect(ends.calendar?.entries[0]?.names).toEqual([]);
    expect(ends.calendar?.endless).toBe(2);
  });
});

describe("the activity", () => {
  beforeEach(() => {
    vi.useFakeTimers({ now });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("is told by the reader's own days", () => {
    const noon = new Date(2026, 10, 26, 12).toISOString();
    const morning = new Date(2026, 10, 26, 0, 1).toISOString();
    const before = new Date(2026, 10, 25, 23, 59).toISOString();
    expect(byDay([act(noon), act(morning), act(before)]).map((d) => d.acts.length)).toEqual([2, 1]);
    expect(byDay([])).toEqual([]);
  });

  it("asks for what was chosen, and for more of it", async () => {
    const asked: unknown[] = [];
    new Backend({
      Activity: (q: unknown) => {
        asked.push(q);
        return { acts: null, more: true, pending: null };
      },
    });
    const trail = new Trail();
    await trail.load();
    await trail.more();
    await trail.choose({ integration: "int_1", since: 7 });
    expect(asked).toEqual([
      { integration: "", since: "", limit: 100 },
      { integration: "", since: "", limit: 200 },
      { integration: "int_1", since: days(-7), limit: 100 },
    ]);
    expect(trail.activity?.acts).toEqual([]);
    expect(trail.activity?.pending).toEqual([]);
  });

  it("does not let a late answer replace a newer one", async () => {
    const answers: ((a: unknown) => void)[] = [];
    new Backend({ Activity: () => new Promise((done) => answers.push(done)) });
    const trail = new Trail();
    const first = trail.load();
    const second = trail.choose({ since: 1 });
    await vi.advanceTimersByTimeAsync(0);
    answers[1]?.({ acts: [act(days(0))], more: false, pending: [] });
    await second;
    answers[0]?.({ acts: [], more: false, pending: [] });
    await first;
    expect(trail.activity?.acts).toHaveLength(1);
  });

  it("follows what happens, many changes at once", async () => {
    const backend = new Backend({ Activity: () => ({ acts: [], more: false, pending: [] }) });
    const trail = new Trail();
    const stop = trail.listen();
    backend.emit("integration:changed", "a");
    backend.emit("overview:changed");
    await vi.advanceTimersByTimeAsync(400);
    expect(backend.calls).toEqual(["Activity"]);
    stop();
    await vi.advanceTimersByTimeAsync(400);
    expect(backend.calls).toHaveLength(1);
  });
});

describe("a disconnection", () => {
  const plan = { name: "Ads", provider: "Google", account: "ana", shared: ["Analytics", "Search"], kin: null, told: true, page: "" };

  it("counts everybody that it ends, and says what became of it", async () => {
    const asked: unknown[] = [];
    new Backend({
      DisconnectPlan: () => plan,
      Disconnect: (...args: unknown[]) => {
        asked.push(args);
        return { ending: "pending", text: { key: "disconnect.pending", args: {} }, page: "", link: "", removed: true };
      },
    });
    const it = new Disconnection("int_ads");
    await it.load();
    expect(it.count).toBe(3);
    expect(it.plan?.kin).toEqual([]);
    it.remove = true;
    await Promise.all([it.confirm(), it.confirm()]);
    expect(asked).toEqual([["int_ads", true]]);
    expect(it.done?.text.key).toBe("disconnect.pending");
  });

  it("that fails can be tried again", async () => {
    let locked = true;
    new Backend({
      DisconnectPlan: () => plan,
      Disconnect: () => {
        if (locked) throw refusal("error.vault_locked");
        return { ending: "revoked", text: { key: "disconnect.revoked", args: {} }, page: "", link: "", removed: false };
      },
    });
    const it = new Disconnection("int_ads");
    await it.load();
    await it.confirm();
    expect(it.failure?.text.key).toBe("error.vault_locked");
    expect(it.done).toBeUndefined();
    locked = false;
    await it.confirm();
    expect(it.failure).toBeUndefined();
    expect(it.done?.ending).toBe("revoked");
  });

  it("leaves a row that rests: it is not among those to fix", () => {
    const resting = row("i", "Ads", "google-ads", "Google Ads", { status: "paused", verdict: "failing", rule: "disconnected", next: "reconnect" });
    expect(disconnected(resting)).toBe(true);
    expect(repairable(resting)).toBe(false);
  });
});
