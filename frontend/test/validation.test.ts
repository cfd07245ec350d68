import { describe, expect, it } from "vitest";
import { Typed } from "../src/reauth/typed.svelte";
import { fieldProblem } from "../src/reauth/validation";
import { field } from "./fake/providers";

const kind = (k: string, more = {}) => field("f", k, "Field", "Campo", { example: "x", ...more });

describe("a field", () => {
  it.each([
    ["text", "", "required"],
    ["text", "   ", "required"],
    ["host", "https://db.example.com", "host_has_scheme"],
    ["host", "db.example.com/shop", "host_has_path"],
    ["host", "db.example.com", undefined],
    ["port", "70000", "port_range"],
    ["port", "3306", undefined],
    ["port", "12.5", "port_range"],
    ["url", "shop", "url_invalid"],
    ["url", "http://shop.example", "url_not_https"],
    ["url", "http://127.0.0.1:8080/me", undefined],
    ["url", "https://shop.example", undefined],
    ["number", "12a", "number_invalid"],
  ])("of kind %s with %j: %s", (k, value, code) => {
    expect(fieldProblem(kind(k), value)?.code).toBe(code);
  });

  it("that is optional may be empty", () => {
    expect(fieldProblem(kind("host", { optional: true }), "")).toBeUndefined();
  });

  it("must match the whole of the catalog's pattern", () => {
    expect(fieldProblem(kind("text", { pattern: "[a-z]+" }), "acme1")?.code).toBe("pattern");
    expect(fieldProblem(kind("text", { pattern: "(?i)[a-z]+" }), "ACME")).toBeUndefined();
  });

  it("with a pattern that only Go can read is left to the backend", () => {
    expect(fieldProblem(kind("text", { pattern: "(?P<x>a)(?s:.)" }), "zz")).toBeUndefined();
  });

  it("never puts a secret into the words of its problem", () => {
    expect(fieldProblem(kind("secret", { pattern: "sk_.+" }), "hunter2")?.args["value"]).toBe("");
  });
});

describe("what was typed", () => {
  const host = field("host", "host", "Host", "Host", { default: "localhost" });
  const key = field("key", "secret", "Key", "Chave");

  it("outlives a form that is asked again", () => {
    const typed = new Typed();
    typed.fill([host, key]);
    typed.set(host, "db.example.com");
    typed.fill([host, key], { host: "localhost" });
    expect(typed.values["host"]).toBe("db.example.com");
  });

  it("is answered with the secrets apart", () => {
    const typed = new Typed();
    typed.fill([host, key]);
    typed.set(host, " db.example.com ");
    typed.set(key, " s3cret ");
    expect(typed.answer([host, key])).toEqual({ choice: "", values: { host: "db.example.com" }, secrets: { key: " s3cret " } });
  });

  it("is complained about only once it was looked at, and then at each key", () => {
    const typed = new Typed();
    typed.fill([host]);
    typed.set(host, "http://x");
    expect(typed.problems["host"]).toBeUndefined();
    typed.look(host);
    expect(typed.problems["host"]?.code).toBe("host_has_scheme");
    typed.set(host, "x.example");
    expect(typed.problems["host"]).toBeUndefined();
  });

  it("may leave a secret empty where the backend holds one", () => {
    const typed = new Typed();
    typed.fill([key]);
    expect(typed.lookAtAll([key], true)).toBeUndefined();
    expect(typed.lookAtAll([key])).toBe(key);
  });
});
