import type { Problem, Text } from "./types";

/**
 * An error of the backend, in the words that people read. Wails rejects with an Error whose message
 * is the JSON of view.Failure; anything else that is thrown is a bug, and is shown as one.
 */
export class Failure extends Error {
  readonly text: Text;
  readonly problems: Problem[];
  readonly unexpected: boolean;

  constructor(text: Text, problems: Problem[], unexpected: boolean) {
    super(text.key);
    this.name = "Failure";
    this.text = text;
    this.problems = problems;
    this.unexpected = unexpected;
  }

  static of(reason: unknown): Failure {
    if (reason instanceof Failure) return reason;
    const message = reason instanceof Error ? reason.message : String(reason);
    return parsed(message) ?? new Failure({ key: "error.unexpected", args: { detail: message } }, [], true);
  }
}

function parsed(message: string): Failure | undefined {
  let value: unknown;
  try {
    value = JSON.parse(message);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null || !("text" in value)) return undefined;
  const { text, problems, unexpected } = value as { text: Text; problems: Problem[] | null; unexpected?: boolean };
  return new Failure(text, problems ?? [], unexpected ?? false);
}
