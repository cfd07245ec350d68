import { app } from "../../bridge/app";
import { Failure } from "../../bridge/failure";
import type { Detail, Field } from "../../bridge/types";
import { Typed } from "../../reauth/typed.svelte";

export const intervals = [60_000, 300_000, 900_000, 1_800_000, 3_600_000, 21_600_000, 86_400_000];

/** Name, interval and settings of an integration, as typed; its grant is never touched. */
export class EditForm {
  readonly typed = new Typed();
  readonly fields: Field[];
  intervalMs = $state(0);
  busy = $state(false);
  failure = $state.raw<Failure | undefined>();
  private readonly id: string;

  constructor(detail: Detail, name: Field) {
    this.id = detail.row.id;
    this.fields = [name, ...detail.settingForm];
    this.intervalMs = detail.intervalMs;
    this.typed.fill(this.fields, { ...detail.settings, name: detail.row.name });
  }

  /** The choices, with the one in force among them. */
  get choices(): number[] {
    return [...new Set([...intervals, this.intervalMs])].sort((a, b) => a - b);
  }

  /** True when it was saved. */
  async save(): Promise<boolean> {
    if (this.typed.lookAtAll(this.fields) !== undefined) return false;
    const { name = "", ...settings } = this.typed.answer(this.fields).values;
    this.busy = true;
    this.failure = undefined;
    try {
      await app.edit({ id: this.id, name, intervalMs: this.intervalMs, settings });
      return true;
    } catch (reason) {
      this.failure = Failure.of(reason);
      this.typed.complain(this.failure.problems);
      return false;
    } finally {
      this.busy = false;
    }
  }
}
