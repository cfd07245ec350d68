// What can be said about a field before it is sent. The backend has the last word, with the same codes.
import type { Field, Problem } from "../bridge/types";

function problem(field: Field, value: string, code: string): Problem {
  const secret = field.kind === "secret";
  return { field: field.id, code, args: { value: secret ? "" : value, example: field.example } };
}

/** Go's pattern as JavaScript's; undefined where JavaScript cannot read it. */
function pattern(go: string): RegExp | undefined {
  const flags = go.startsWith("(?i)") ? "iu" : "u";
  try {
    return new RegExp(`^(?:${go.replace(/^\(\?i\)/, "")})$`, flags);
  } catch {
    return undefined;
  }
}

function host(value: string): string | undefined {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(value)) return "host_has_scheme";
  if (value.includes("/")) return "host_has_path";
  return undefined;
}

function port(value: string): string | undefined {
  const n = Number(value);
  return /^\d+$/.test(value) && n >= 1 && n <= 65_535 ? undefined : "port_range";
}

function url(value: string): string | undefined {
  if (!URL.canParse(value)) return "url_invalid";
  const { protocol, hostname } = new URL(value);
  const here = hostname === "127.0.0.1" || hostname === "[::1]" || hostname === "localhost";
  return protocol === "https:" || (protocol === "http:" && here) ? undefined : "url_not_https";
}

const kinds: Record<string, (value: string) => string | undefined> = {
  host,
  port,
  url,
  number: (value) => (/^-?\d+(\.\d+)?$/.test(value) ? undefined : "number_invalid"),
};

/** The field's problem, or undefined. */
export function fieldProblem(field: Field, typed: string): Problem | undefined {
  const value = field.kind === "secret" ? typed : typed.trim();
  if (value.trim() === "") return field.optional ? undefined : problem(field, "", "required");
  const code = kinds[field.kind]?.(value);
  if (code !== undefined) return problem(field, value, code);
  if (field.pattern !== "" && pattern(field.pattern)?.test(value) === false) return problem(field, value, "pattern");
  return undefined;
}
