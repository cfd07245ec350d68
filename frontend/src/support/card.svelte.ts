import { app } from "../bridge/app";
import { Asking } from "../bridge/asking.svelte";
import { Failure } from "../bridge/failure";
import type { Card, CardRequest } from "../bridge/types";

export type Format = "pdf" | "html" | "text";

/** The page for whoever owns an account: in which language, for whom, and what became of it. */
export class OwnerCard extends Asking {
  card = $state.raw<Card | undefined>();
  lang = $state<string>("");
  to = $state("");
  busy = $state(false);
  /** It was copied or saved: the owner counts as asked. */
  shared = $state(false);
  readonly id: string;

  constructor(id: string, lang: string) {
    super();
    this.id = id;
    this.lang = lang;
  }

  private request(format: Format): CardRequest {
    return { id: this.id, lang: this.lang, to: this.to.trim(), format };
  }

  /** Reads the preview; an answer to an older question is dropped. */
  load(): Promise<void> {
    return this.ask(() => app.card(this.request("text")), (card) => {
      this.card = card;
    });
  }

  copy(): Promise<boolean> {
    return this.share(async () => {
      await app.copyCard(this.request("text"));
      return true;
    });
  }

  save(format: Format): Promise<boolean> {
    return this.share(() => app.saveCard(this.request(format)));
  }

  /** True when it left the window. */
  private async share(how: () => Promise<boolean>): Promise<boolean> {
    if (this.busy) return false;
    this.busy = true;
    try {
      const done = await how();
      this.shared ||= done;
      this.failure = undefined;
      return done;
    } catch (reason) {
      this.failure = Failure.of(reason);
      return false;
    } finally {
      this.busy = false;
    }
  }
}
