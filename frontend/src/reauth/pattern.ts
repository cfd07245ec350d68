// The catalog's patterns are Go's (RE2). This writes one as JavaScript's, with the same meaning, or
// says that it cannot: then the backend alone judges the value.

/** Patterns of one character class, as they stand inside of brackets. */
const posix: Record<string, string> = {
  alnum: "0-9A-Za-z",
  alpha: "A-Za-z",
  ascii: "\\x00-\\x7f",
  blank: "\\t ",
  cntrl: "\\x00-\\x1f\\x7f",
  digit: "0-9",
  graph: "!-~",
  lower: "a-z",
  print: " -~",
  punct: "!-\\/:-@\\[-`\\{-~",
  space: "\\t-\\r ",
  upper: "A-Z",
  word: "0-9A-Za-z_",
  xdigit: "0-9A-Fa-f",
};

/** Go's classes are of ASCII; JavaScript's \s is not, and neither is \w once case does not count. */
const perl: Record<string, string> = { d: "0-9", s: "\\t\\n\\f\\r ", w: "0-9A-Za-z_" };

/** What JavaScript wants escaped in its unicode mode, and allows to be. */
const syntax = /[\^$\\.*+?()[\]{}|/-]/;

class Untranslatable extends Error {}

class Translation {
  private at = 0;
  private out = "";

  constructor(
    private readonly go: string,
    private readonly dotAll: boolean,
  ) {}

  whole(): string {
    while (this.at < this.go.length) this.out += this.next();
    return this.out;
  }

  private take(expression: RegExp): RegExpExecArray | null {
    const sticky = new RegExp(expression.source, "uy");
    sticky.lastIndex = this.at;
    const found = sticky.exec(this.go);
    if (found) this.at += found[0].length;
    return found;
  }

  private next(): string {
    if (this.take(/\\Q/)) {
      const quoted = this.take(/(?<text>[^]*?)(?:\\E|$)/)?.groups?.["text"] ?? "";
      return Array.from(quoted, literal).join("");
    }
    const group = this.take(/\(\?P?<(?<name>\w+)>/);
    if (group) return `(?<${group.groups?.["name"] ?? ""}>`;
    if (this.take(/\(\?:/)) return "(?:";
    // Flags for a part of the pattern: JavaScript of our oldest web view has none.
    if (this.take(/\(\?/)) throw new Untranslatable();
    if (this.take(/\./)) return this.dotAll ? "[^]" : "[^\\n]";
    const repeat = this.take(/\{\d+(?:,\d*)?\}/);
    if (repeat) return repeat[0];
    if (this.take(/\[/)) return this.brackets();
    if (this.take(/\\/)) return this.escape(false);
    const c = this.take(/[^]/)?.[0] ?? "";
    return "{}]".includes(c) ? `\\${c}` : c;
  }

  private brackets(): string {
    let inside = this.take(/\^/) ? "^" : "";
    // A bracket that closes at once is a character.
    if (this.take(/\]/)) inside += "\\]";
    for (;;) {
      const named = this.take(/\[:(?<not>\^?)(?<name>\w+):\]/);
      if (named) {
        const set = posix[named.groups?.["name"] ?? ""];
        if (set === undefined || named.groups?.["not"] === "^") throw new Untranslatable();
        inside += set;
      } else if (this.take(/\]/)) return `[${inside}]`;
      else if (this.take(/\\/)) inside += this.escape(true);
      else {
        const c = this.take(/[^]/)?.[0];
        if (c === undefined) throw new Untranslatable();
        inside += c !== "-" && syntax.test(c) ? `\\${c}` : c;
      }
    }
  }

  /** What follows a backslash. */
  private escape(inside: boolean): string {
    const hex = this.take(/x(?:\{(?<long>[0-9A-Fa-f]+)\}|(?<short>[0-9A-Fa-f]{2}))/);
    if (hex) return `\\u{${hex.groups?.["long"] ?? hex.groups?.["short"] ?? ""}}`;
    const octal = this.take(/0[0-7]{0,2}|[1-7][0-7]{1,2}/);
    if (octal) return `\\u{${parseInt(octal[0], 8).toString(16)}}`;
    const property = this.take(/(?<way>[pP])(?:\{(?<not>\^?)(?<long>\w+)\}|(?<short>[A-Z]))/);
    if (property) return unicodeClass(property.groups ?? {});
    const c = this.take(/[^]/)?.[0] ?? "";
    const set = perl[c.toLowerCase()];
    if (set !== undefined) {
      if (c === c.toLowerCase()) return inside ? set : `[${set}]`;
      if (inside) throw new Untranslatable();
      return `[^${set}]`;
    }
    if (c === "A" && !inside) return "^";
    if (c === "z" && !inside) return "$";
    if (c === "a") return "\\x07";
    if ("fnrtv".includes(c) && c !== "") return `\\${c}`;
    if ((c === "b" || c === "B") && !inside) return `\\${c}`;
    // Go lets any punctuation be escaped, and no other letter.
    if (c === "" || /[0-9A-Za-z]/.test(c)) throw new Untranslatable();
    return literal(c);
  }
}

function literal(c: string): string {
  if (c === "-") return "\\x2d";
  return syntax.test(c) ? `\\${c}` : c;
}

function unicodeClass(g: Record<string, string | undefined>): string {
  const name = g["long"] ?? g["short"] ?? "";
  const way = (g["way"] === "P") === (g["not"] === "^") ? "p" : "P";
  return name.length <= 2 ? `\\${way}{${name}}` : `\\${way}{Script=${name}}`;
}

const known = new Map<string, RegExp | undefined>();

/** The pattern as an expression that fits a whole value; undefined where JavaScript cannot say the same. */
export function wholePattern(go: string): RegExp | undefined {
  if (!known.has(go)) known.set(go, translated(go));
  return known.get(go);
}

function translated(go: string): RegExp | undefined {
  const flags = /^\(\?(?<on>[is]+)\)/.exec(go);
  const on = flags?.groups?.["on"] ?? "";
  try {
    const body = new Translation(go.slice(flags?.[0].length ?? 0), on.includes("s")).whole();
    return new RegExp(`^(?:${body})$`, on.includes("i") ? "iu" : "u");
  } catch {
    return undefined;
  }
}
