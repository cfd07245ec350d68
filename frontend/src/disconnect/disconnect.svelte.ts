import { app } from "../bridge/app";
import { Failure } from "../bridge/failure";
import type { Disconnected, DisconnectPlan } from "../bridge/types";

/** The giving back of one login: what it would do, and what became of it. */
export class Disconnection {
  plan = $state.raw<DisconnectPlan | undefined>();
  done = $state.raw<Disconnected | undefined>();
  failure = $state.raw<Failure | undefined>();
  busy = $state(false);
  /** The integration is removed too. */
  remove = $state(false);
  readonly id: string;
  /** The button says how many end: nobody is to be surprised by the others. */
  readonly count = $derived(1 + (this.plan?.shared.length ?? 0));

  constructor(id: string) {
    this.id = id;
  }

  async load(): Promise<void> {
    try {
      this.plan = await app.disconnectPlan(this.id);
      this.failure = undefined;
    } catch (reason) {
      this.failure = Failure.of(reason);
    }
  }

  async confirm(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    try {
      this.done = await app.disconnect(this.id, this.remove);
      this.failure = undefined;
    } catch (reason) {
      this.failure = Failure.of(reason);
    } finally {
      this.busy = false;
    }
  }
}
