// What a sentence of the catalog becomes once its values are put in. Pure: the language and the
// clock come from outside, so that tests and screens share it.

export type Sentence = string | { one: string; other: string };
export type Sentences = Record<string, Sentence>;
export type Args = Record<string, string | number>;

/** A time as people of the language write it: today's with the hour alone, others with the day. */
export function moment(rfc3339: string, language: string, now: Date): string {
  const at = new Date(rfc3339);
  if (Number.isNaN(at.getTime())) return rfc3339;
  const time: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit" };
  if (at.toDateString() === now.toDateString()) return new Intl.DateTimeFormat(language, time).format(at);
  const year: Intl.DateTimeFormatOptions = at.getFullYear() === now.getFullYear() ? {} : { year: "numeric" };
  return new Intl.DateTimeFormat(language, { day: "numeric", month: "short", ...year, ...time }).format(at);
}

/** Values whose name ends in "At" are RFC 3339 times. */
function shown(name: string, value: string | number, language: string, now: Date): string {
  if (typeof value === "number") return new Intl.NumberFormat(language).format(value);
  return name.endsWith("At") && value !== "" ? moment(value, language, now) : value;
}

/** The sentence named key, or the key itself where the catalog has none: a gap must be seen, not hidden. */
export function sentence(from: Sentences, language: string, key: string, args: Args, now: Date): string {
  const found = from[key];
  if (found === undefined) return key;
  const form = new Intl.PluralRules(language).select(Number(args["count"] ?? 0)) === "one" ? "one" : "other";
  const template = typeof found === "string" ? found : found[form];
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = args[name];
    return value === undefined ? whole : shown(name, value, language, now);
  });
}

const units: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

/** "3 hours ago", "in 5 minutes"; anything below a minute is "now". */
export function relative(rfc3339: string, language: string, now: Date): string {
  const seconds = (new Date(rfc3339).getTime() - now.getTime()) / 1000;
  const format = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" });
  for (const [unit, length] of units) {
    if (Math.abs(seconds) >= length) return format.format(Math.trunc(seconds / length), unit);
  }
  return format.format(0, "second");
}

/** The best language that we speak for what the system says. */
export function spoken(tag: string): "en" | "pt-BR" {
  return tag.toLowerCase().startsWith("pt") ? "pt-BR" : "en";
}
