import { Failure } from "./failure";

/** What is read from the backend, again and again: only the answer to the last question counts, however late an earlier one comes. */
export class Asking {
  failure = $state.raw<Failure | undefined>();
  private turn = 0;

  protected async ask<T>(question: () => Promise<T>, answered: (answer: T) => void): Promise<void> {
    const turn = ++this.turn;
    try {
      const answer = await question();
      if (turn !== this.turn) return;
      answered(answer);
      this.failure = undefined;
    } catch (reason) {
      if (turn === this.turn) this.failure = Failure.of(reason);
    }
  }
}
