import { app } from "../bridge/app";
import { Asking } from "../bridge/asking.svelte";
import { onChanges } from "../bridge/events";
import { Failure } from "../bridge/failure";
import type { Incident, Incidents, Moment } from "../bridge/types";

/** The key and the number of a length of time, in the unit that a person would use. */
export function span(ms: number): { key: string; count: number } {
  const minutes = Math.floor(ms / 60_000);
  if (minutes >= 48 * 60) return { key: "span.days", count: Math.floor(minutes / (24 * 60)) };
  if (minutes >= 120) return { key: "span.hours", count: Math.floor(minutes / 60) };
  return { key: minutes < 1 ? "span.moment" : "span.minutes", count: minutes };
}

/** What is broken now, and what was. */
export class IncidentBook extends Asking {
  incidents = $state.raw<Incidents | undefined>();

  load(): Promise<void> {
    return this.ask(() => app.incidents(), (incidents) => {
      this.incidents = incidents;
    });
  }

  /** Follows the backend until the returned function is called. */
  listen(): () => void {
    return onChanges(() => void this.load());
  }
}

/** The timeline of one incident, which is asked for when somebody wants to read it. */
export class Story {
  moments = $state.raw<Moment[] | undefined>();
  failure = $state.raw<Failure | undefined>();

  async load(incident: Incident): Promise<void> {
    try {
      this.moments = await app.timeline(incident.integration, incident.id);
      this.failure = undefined;
    } catch (reason) {
      this.failure = Failure.of(reason);
    }
  }
}
