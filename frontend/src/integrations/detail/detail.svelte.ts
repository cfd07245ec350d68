import { app } from "../../bridge/app";
import { on } from "../../bridge/events";
import { Failure } from "../../bridge/failure";
import type { Detail } from "../../bridge/types";

/** The panel of one integration: everything that is known of it, kept fresh while it is open. */
export class DetailPanel {
  detail = $state.raw<Detail | undefined>();
  failure = $state.raw<Failure | undefined>();
  private asked = 0;
  readonly id: string;

  constructor(id: string) {
    this.id = id;
  }

  async load(): Promise<void> {
    const turn = ++this.asked;
    try {
      const answer = await app.detail(this.id);
      if (turn !== this.asked) return; // a later question is on its way
      this.detail = answer;
      this.failure = undefined;
    } catch (reason) {
      if (turn === this.asked) this.failure = Failure.of(reason);
    }
  }

  /** Follows the backend until the returned function is called. */
  listen(): () => void {
    const ends = [
      on("integration:changed", (id) => {
        if (id === this.id) void this.load();
      }),
      on("overview:changed", () => {
        void this.load();
      }),
    ];
    return () => {
      for (const end of ends) end();
    };
  }
}
