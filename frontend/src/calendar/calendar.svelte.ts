import { app } from "../bridge/app";
import { onChanges } from "../bridge/events";
import { Failure } from "../bridge/failure";
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
export class Ends {
  calendar = $state.raw<Calendar | undefined>();
  failure = $state.raw<Failure | undefined>();
  private asked = 0;

  async load(): Promise<void> {
    const turn = ++this.asked;
    try {
      const answer = await app.calendar();
      if (turn !== this.asked) return; // a later question is on its way
      this.calendar = answer;
      this.failure = undefined;
    } catch (reason) {
      if (turn === this.asked) this.failure = Failure.of(reason);
    }
  }

  /** Follows the backend until the returned function is called. */
  listen(): () => void {
    return onChanges(() => void this.load());
  }
}
