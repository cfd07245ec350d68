import type { Row } from "./bridge/types";
import { repairable } from "./integrations/repair";

/** What is open: the page, the panel, the dialogs. Opening one of them is all that this does. */
class Screen {
  page = $state<"integrations" | "settings">("integrations");
  /** The integration whose panel is open. */
  detail = $state<string | undefined>();
  /** The integrations to repair, in turn; the dialog shows the first. */
  repairs = $state.raw<string[]>([]);
  /** How many repairs the round began with: "2 of 5". */
  round = $state(0);
  adding = $state(false);
  askingHowToClose = $state(false);

  /** A click on a name: what is broken opens its repair, everything else its details. */
  open(row: Row): void {
    if (repairable(row)) this.repair([row.id]);
    else this.detail = row.id;
  }

  repair(ids: string[]): void {
    this.repairs = ids;
    this.round = ids.length;
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
