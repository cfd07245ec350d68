import { expect, it } from "vitest";
import { blocks, runs, sectionOf } from "../src/integrations/add/guide";

it("a guide becomes headings, paragraphs and lists", () => {
  const got = blocks("# Make a key\n\nOpen the page\nof keys.\n\n1. One\n2. Two,\n   still two\n\n- a\n- b\n");
  expect(got.map((b) => b.kind)).toEqual(["heading", "paragraph", "list", "list"]);
  expect(got[1]).toMatchObject({ runs: [{ text: "Open the page" }, { text: " of keys." }] });
  expect(got[2]).toMatchObject({ ordered: true, items: [[{ text: "One" }], [{ text: "Two," }, { text: " still two" }]] });
});

it("a section is found by its name, which is not shown", () => {
  const all = blocks("# A\n\n## Renew the key {#renew}\n1. One\n\n## Withdraw {#withdraw}\nTwo\n");
  expect(sectionOf(all, "renew")).toMatchObject([{ kind: "heading", section: "renew", runs: [{ text: "Renew the key" }] }, { kind: "list" }]);
  expect(sectionOf(all, "withdraw").map((b) => b.kind)).toEqual(["heading", "paragraph"]);
  expect(sectionOf(all, "app")).toEqual([]);
  expect(sectionOf(all, "")).toEqual([]);
});

it("statements between fences stay as they are, and end what stood before", () => {
  const got = blocks("Run:\n\n```sql\nCREATE ROLE relink;\n  GRANT *all* TO relink;\n```\nThen go on.\n");
  expect(got.map((b) => b.kind)).toEqual(["paragraph", "code", "paragraph"]);
  expect(got[1]).toEqual({ kind: "code", text: "CREATE ROLE relink;\n  GRANT *all* TO relink;" });
  expect(blocks("```\nnever closed")).toEqual([{ kind: "code", text: "never closed" }]);
});

it("emphasis, code and links are runs of their own", () => {
  expect(runs("Give **Read** to `balance`, see [keys](https://x.example/k).").map((r) => [r.kind, r.text])).toEqual([
    ["text", "Give "],
    ["strong", "Read"],
    ["text", " to "],
    ["code", "balance"],
    ["text", ", see "],
    ["link", "keys"],
    ["text", "."],
  ]);
});

it("HTML in a guide stays text", () => {
  expect(blocks("<img src=x onerror=alert(1)>")).toEqual([
    { kind: "paragraph", runs: [{ kind: "text", text: "<img src=x onerror=alert(1)>", to: "" }] },
  ]);
});
