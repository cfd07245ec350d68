import { app } from "../bridge/app";
import { Failure } from "../bridge/failure";
import type { Answer, Field, Step } from "../bridge/types";
import type { ReadFile } from "./readFile";
import { Typed } from "./typed.svelte";

/**
 * One conversation that obtains a grant: begun by a repair or by an addition, answered step by step,
 * ended by an outcome.
 */
export class Conversation {
  step = $state.raw<Step | undefined>();
  /** The backend is at work on what was asked last. */
  busy = $state(false);
  failure = $state.raw<Failure | undefined>();
  /** The file that filled the form in; its secrets are with the backend and are not shown. */
  imported = $state("");
  readonly typed: Typed;

  private readonly begin: () => Promise<Step>;
  /** The flow whose wait for the browser, or for another device, is under way. */
  private waiting = "";
  /** Grows with each step, so that an answer to an earlier one is known as late. */
  private turn = 0;
  private seen: Field[] = [];

  constructor(begin: () => Promise<Step>, typed: Typed = new Typed()) {
    this.begin = begin;
    this.typed = typed;
  }

  get ended(): boolean {
    return this.step?.kind === "outcome";
  }

  /** Starts, or starts anew after an outcome that changed nothing; what was typed stays. */
  async start(): Promise<void> {
    this.imported = "";
    await this.ask(this.begin);
  }

  async submit(): Promise<void> {
    const step = this.step;
    if (step === undefined || this.typed.lookAtAll(step.fields, true) !== undefined) return;
    await this.reply(this.typed.answer(step.fields));
  }

  /** Has the backend make an SSH key, whose private half stays there; what was typed so far goes along. */
  async makeKey(): Promise<void> {
    this.typed.values["ssh_key"] = "";
    this.typed.values["ssh_passphrase"] = "";
    await this.reply({ ...this.typed.answer(this.step?.fields ?? []), choice: "make_key" });
  }

  async choose(choice: string): Promise<void> {
    await this.reply({ choice, values: {}, secrets: {} });
  }

  /** The address that the browser ended on, or the number that the page showed, where the browser does not come back by itself. */
  async paste(address: string): Promise<void> {
    this.typed.problems["redirect"] = undefined;
    await this.reply({ choice: "", values: { redirect: address.trim() }, secrets: {} });
  }

  /** Hands the vendor's file over as it is: it holds a secret, and only the backend reads it. */
  async import(file: ReadFile): Promise<void> {
    this.typed.problems["import"] = undefined;
    await this.reply({ choice: "import", values: this.typed.answer(this.step?.fields ?? []).values, secrets: { import: file.text } });
    this.readFrom(file);
  }

  /** Takes the values that came from the file over what was typed before. */
  readFrom(file: ReadFile): void {
    const step = this.step;
    if (this.failure !== undefined || step === undefined || step.problems.some((p) => p.field === "import")) return;
    this.typed.overwrite(step.fields, step.values);
    this.imported = file.name;
  }

  async openAgain(): Promise<void> {
    const flow = this.step?.flow;
    if (flow === undefined) return;
    try {
      await app.openAgain(flow);
    } catch (reason) {
      this.failure = Failure.of(reason);
    }
  }

  /** Ends the flow by the person's will; the outcome says what was, and was not, changed. */
  async cancel(): Promise<void> {
    const flow = this.step?.flow;
    if (flow === undefined || this.ended) return;
    this.turn++;
    await this.ask(() => app.cancel(flow));
  }

  private async reply(answer: Answer): Promise<void> {
    const flow = this.step?.flow;
    if (flow === undefined) return;
    await this.ask(() => app.answer(flow, answer));
  }

  private async ask(call: () => Promise<Step>): Promise<void> {
    const turn = ++this.turn;
    this.busy = true;
    this.failure = undefined;
    try {
      const step = await call();
      if (turn === this.turn) this.take(step);
    } catch (reason) {
      if (turn === this.turn) this.refuse(Failure.of(reason));
    } finally {
      if (turn === this.turn || this.ended) this.busy = false;
    }
  }

  private take(step: Step): void {
    this.step = step;
    this.seen = [...this.seen, ...step.fields];
    this.typed.fill(step.fields, step.values);
    this.typed.complain(step.problems);
    if (step.code) this.typed.forgetSecrets(step.fields); // a code that was refused is worth nothing
    if (step.outcome?.changed === true) this.typed.forgetSecrets(this.seen);
    if (waits(step)) void this.wait(step.flow);
  }

  private refuse(failure: Failure): void {
    this.failure = failure;
    this.typed.complain(failure.problems);
  }

  /** Waits for what happens elsewhere. The person may paste, or cancel, meanwhile: then this answer is late. */
  private async wait(flow: string): Promise<void> {
    if (this.waiting === flow) return;
    this.waiting = flow;
    try {
      const step = await app.await(flow);
      if (this.current(flow)) {
        this.turn++;
        this.busy = false;
        this.waiting = "";
        this.take(step);
      }
    } catch (reason) {
      if (this.current(flow)) this.refuse(Failure.of(reason));
    } finally {
      if (this.waiting === flow) this.waiting = "";
    }
  }

  private current(flow: string): boolean {
    return this.step?.flow === flow && waits(this.step);
  }
}

/** Whether the step ends elsewhere: in the browser, or on another device. */
function waits(step: Step): boolean {
  return step.kind === "consent" || step.kind === "device";
}
