import { app } from "../bridge/app";
import { Asking } from "../bridge/asking.svelte";
import { onChanges } from "../bridge/events";
import type { Act, Activity } from "../bridge/types";

/** How many acts are fetched at first, and how many more each time. */
const step = 100;
const dayMS = 86_400_000;

export interface Day {
  /** The day in the reader's zone: the moment of its first entry. */
  at: string;
  acts: Act[];
}

/** The acts by the reader's own days, in their order. */
export function byDay(acts: Act[]): Day[] {
  const days: Day[] = [];
  let last = "";
  for (const act of acts) {
    const day = new Date(act.at).toDateString();
    const current = days.at(-1);
    if (current !== undefined && day === last) current.acts.push(act);
    else days.push({ at: act.at, acts: [act] });
    last = day;
  }
  return days;
}

/** The audit trail, as far as it was asked for. */
export class Trail extends Asking {
  activity = $state.raw<Activity | undefined>();
  /** An integration's id; "" for all. */
  integration = $state("");
  /** In days; 0 for everything. */
  since = $state(0);
  readonly days = $derived(byDay(this.activity?.acts ?? []));

  private limit = step;

  load(): Promise<void> {
    const since = this.since === 0 ? "" : new Date(Date.now() - this.since * dayMS).toISOString();
    return this.ask(() => app.activity({ integration: this.integration, since, limit: this.limit }), (activity) => {
      this.activity = activity;
    });
  }

  async choose(part: { integration?: string; since?: number }): Promise<void> {
    this.integration = part.integration ?? this.integration;
    this.since = part.since ?? this.since;
    this.limit = step;
    await this.load();
  }

  async more(): Promise<void> {
    this.limit += step;
    await this.load();
  }

  /** Follows the backend until the returned function is called. */
  listen(): () => void {
    return onChanges(() => void this.load());
  }
}
