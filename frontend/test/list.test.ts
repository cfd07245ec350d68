import { describe, expect, it } from "vitest";
import { arranged, counted, type View } from "../src/integrations/filter";
import { repairable } from "../src/integrations/repair";
import { span } from "../src/integrations/window";
import { manyRows, row, sampleRows } from "./fake/rows";

const all: View = { query: "", status: "", sortBy: "status", descending: false };
const names = (view: Partial<View>): string[] => arranged(sampleRows(), { ...all, ...view }, "en").map((r) => r.name);

describe("the list", () => {
  it("shows the worst first, and names in order within a status", () => {
    expect(names({}).slice(0, 3)).toEqual(["Google Ads", "Stripe", "Zendesk Support"]);
    expect(names({}).slice(-3)).toEqual(["Google Analytics", "Google Analytics, Brazil", "Warehouse"]);
  });

  it("finds every word, in name, provider or account, whatever its case and accents", () => {
    const rows = [row("1", "São Paulo", "mysql", "MySQL", { account: "leitor" })];
    expect(arranged(rows, { ...all, query: "sao LEITOR mysql" }, "pt-BR")).toHaveLength(1);
    expect(arranged(rows, { ...all, query: "sao escritor" }, "pt-BR")).toHaveLength(0);
  });

  it("keeps to the chosen status", () => {
    expect(names({ status: "paused" })).toEqual(["Newsletter"]);
  });

  it("sorts by name both ways", () => {
    expect(names({ sortBy: "name", descending: true })).toEqual([...names({ sortBy: "name" })].reverse());
  });

  it("is fast enough to filter ten thousand rows at each key", () => {
    const rows = manyRows(10_000);
    const began = performance.now();
    arranged(rows, { ...all, query: "ads 9" }, "en");
    expect(performance.now() - began).toBeLessThan(400);
  });

  it("counts statuses, worst first, and none that nothing has", () => {
    expect(counted(sampleRows()).slice(0, 2)).toEqual([
      { status: "needs_reauthorization", count: 2 },
      { status: "waiting_for_admin", count: 1 },
    ]);
    expect(counted([])).toEqual([]);
  });
});

describe("a repair", () => {
  it.each([
    ["a refused login", { status: "needs_reauthorization", verdict: "failing", next: "reconnect" }, true],
    ["an OAuth app to fix", { status: "needs_reauthorization", verdict: "failing", next: "fix_oauth_app" }, true],
    ["a service that is down", { status: "retrying", verdict: "failing", next: "wait" }, false],
    ["a role that only an admin gives", { status: "waiting_for_admin", verdict: "failing", next: "ask_owner" }, false],
    ["a paused one", { status: "needs_reauthorization", verdict: "failing", next: "reconnect", paused: true }, false],
    ["a working one that ends soon", { status: "expires_soon", verdict: "ok", next: "reconnect" }, false],
  ])("of %s: %o → %s", (_, more, want) => {
    expect(repairable(row("1", "x", "stripe", "Stripe", more))).toBe(want);
  });
});

describe("the drawn span", () => {
  it("covers the view with some to spare, and never leaves the list", () => {
    expect(span(0, 600, 60, 10_000)).toEqual({ first: 0, end: 18 });
    expect(span(300_000, 600, 60, 10_000)).toEqual({ first: 4992, end: 5018 });
    expect(span(599_400, 600, 60, 10_000).end).toBe(10_000);
    expect(span(0, 600, 60, 0)).toEqual({ first: 0, end: 0 });
  });

  it("of a list that became shorter than the scroll position still shows its end", () => {
    expect(span(300_000, 600, 60, 3)).toEqual({ first: 2, end: 3 });
  });
});
