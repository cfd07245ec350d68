import { app } from "../../bridge/app";
import { Asking } from "../../bridge/asking.svelte";
import { on } from "../../bridge/events";
import type { Detail } from "../../bridge/types";

/** The panel of one integration: everything that is known of it, kept fresh while it is open. */
export class DetailPanel extends Asking {
  detail = $state.raw<Detail | undefined>();
  readonly id: string;

  constructor(id: string) {
    super();
    this.id = id;
  }

  load(): Promise<void> {
    return this.ask(() => app.detail(this.id), (detail) => {
      this.detail = detail;
    });
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
