import { app } from "../../bridge/app";
import { Failure } from "../../bridge/failure";
import type { Provider } from "../../bridge/types";
import { locale } from "../../locale/locale.svelte";
import { matching } from "./search";

export const categories = ["analytics", "ads", "shop", "payments", "support", "database", "other"];

/** The providers to choose from. Read when they are first asked for, not when the window opens. */
class Catalog {
  providers = $state.raw<Provider[] | undefined>();
  failure = $state.raw<Failure | undefined>();
  query = $state("");
  category = $state("");

  readonly present = $derived(categories.filter((c) => this.providers?.some((p) => place(p) === c)));
  readonly shown = $derived(
    matching(
      (this.providers ?? []).filter((p) => this.category === "" || place(p) === this.category),
      this.query,
      (p) => `${locale.of(p.summary)} ${locale.t(`category.${place(p)}`)}`,
    ),
  );

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

export const catalog = new Catalog();
