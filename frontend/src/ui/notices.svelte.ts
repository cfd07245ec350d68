import { Failure } from "../bridge/failure";
import type { Text } from "../bridge/types";

export interface Notice {
  id: number;
  text: Text;
  failed: boolean;
}

/** Short messages about what was just done, or could not be. Failures stay until they are dismissed. */
class Notices {
  items = $state.raw<Notice[]>([]);
  /** What is told to assistive technology alone. */
  said = $state("");
  private next = 1;

  tell(key: string, args: Record<string, string> = {}): void {
    const id = this.add({ key, args }, false);
    setTimeout(() => {
      this.dismiss(id);
    }, 5_000);
  }

  fail(reason: unknown): void {
    this.add(Failure.of(reason).text, true);
  }

  dismiss(id: number): void {
    this.items = this.items.filter((n) => n.id !== id);
  }

  /** Runs what a button starts; a failure is told. True when it worked. */
  async run(action: () => Promise<unknown>, done?: string): Promise<boolean> {
    try {
      await action();
      if (done !== undefined) this.tell(done);
      return true;
    } catch (reason) {
      this.fail(reason);
      return false;
    }
  }

  private add(text: Text, failed: boolean): number {
    const id = this.next++;
    this.items = [...this.items.filter((n) => n.text.key !== text.key), { id, text, failed }].slice(-3);
    return id;
  }
}

export const notices = new Notices();
