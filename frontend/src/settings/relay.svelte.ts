import { app } from "../bridge/app";
import { Failure } from "../bridge/failure";
import type { Field, Problem } from "../bridge/types";
import { locale } from "../locale/locale.svelte";
import { fieldProblem } from "../reauth/validation";
import { notices } from "../ui/notices.svelte";
import { settings } from "./settings.svelte";

/** The address of the agency's relay page: tested first, and kept only when the page there is the right one. */
export class Relay {
  typed = $state("");
  problem = $state.raw<Problem | undefined>();
  busy = $state(false);
  /** The address that was tested well since the page was opened. */
  proven = $state("");

  constructor() {
    this.typed = settings.preferences.relay;
  }

  get label(): string {
    return locale.t("settings.relay");
  }

  /** Something else is typed than what is kept. */
  get changed(): boolean {
    return this.typed.trim() !== settings.preferences.relay;
  }

  type(address: string): void {
    this.typed = address;
    this.problem = undefined;
  }

  async test(): Promise<void> {
    const address = this.typed.trim();
    this.problem = fieldProblem(field(this.label), address);
    if (this.problem !== undefined) return;
    this.busy = true;
    try {
      await app.checkRelay(address);
      if (address !== settings.preferences.relay) await settings.change({ relay: address });
      this.proven = settings.preferences.relay;
    } catch (reason) {
      this.refuse(Failure.of(reason));
    } finally {
      this.busy = false;
    }
  }

  async remove(): Promise<void> {
    this.type("");
    await settings.change({ relay: "" });
    this.typed = settings.preferences.relay;
  }

  private refuse(failure: Failure): void {
    this.proven = "";
    this.problem = failure.problems[0];
    if (this.problem === undefined) notices.fail(failure);
  }
}

function field(label: string): Field {
  return {
    id: "relay",
    kind: "url",
    label: { en: label, ptBR: label },
    help: { en: "", ptBR: "" },
    example: "https://agency.example/relink",
    default: "",
    pattern: "",
    choices: [],
    optional: false,
    needs: "",
    lines: false,
  };
}
