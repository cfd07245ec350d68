import { expect, it } from "vitest";
import { app } from "../src/bridge/app";
import type { Told } from "../src/bridge/types";
import { progress, Their } from "../src/integrations/detail/their.svelte";
import { notices } from "../src/ui/notices.svelte";
import { Backend, refusal } from "./backend";
import { theirSide } from "./fake/theirs";

const nothing = { switch: "", account: "", dataPoint: "", done: "", undone: "", keys: "" };

it("tells one thing at a time and leaves everything else as it is", async () => {
  const told: [string, Told][] = [];
  new Backend({ TellTheirs: (id: string, t: Told) => void told.push([id, t]) });
  const their = new Their("int_1");
  expect(await their.tell({ done: "page" })).toBe(true);
  await their.tell({ switch: "off" });
  their.type("  Nov 24, 2026 1:05 PM ");
  await their.savePoint();
  expect(told).toEqual([
    ["int_1", { ...nothing, done: "page" }],
    ["int_1", { ...nothing, switch: "off" }],
    ["int_1", { ...nothing, dataPoint: "Nov 24, 2026 1:05 PM" }],
  ]);
  expect(their.typed).toBe("");
});

it("keeps a date that cannot be read in the field, with the way to write it", async () => {
  const problem = { field: "data_point", code: "date_unreadable", args: { value: "tuesday" } };
  new Backend({
    TellTheirs: () => {
      throw refusal("error.input", [problem]);
    },
  });
  const their = new Their("int_1");
  their.type("tuesday");
  await their.savePoint();
  expect(their.typed).toBe("tuesday");
  expect(their.problem).toEqual(problem);
  expect(their.busy).toBe(false);
  their.type("2026-11-24");
  expect(their.problem).toBeUndefined();
});

it("asks nothing while the field is empty, and tells other trouble by a notice", async () => {
  const backend = new Backend({
    TellTheirs: () => {
      throw refusal("error.not_found");
    },
  });
  const their = new Their("int_1");
  their.type("   ");
  await their.savePoint();
  expect(backend.calls).toEqual([]);
  const before = notices.items.length;
  expect(await their.tell({ keys: "refreshed" })).toBe(false);
  expect(notices.items.length).toBe(before + 1);
  expect(their.problem).toBeUndefined();
});

it("knows which step of the way is next", () => {
  const side = theirSide("Google Analytics", "Google Analytics");
  expect(progress(side)).toEqual({ done: 1, all: 5, next: "open" });
  expect(progress({ ...side, steps: side.steps.map((s) => ({ ...s, doneAt: "2026-11-24T12:00:00Z" })) }).next).toBe("");
});

it("shows no other side where the backend knows of none, and no empty lists as null", async () => {
  const bare = { row: {}, hours: null };
  new Backend({
    Detail: () => ({ ...bare, theirs: null }),
    Overview: () => ({ rows: null, cycles: null }),
  });
  expect((await app.detail("int_1")).theirs).toBeUndefined();
  expect((await app.overview()).cycles).toEqual([]);
  new Backend({ Detail: () => ({ ...bare, theirs: { ...theirSide("Stripe", "Connect with Stripe"), steps: null, resources: null, accounts: null, keys: null } }) });
  const side = (await app.detail("int_1")).theirs;
  expect([side?.steps, side?.resources, side?.accounts, side?.keys]).toEqual([[], [], [], undefined]);
});
