import type { Localized, Text } from "../bridge/types";
import { Manner, sentence, spoken, type Args, type Sentences } from "./sentences";

// Only the language in use is loaded; the window opens sooner.
const catalogs = {
  en: async (): Promise<Sentences> => (await import("$sentences/en.json")).default,
  "pt-BR": async (): Promise<Sentences> => (await import("$sentences/pt-BR.json")).default,
};

/** The language of the window and the clock behind "3 minutes ago". */
class Locale {
  language = $state<"en" | "pt-BR">(spoken(navigator.language));
  /** Moves every 20 seconds, so that what is shown as relative stays true. */
  now = $state.raw(new Date());

  private readonly manner = $derived(new Manner(this.language));
  private sentences = $state.raw<Sentences>({});
  private wanted = "";

  /** Loads the language and speaks it; "" follows the browser's, a guess that not every web view makes well. */
  async choose(language: string): Promise<void> {
    const tag = spoken(language === "" ? navigator.language : language);
    if (tag === this.wanted) return;
    this.wanted = tag;
    const sentences = await catalogs[tag]();
    // Another language was chosen while this one was loading.
    if (tag !== this.wanted) return;
    this.sentences = sentences;
    this.language = tag;
    document.documentElement.lang = tag;
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

  /** Makes the formatters of the first picture, which is dear, while the page has to wait anyway. */
  prepare(): void {
    this.manner.relative();
    this.manner.number();
    this.manner.plural();
  }

  t(key: string, args: Args = {}): string {
    return sentence(this.sentences, this.manner, key, args, this.now);
  }

  has(key: string): boolean {
    return key in this.sentences;
  }

  text(text: Text): string {
    return this.t(text.key, text.args);
  }

  /** A text of the provider catalog. */
  of(text: Localized): string {
    return (this.language === "pt-BR" ? text.ptBR : text.en) || text.en;
  }

  relative(rfc3339: string): string {
    return rfc3339 === "" ? this.t("page.never") : this.manner.ago(rfc3339, this.now);
  }

  moment(rfc3339: string): string {
    return rfc3339 === "" ? this.t("page.never") : this.manner.moment(rfc3339, this.now);
  }

  /** The moment in full, for the title of a relative one. */
  full(rfc3339: string): string {
    const at = new Date(rfc3339);
    return Number.isNaN(at.getTime()) ? rfc3339 : this.manner.full().format(at);
  }

  /** The hour of a moment alone. */
  clock(rfc3339: string): string {
    const at = new Date(rfc3339);
    return Number.isNaN(at.getTime()) ? rfc3339 : this.manner.clock().format(at);
  }

  /** The day of a moment, as a heading. */
  day(rfc3339: string): string {
    const at = new Date(rfc3339);
    return Number.isNaN(at.getTime()) ? rfc3339 : this.manner.date().format(at);
  }

  /** The day of a moment in two short words. */
  tile(rfc3339: string): { day: string; month: string } {
    const at = new Date(rfc3339);
    if (Number.isNaN(at.getTime())) return { day: "?", month: "" };
    return { day: String(at.getDate()), month: this.manner.month().format(at) };
  }

  number(value: number): string {
    return this.manner.number().format(value);
  }

  list(items: string[]): string {
    return this.manner.list().format(items);
  }

  /** A length of time: "5 minutes", "1 hour". */
  duration(ms: number): string {
    const [unit, length] = ms % 3_600_000 === 0 ? (["hour", 3_600_000] as const) : (["minute", 60_000] as const);
    const format = new Intl.NumberFormat(this.language, { style: "unit", unit, unitDisplay: "long" });
    return format.format(Math.round((ms / length) * 10) / 10);
  }
}

export const locale = new Locale();
