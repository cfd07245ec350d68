import en from "$sentences/en.json";
import ptBR from "$sentences/pt-BR.json";
import type { Localized, Text } from "../bridge/types";
import { moment, relative, sentence, spoken, type Args, type Sentences } from "./sentences";

const catalogs: Record<"en" | "pt-BR", Sentences> = { en, "pt-BR": ptBR };

/** The language of the window and the clock behind "3 minutes ago". */
class Locale {
  language = $state<"en" | "pt-BR">(spoken(navigator.language));
  /** Moves every 20 seconds, so that what is shown as relative stays true. */
  now = $state.raw(new Date());

  /** "" follows the system. */
  choose(language: string): void {
    this.language = spoken(language === "" ? navigator.language : language);
    document.documentElement.lang = this.language;
  }

  /** Keeps the clock moving; the returned function stops it. */
  start(): () => void {
    const timer = setInterval(() => {
      this.now = new Date();
    }, 20_000);
    return () => {
      clearInterval(timer);
    };
  }

  t(key: string, args: Args = {}): string {
    return sentence(catalogs[this.language], this.language, key, args, this.now);
  }

  has(key: string): boolean {
    return key in catalogs[this.language];
  }

  text(text: Text): string {
    return this.t(text.key, text.args);
  }

  /** A text of the provider catalog. */
  of(text: Localized): string {
    return (this.language === "pt-BR" ? text.ptBR : text.en) || text.en;
  }

  relative(rfc3339: string): string {
    return rfc3339 === "" ? this.t("page.never") : relative(rfc3339, this.language, this.now);
  }

  moment(rfc3339: string): string {
    return rfc3339 === "" ? this.t("page.never") : moment(rfc3339, this.language, this.now);
  }

  /** The moment in full, for the title of a relative one. */
  full(rfc3339: string): string {
    if (rfc3339 === "") return "";
    return new Intl.DateTimeFormat(this.language, { dateStyle: "full", timeStyle: "medium" }).format(new Date(rfc3339));
  }

  number(value: number): string {
    return new Intl.NumberFormat(this.language).format(value);
  }

  list(items: string[]): string {
    return new Intl.ListFormat(this.language).format(items);
  }

  /** A length of time: "5 minutes", "1 hour". */
  duration(ms: number): string {
    const [unit, length] = ms % 3_600_000 === 0 ? (["hour", 3_600_000] as const) : (["minute", 60_000] as const);
    const format = new Intl.NumberFormat(this.language, { style: "unit", unit, unitDisplay: "long" });
    return format.format(Math.round((ms / length) * 10) / 10);
  }
}

export const locale = new Locale();
