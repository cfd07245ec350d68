// A backend for one test: Wails' object with the methods that the test names, and events by hand.
import { vi } from "vitest";

type Call = (...args: never[]) => unknown;

export class Backend {
  private hearers = new Map<string, (...args: unknown[]) => void>();
  calls: string[] = [];

  constructor(methods: Record<string, Call>) {
    const app: Record<string, (...args: never[]) => Promise<unknown>> = {};
    for (const [name, method] of Object.entries(methods)) {
      app[name] = async (...args) => {
        this.calls.push(name);
        return method(...args);
      };
    }
    vi.stubGlobal("go", { main: { App: app } });
    vi.stubGlobal("runtime", {
      EventsOnMultiple: (name: string, hear: (...args: unknown[]) => void) => {
        this.hearers.set(name, hear);
        return () => this.hearers.delete(name);
      },
    });
  }

  emit(name: string, ...args: unknown[]): void {
    this.hearers.get(name)?.(...args);
  }
}

/** What Wails rejects with. */
export function refusal(key: string, problems: unknown[] = []): Error {
  return new Error(JSON.stringify({ text: { key, args: {} }, problems, unexpected: false }));
}
