import { describe, expect, it } from "vitest";
import { Manner, sentence, spoken } from "../src/locale/sentences";

const en = new Manner("en");
const pt = new Manner("pt-BR");
const now = new Date("2026-11-24T15:00:00");
const iso = (text: string): string => new Date(text).toISOString();

describe("a sentence", () => {
  const from = {
    greeting: "{name} works since {sinceAt}",
    many: { one: "{count} connection", other: "{count} connections" },
  };

  it("gets its values, times in the reader's manner", () => {
    const args = { name: "Stripe", sinceAt: iso("2026-11-24T14:20:00") };
    expect(sentence(from, pt, "greeting", args, now)).toBe("Stripe works since 14:20");
    expect(sentence(from, en, "greeting", args, now)).toMatch(/^Stripe works since 2:20\sPM$/);
  });

  it("chooses one or other by count, and writes numbers as the language does", () => {
    expect(sentence(from, en, "many", { count: 1 }, now)).toBe("1 connection");
    expect(sentence(from, pt, "many", { count: 1200 }, now)).toBe("1.200 connections");
    expect(sentence(from, en, "many", { count: "2" }, now)).toBe("2 connections");
  });

  it("shows its key where the catalog has a gap, and leaves an unknown placeholder to be seen", () => {
    expect(sentence(from, en, "finding.new.what", {}, now)).toBe("finding.new.what");
    expect(sentence(from, en, "greeting", {}, now)).toBe("{name} works since {sinceAt}");
  });

  it("never reads a value as a template", () => {
    expect(sentence(from, en, "greeting", { name: "{sinceAt}$&", sinceAt: "" }, now)).toBe("{sinceAt}$& works since ");
  });
});

describe("a moment", () => {
  it("has the day when it is not today, and the year when it is not this one", () => {
    expect(pt.moment(iso("2026-11-20T09:05:00"), now)).toMatch(/20 de nov.*09:05|20 de nov.*9:05/);
    expect(en.moment(iso("2025-01-02T09:05:00"), now)).toContain("2025");
  });

  it("that is no time is shown as it came", () => {
    expect(en.moment("soon", now)).toBe("soon");
  });
});

describe("relative time", () => {
  it.each([
    ["2026-11-24T14:59:30", "now"],
    ["2026-11-24T14:57:00", "3 min. ago"],
    ["2026-11-24T12:00:00", "3 hr. ago"],
    ["2026-11-23T14:00:00", "yesterday"],
    ["2026-11-24T15:05:00", "in 5 min."],
  ])("%s is %s", (at, said) => {
    expect(en.ago(iso(at), now)).toBe(said);
  });
});

it("any Portuguese is answered in ours, anything else in English", () => {
  expect([spoken("pt-PT"), spoken("PT_br"), spoken("de-DE")]).toEqual(["pt-BR", "pt-BR", "en"]);
});
