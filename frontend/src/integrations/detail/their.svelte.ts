import { app } from "../../bridge/app";
import { Failure } from "../../bridge/failure";
import type { Problem, TheirSide, Told } from "../../bridge/types";
import { notices } from "../../ui/notices.svelte";

const nothing: Told = { switch: "", account: "", dataPoint: "", done: "", undone: "", keys: "" };

/** What a person tells of an integration's other side. The panel loads again when the backend has kept it. */
export class Their {
  typed = $state("");
  problem = $state.raw<Problem | undefined>();
  busy = $state(false);
  readonly id: string;

  constructor(id: string) {
    this.id = id;
  }

  type(text: string): void {
    this.typed = text;
    this.problem = undefined;
  }

  /** Tells one thing; true when it was kept. */
  async tell(told: Partial<Told>): Promise<boolean> {
    // Nothing is switched off meanwhile: a button that is would lose the keyboard's focus.
    if (this.busy) return false;
    this.busy = true;
    try {
      await app.tellTheirs(this.id, { ...nothing, ...told });
      return true;
    } catch (reason) {
      const failure = Failure.of(reason);
      this.problem = failure.problems.find((p) => p.field === "data_point");
      if (this.problem === undefined) notices.fail(failure);
      return false;
    } finally {
      this.busy = false;
    }
  }

  async savePoint(): Promise<void> {
    if (this.typed.trim() === "" || !(await this.tell({ dataPoint: this.typed.trim() }))) return;
    this.typed = "";
  }
}

/** How many steps of the way there are done, and the first that is not. */
export function progress(side: TheirSide): { done: number; all: number; next: string } {
  const open = side.steps.filter((s) => s.doneAt === "");
  return { done: side.steps.length - open.length, all: side.steps.length, next: open[0]?.id ?? "" };
}
