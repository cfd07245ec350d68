import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { wholePattern } from "../src/reauth/pattern";
import { Typed } from "../src/reauth/typed.svelte";
import { fieldProblem } from "../src/reauth/validation";
import type { Field } from "../src/bridge/types";
import { field } from "./fake/providers";

interface Case extends Partial<Field> {
  kind: string;
  value: string;
  code: string;
}

const backend = join(import.meta.dirname, "../../backend/catalog");
const table = JSON.parse(readFileSync(join(backend, "testdata/fields.json"), "utf8")) as Case[];
const short = (text: string): string => (text.length > 40 ? `${text.slice(0, 10)}… (${text.length})` : text);

// The backend is held to the same table: TestFieldsAreJudgedAsInTheWindow.
describe("a field is judged as by the backend:", () => {
  it.each(table.map((c) => [c.kind, c.pattern ?? "", short(c.value), c.code, c] as const))("%s %s %j: %s", (kind, _, __, code, given) => {
    expect(fieldProblem(field("x", kind, "The x", "O x", given), given.value)?.code ?? "").toBe(code);
  });
});

it("every pattern of the built-in catalog can be judged here", () => {
  const patterns: string[] = [];
  const gather = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      if (key.toLowerCase() === "pattern" && typeof inner === "string") patterns.push(inner);
      else gather(inner);
    }
  };
  gather(JSON.parse(readFileSync(join(backend, "builtin.json"), "utf8")));
  expect(patterns.length).toBeGreaterThan(0);
  expect(patterns.filter((p) => wholePattern(p) === undefined)).toEqual([]);
});

it.each(["(?i:a)b", "(?U)a+", "[^\\D\\S]", "a(?-i)b", "\\C"])("the pattern %s is left to the backend", (pattern) => {
  expect(fieldProblem(field("x", "text", "X", "X", { pattern }), "?")).toBeUndefined();
});

it("a problem names an example, the choices or the limit", () => {
  expect(fieldProblem(field("x", "port", "X", "X", { default: "3306" }), "x")?.args).toMatchObject({ example: "3306" });
  expect(fieldProblem(field("x", "host", "X", "X"), "a b")?.args).toMatchObject({ example: "db.example.com" });
  expect(fieldProblem(field("x", "choice", "X", "X", { choices: ["a", "b"] }), "c")?.args).toMatchObject({ choices: "a, b" });
  expect(fieldProblem(field("x", "text", "X", "X"), "y".repeat(2_049))?.args).toMatchObject({ limit: "2048" });
});

it.each([
  ["", [true, true, true]],
  ["way", [false, true, true]],
  ["way=a", [false, true, false]],
  ["way!=a", [true, false, true]],
  ["elsewhere=a", [true, true, true]],
] as const)("a field that needs %j is asked for where that is so", (needs, asked) => {
  const fields = [field("way", "choice", "Way", "Forma"), { ...field("x", "text", "The x", "O x"), needs }];
  const typed = new Typed();
  const seen = ["", "a", "b"].map((value) => {
    typed.values["way"] = value;
    return typed.asked(fields).some((f) => f.id === "x");
  });
  expect(seen).toEqual(asked);
});
