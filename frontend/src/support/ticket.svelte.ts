import { app } from "../bridge/app";
import { Failure } from "../bridge/failure";

/** What goes with a support ticket: read before anything leaves the window. */
export class Ticket {
  text = $state("");
  page = $state("");
  failure = $state.raw<Failure | undefined>();
  /** E-mail addresses, domains and account names are told as they are. */
  personal = $state(false);
  busy = $state(false);
  readonly id: string;
  private asked = 0;

  constructor(id: string) {
    this.id = id;
  }

  /** Reads the preview; an answer to an older question is dropped. */
  async load(): Promise<void> {
    const turn = ++this.asked;
    try {
      const { text, page } = await app.support(this.id, this.personal);
      if (turn !== this.asked) return;
      this.text = text;
      this.page = page;
      this.failure = undefined;
    } catch (reason) {
      if (turn === this.asked) this.failure = Failure.of(reason);
    }
  }

  /** True when a file was written. */
  save(): Promise<boolean> {
    return this.run(() => app.saveSupport(this.id, this.personal));
  }

  /** Copies the text and opens the page for it. */
  open(): Promise<boolean> {
    return this.run(async () => {
      await app.openTicketPage(this.id, this.personal);
      return true;
    });
  }

  private async run(how: () => Promise<boolean>): Promise<boolean> {
    if (this.busy) return false;
    this.busy = true;
    try {
      const done = await how();
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
