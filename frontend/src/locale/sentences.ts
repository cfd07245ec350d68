// What a sentence of the catalog becomes once its values are put in. Pure: the language and the
// clock come from outside, so that tests and screens share it.

export type Sentence = string | { one: string; other: string };
export type Sentences = Record<string, Sentence>;
export type Args = Record<string, string | number>;

/** Makes something when it is first asked for, and keeps it. */
function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

/** How one language writes times and numbers. Making a formatter costs more than using it a thousand times. */
export class Manner {
  readonly number: () => Intl.NumberFormat;
  readonly plural: () => Intl.PluralRules;
  readonly list: () => Intl.ListFormat;
  readonly relative: () => Intl.RelativeTimeFormat;
  readonly full: () => Intl.DateTimeFormat;
  readonly clock: () => Intl.DateTimeFormat;
  readonly date: () => Intl.DateTimeFormat;
  readonly month: () => Intl.DateTimeFormat;
  private readonly day: () => Intl.DateTimeFormat;
  private readonly year: () => Intl.DateTimeFormat;

  constructor(readonly language: string) {
    const time = { hour: "numeric", minute: "2-digit" } as const;
    this.number = once(() => new Intl.NumberFormat(language));
    this.plural = once(() => new Intl.PluralRules(language));
    this.list = once(() => new Intl.ListFormat(language));
    this.relative = once(() => new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" }));
    this.full = once(() => new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "medium" }));
    this.clock = once(() => new Intl.DateTimeFormat(language, time));
    this.date = once(() => new Intl.DateTimeFormat(language, { dateStyle: "full" }));
    this.month = once(() => new Intl.DateTimeFormat(language, { month: "short" }));
    this.day = once(() => new Intl.DateTimeFormat(language, { day: "numeric", month: "short", ...time }));
    this.year = once(() => new Intl.DateTimeFormat(language, { day: "numeric", month: "short", year: "numeric", ...time }));
  }

  /** A time as people of the language write it: today's with the hour alone, others with the day. */
  moment(rfc3339: string, now: Date): string {
    const at = new Date(rfc3339);
    if (Number.isNaN(at.getTime())) return rfc3339;
    if (at.toDateString() === now.toDateString()) return this.clock().format(at);
    return (at.getFullYear() === now.getFullYear() ? this.day() : this.year()).format(at);
  }

  /** "3 hours ago", "in 5 minutes"; anything below a minute is "now". */
  ago(rfc3339: string, now: Date): string {
    const seconds = (new Date(rfc3339).getTime() - now.getTime()) / 1000;
    for (const [unit, length] of units) {
      if (Math.abs(seconds) >= length) return this.relative().format(Math.trunc(seconds / length), unit);
    }
    return this.relative().format(0, "second");
  }
}

const units: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

/** Values whose name ends in "At" are RFC 3339 times. */
function shown(name: string, value: string | number, manner: Manner, now: Date): string {
  if (typeof value === "number") return manner.number().format(value);
  return name.endsWith("At") && value !== "" ? manner.moment(value, now) : value;
}

/** The sentence named key, or the key itself where the catalog has none: a gap must be seen, not hidden. */
export function sentence(from: Sentences, manner: Manner, key: string, args: Args, now: Date): string {
  const found = from[key];
  if (found === undefined) return key;
  const form = (): "one" | "other" => (manner.plural().select(Number(args["count"] ?? 0)) === "one" ? "one" : "other");
  const template = typeof found === "string" ? found : found[form()];
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = args[name];
    return value === undefined ? whole : shown(name, value, manner, now);
  });
}

/** The best language that we speak for what the system says. */
export function spoken(tag: string): "en" | "pt-BR" {
  return tag.toLowerCase().startsWith("pt") ? "pt-BR" : "en";
}
