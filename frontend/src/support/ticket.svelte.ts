import { app } from "../bridge/app";
import { Asking } from "../bridge/asking.svelte";
import { Failure } from "../bridge/failure";

/** What goes with a support ticket: read before anything leaves the window. */
export class Ticket extends Asking {
  text = $state("");
  page = $state("");
  /** E-mail addresses, domains and account names are told as they are. */
  personal = $state(false);
  busy = $state(false);
  readonly id: string;

  constructor(id: string) {
    super();
    this.id = id;
  }

  /** Reads the preview; an answer to an older question is dropped. */
  load(): Promise<void> {
    return this.ask(() => app.support(this.id, this.personal), ({ text, page }) => {
      this.text = text;
      this.page = page;
    });
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
