import { app } from "../bridge/app";
import { Asking } from "../bridge/asking.svelte";
import { onChanges } from "../bridge/events";
import type { Calendar, End } from "../bridge/types";

const dayMS = 86_400_000;

/** How near an end is. The words are those of calendar.group.*. */
export type Nearness = "over" | "week" | "month" | "later";

export interface Group {
  nearness: Nearness;
  entries: End[];
}

export function nearness(end: End, now: Date): Nearness {
  const left = Date.parse(end.at) - now.getTime();
  if (left <= 0) return "over";
  if (left <= 7 * dayMS) return "week";
  return left <= 30 * dayMS ? "month" : "later";
}

/** The entries by how near they are, in their order; a group without any is left out. */
export function grouped(entries: End[], now: Date): Group[] {
  const order: Nearness[] = ["over", "week", "month", "later"];
  return order
    .map((n): Group => ({ nearness: n, entries: entries.filter((e) => nearness(e, now) === n) }))
    .filter((g) => g.entries.length > 0);
}

/** When people will be needed. */
export class Ends extends Asking {
  calendar = $state.raw<Calendar | undefined>();

  load(): Promise<void> {
    return this.ask(() => app.calendar(), (calendar) => {
      this.calendar = calendar;
    });
  }

  /** Follows the backend until the returned function is called. */
  listen(): () => void {
    return onChanges(() => void this.load());
  }
}
