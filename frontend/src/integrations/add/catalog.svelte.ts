import { app } from "../../bridge/app";
import { Failure } from "../../bridge/failure";
import type { Provider } from "../../bridge/types";
import { locale } from "../../locale/locale.svelte";
import { folded } from "../filter";

export const categories = ["analytics", "ads", "shop", "payments", "support", "database", "other"];

/** The providers to choose from. Read when they are first asked for, not when the window opens. */
class Catalog {
  providers = $state.raw<Provider[] | undefined>();
  failure = $state.raw<Failure | undefined>();
  query = $state("");
  category = $state("");

  readonly present = $derived(categories.filter((c) => this.providers?.some((p) => place(p) === c)));
  readonly shown = $derived.by(() => {
    const words = folded(this.query).split(/\s+/).filter(Boolean);
    return (this.providers ?? []).filter(
      (p) => (this.category === "" || place(p) === this.category) && found(p, words, locale.of(p.summary)),
    );
  });

  async load(): Promise<void> {
    try {
      this.providers = await app.providers();
      this.failure = undefined;
    } catch (reason) {
      this.failure = Failure.of(reason);
    }
  }
}

function place(p: Provider): string {
  return categories.includes(p.category) ? p.category : "other";
}

function found(p: Provider, words: string[], summary: string): boolean {
  const text = folded([p.name, p.id, summary, ...p.synonyms].join(" "));
  return words.every((word) => text.includes(word));
}

export const catalog = new Catalog();
