import { on } from "./bridge/events";
import type { Row } from "./bridge/types";
import { repairable } from "./integrations/repair";

/** What is open: the page, the panel, the dialogs. Opening one of them is all that this does. */
class Screen {
  page = $state<"integrations" | "incidents" | "calendar" | "activity" | "settings">("integrations");
  /** The integration whose panel is open. */
  detail = $state<string | undefined>();
  /** The integrations to repair, in turn; the dialog shows the first. */
  repairs = $state.raw<string[]>([]);
  /** The dialog is about the host keys of a bastion, not about a login. */
  hostKeys = $state(false);
  /** How many repairs the round began with: "2 of 5". */
  round = $state(0);
  adding = $state(false);
  /** The integration that is to be disconnected. */
  disconnecting = $state<string | undefined>();
  /** The integration whose owner is to be asked for help. */
  sharing = $state<string | undefined>();
  /** The integration that a support ticket is to be written about. */
  ticket = $state<string | undefined>();
  askingHowToClose = $state(false);

  /** Follows what was chosen outside of the page, until the returned function is called. */
  listen(): () => void {
    const ends = [
      on("flow:open", (id) => {
        this.page = "integrations";
        this.repair([id]);
      }),
      on("close:ask", () => {
        this.askingHowToClose = true;
      }),
    ];
    return () => {
      for (const end of ends) end();
    };
  }

  /** A click on a name: what is broken opens its repair, everything else its details. */
  open(row: Row): void {
    if (repairable(row)) this.repair([row.id]);
    else this.detail = row.id;
  }

  repair(ids: string[]): void {
    this.hostKeys = false;
    this.repairs = ids;
    this.round = ids.length;
  }

  refreshHostKeys(id: string): void {
    this.repair([id]);
    this.hostKeys = true;
  }

  /** Ends the repair in front; the integrations that it mended by the way are left out. */
  nextRepair(mended: (id: string) => boolean = () => false): void {
    this.repairs = this.repairs.slice(1).filter((id) => !mended(id));
  }

  endRepairs(): void {
    this.repairs = [];
  }
}

export const screen = new Screen();
