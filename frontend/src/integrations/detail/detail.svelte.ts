import { app } from "../../bridge/app";
import { on } from "../../bridge/events";
import { Failure } from "../../bridge/failure";
import type { Detail } from "../../bridge/types";

/** The panel of one integration: everything that is known of it, kept fresh while it is open. */
export class DetailPanel {
  detail = $state.raw<Detail | undefined>();
  failure = $state.raw<Failure | undefined>();
  readonly id: string;

  constructor(id: string) {
    this.id = id;
  }

  async load(): Promise<void> {
    try {
      this.detail = await app.detail(this.id);
      this.failure = undefined;
    } catch (reason) {
      this.failure = Failure.of(reason);
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
