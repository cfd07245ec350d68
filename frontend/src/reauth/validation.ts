// What can be said about a field before it is sent. The backend has the last word, and the same
// codes: backend/catalog/testdata/fields.json holds both to one table.
import type { Field, Problem } from "../bridge/types";
import { wholePattern } from "./pattern";

// The longest values that a form takes, in characters.
const maxValue = 2048;
const maxTextArea = 64 * 1024;

/** Stand in where a field brings no example. */
const examples: Record<string, string> = { host: "db.example.com", port: "5432", url: "https://example.com", number: "10" };

const limitOf = (field: Field): number => (field.kind === "textarea" ? maxTextArea : maxValue);

function problem(field: Field, value: string, code: string): Problem {
  const args: Record<string, string> = {
    value: field.kind === "secret" ? "" : excerpt(value),
    example: field.example || field.default || (examples[field.kind] ?? ""),
  };
  if (code === "choice_unknown") args["choices"] = field.choices.join(", ");
  if (code === "too_long") args["limit"] = String(limitOf(field));
  return { field: field.id, code, args };
}

/** Keeps a value that is quoted in a sentence short and printable. */
function excerpt(value: string): string {
  const all = Array.from(value.replace(/\p{Cc}/gu, "␣"));
  return all.length > 80 ? `${all.slice(0, 80).join("")}…` : all.join("");
}

function hasControl(value: string, lines: boolean): boolean {
  return /[\p{Cc}\p{Cf}\uFFFD]/u.test(lines ? value.replace(/[\n\r\t]/g, "") : value);
}

const hostName = /^[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?\.?$/;

/** Whether the text is an address of IP version 6, with or without brackets and zone. */
function isIPv6(text: string): boolean {
  const [address = "", ...zone] = text.replace(/^[[\]]+|[[\]]+$/g, "").split("%");
  if (zone.length > 0 && zone.join("%") === "") return false;
  return address.includes(":") && /^[0-9A-Fa-f:.]+$/.test(address) && URL.canParse(`http://[${address}]/`);
}

function host(value: string): string | undefined {
  if (isIPv6(value)) return undefined;
  if (value.includes("://")) return "host_has_scheme";
  if (/[/:?#]/.test(value)) return "host_has_path";
  return hostName.test(value) && !value.includes("..") ? undefined : "host_invalid";
}

function port(value: string): string | undefined {
  const n = Number(value);
  return /^[+-]?\d+$/.test(value) && n >= 1 && n <= 65_535 ? undefined : "port_range";
}

/** Plain http is allowed to this computer alone, by its number: a name can be made to mean anything. */
function isLoopback(authority: string): boolean {
  const bare = authority.replace(/:\d*$/, "");
  if (/^127(?:\.(?:0|[1-9]\d{0,2})){3}$/.test(bare)) return bare.split(".").every((n) => Number(n) <= 255);
  return isIPv6(bare) && URL.canParse(`http://${bare}/`) && new URL(`http://${bare}/`).hostname === "[::1]";
}

function url(value: string): string | undefined {
  const parts = /^(?<scheme>[A-Za-z][A-Za-z0-9+.-]*):\/\/(?<authority>[^/?#]+)(?<path>[^?#]*)/.exec(value)?.groups;
  const { scheme = "", authority = "", path = "" } = parts ?? {};
  const wrong = parts === undefined || !URL.canParse(value) || authority.includes("@") || authority.startsWith(":") || /#./.test(value);
  if (wrong || /[{}\\ ]/.test(value) || authority.includes("%") || /%(?![0-9A-Fa-f]{2})/.test(path)) return "url_invalid";
  if (scheme.toLowerCase() === "https" || (scheme.toLowerCase() === "http" && isLoopback(authority))) return undefined;
  return "url_not_https";
}

function number(value: string): string | undefined {
  if (!/^[+-]?\d+$/.test(value)) return "number_invalid";
  const n = BigInt(value.replace(/^\+/, ""));
  return n >= -(2n ** 63n) && n < 2n ** 63n ? undefined : "number_invalid";
}

function ofKind(field: Field, value: string): string | undefined {
  switch (field.kind) {
    case "host":
      return host(value);
    case "port":
      return port(value);
    case "url":
      return url(value);
    case "number":
      return number(value);
    case "choice":
      return field.choices.includes(value) ? undefined : "choice_unknown";
  }
  return undefined;
}

function code(field: Field, typed: string): string | undefined {
  const value = typed.trim();
  if (value === "") return field.optional || (field.default !== "" && field.kind !== "secret") ? undefined : "required";
  if (Array.from(value).length > limitOf(field)) return "too_long";
  // A secret may be a private key of many lines, or hold whatever else its service likes.
  if (field.kind !== "secret" && hasControl(value, field.kind === "textarea")) return "control_characters";
  const found = ofKind(field, value);
  if (found !== undefined) return found;
  return field.pattern !== "" && wholePattern(field.pattern)?.test(value) === false ? "pattern" : undefined;
}

/** The field's problem, or undefined. */
export function fieldProblem(field: Field, typed: string): Problem | undefined {
  const found = code(field, typed);
  return found === undefined ? undefined : problem(field, typed.trim(), found);
}
