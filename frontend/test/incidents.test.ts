import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { CardRequest, Incident } from "../src/bridge/types";
import { IncidentBook, span, Story } from "../src/incidents/incidents.svelte";
import { OwnerCard } from "../src/support/card.svelte";
import { numbered } from "../src/support/numbered";
import { Ticket } from "../src/support/ticket.svelte";
import { Backend, refusal } from "./backend";

const repairs = { count: 0, temporary: 0, medianMs: 0, longestMs: 0 };

describe("incidents", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("tells a length of time in the unit that a person would use", () => {
    expect([0, 119 * 60_000, 120 * 60_000, 47.9 * 3_600_000, 48 * 3_600_000].map(span)).toEqual([
      { key: "span.moment", count: 0 },
      { key: "span.minutes", count: 119 },
      { key: "span.hours", count: 2 },
      { key: "span.hours", count: 47 },
      { key: "span.days", count: 2 },
    ]);
  });

  it("fills in what Go writes as null, and follows changes together", async () => {
    const backend = new Backend({ Incidents: () => ({ open: [{ bond: "", title: { key: "x", args: {} }, incidents: [{ id: "n", rest: null, asked: null }] }], past: null, repairs, since: "", at: "" }) });
    const book = new IncidentBook();
    await book.load();
    expect(book.incidents?.past).toEqual([]);
    expect(book.incidents?.open[0]?.incidents[0]).toEqual({ id: "n", rest: undefined, asked: undefined });
    const end = book.listen();
    for (let i = 0; i < 5; i++) backend.emit("integration:changed", "int_1");
    await vi.advanceTimersByTimeAsync(400);
    end();
    backend.emit("overview:changed");
    await vi.advanceTimersByTimeAsync(400);
    expect(backend.calls).toEqual(["Incidents", "Incidents"]);
  });

  it("shows a failure as itself and keeps what it knew", async () => {
    let broken = false;
    new Backend({
      Incidents: () => {
        if (broken) throw refusal("error.store_full");
        return { open: null, past: null, repairs, since: "", at: "" };
      },
      Timeline: () => {
        throw refusal("error.not_found");
      },
    });
    const book = new IncidentBook();
    await book.load();
    broken = true;
    await book.load();
    expect(book.failure?.text.key).toBe("error.store_full");
    expect(book.incidents?.open).toEqual([]);
    const story = new Story();
    await story.load({ id: "inc_1", integration: "int_1" } as Incident);
    expect([story.failure?.text.key, story.moments]).toEqual(["error.not_found", undefined]);
  });
});

describe("the owner's card", () => {
  it("numbers its steps anew below each heading", () => {
    const line = (kind: string) => ({ kind, text: "", note: "" });
    expect(numbered(["heading", "step", "link", "step", "heading", "step", "text"].map(line)).map((l) => l.number)).toEqual([0, 1, 0, 2, 0, 1, 0]);
  });

  it("drops a preview that an older question asked for", async () => {
    const waiting: ((v: unknown) => void)[] = [];
    new Backend({ Card: () => new Promise((done) => waiting.push(done)) });
    const it = new OwnerCard("int_1", "en");
    const first = it.load();
    it.lang = "pt-BR";
    const second = it.load();
    await Promise.resolve();
    waiting[1]?.({ title: "novo", lines: null, text: "" });
    await second;
    waiting[0]?.({ title: "old", lines: null, text: "" });
    await first;
    expect(it.card).toEqual({ title: "novo", lines: [], text: "" });
  });

  it("counts the owner as asked only when the page left the window", async () => {
    const requests: CardRequest[] = [];
    let saved = false;
    new Backend({
      SaveCard: (q: CardRequest) => {
        requests.push(q);
        return saved;
      },
      CopyCard: () => {
        throw refusal("error.unexpected");
      },
    });
    const it = new OwnerCard("int_1", "pt-BR");
    it.to = "  Ana ";
    expect([await it.save("pdf"), it.shared]).toEqual([false, false]); // the person changed their mind
    expect([await it.copy(), it.shared, it.failure?.text.key]).toEqual([false, false, "error.unexpected"]);
    saved = true;
    expect([await it.save("html"), it.shared, it.failure]).toEqual([true, true, undefined]);
    expect(requests).toEqual([
      { id: "int_1", lang: "pt-BR", to: "Ana", format: "pdf" },
      { id: "int_1", lang: "pt-BR", to: "Ana", format: "html" },
    ]);
  });
});

describe("the ticket", () => {
  it("veils persons unless that is ticked, in the preview and in what leaves", async () => {
    const asked: unknown[] = [];
    const record = (name: string) => (id: string, personal: boolean) => {
      asked.push([name, id, personal]);
      return name === "Support" ? { text: personal ? "ana@shop.example" : "person-1", page: "https://support.example" } : true;
    };
    new Backend({ Support: record("Support"), SaveSupport: record("SaveSupport"), OpenTicketPage: record("OpenTicketPage") });
    const it = new Ticket("int_1");
    await it.load();
    expect(it.text).toBe("person-1");
    await it.open();
    it.personal = true;
    await it.load();
    expect(it.text).toBe("ana@shop.example");
    await it.save();
    expect(asked).toEqual([
      ["Support", "int_1", false],
      ["OpenTicketPage", "int_1", false],
      ["Support", "int_1", true],
      ["SaveSupport", "int_1", true],
    ]);
  });
});
