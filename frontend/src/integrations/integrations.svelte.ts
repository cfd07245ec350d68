import { app } from "../bridge/app";
import { on } from "../bridge/events";
import { Failure } from "../bridge/failure";
import type { Overview, Row } from "../bridge/types";
import { locale } from "../locale/locale.svelte";
import { arranged, counted, type SortBy } from "./filter";
import { repairable } from "./repair";

/** Between two fetches of changes: what arrives meanwhile is fetched together. */
const gatherMS = 120;
/** A change after a rest is fetched almost at once, with those that are told in the same breath. */
const soonMS = 15;
/** No check takes longer: the backend gives up after 20 seconds. */
const longestCheckMS = 30_000;
/** Between the start of a check there and the news of it here. */
const aboutNowMS = 1_000;
/** From this many on, one call for everything is cheaper than one for each. */
const manyChanges = 8;

/** The Integrations page: the last known truth about every integration, and which of it is shown. */
class Integrations {
  overview = $state.raw<Overview | undefined>();
  failure = $state.raw<Failure | undefined>();
  /** Integrations that are being checked right now, and since when, in milliseconds. */
  checking = $state.raw<ReadonlyMap<string, number>>(new Map());

  query = $state("");
  status = $state("");
  sortBy = $state<SortBy>("status");
  descending = $state(false);

  readonly rows = $derived(this.overview?.rows ?? []);
  readonly counts = $derived(counted(this.rows));
  readonly broken = $derived(this.rows.filter(repairable));
  readonly shown = $derived(
    arranged(
      this.rows,
      { query: this.query, status: this.status, sortBy: this.sortBy, descending: this.descending },
      locale.language,
    ),
  );
  readonly readOnly = $derived(this.overview?.readOnly ?? false);

  private changed = new Set<string>();
  private gathering: ReturnType<typeof setTimeout> | undefined;
  private started = new Map<string, number>();
  private fetchedAt = 0;
  /** The questions to the backend, one after the other: an early answer that comes late must not undo a later one. */
  private asking: Promise<void> = Promise.resolve();

  row(id: string): Row | undefined {
    return this.rows.find((r) => r.id === id);
  }

  load(): Promise<void> {
    return this.inTurn(() => this.ask());
  }

  /** Asks for one integration anew. */
  look(id: string): Promise<void> {
    return this.inTurn(() => this.refresh(id));
  }

  private inTurn(question: () => Promise<void>): Promise<void> {
    const turn = this.asking.then(question);
    this.asking = turn.catch(() => undefined); // a question that fails does not keep the next one from being asked
    return turn;
  }

  private async ask(): Promise<void> {
    try {
      this.overview = await app.overview();
      this.failure = undefined;
    } catch (reason) {
      this.failure = Failure.of(reason);
    }
    // A filter on a status that nothing has any more would show an empty list and not say why.
    if (this.status !== "" && !this.counts.some((c) => c.status === this.status)) this.status = "";
  }

  sort(by: SortBy): void {
    this.descending = this.sortBy === by && !this.descending;
    this.sortBy = by;
  }

  /** Follows the backend until the returned function is called. */
  listen(): () => void {
    const ends = [
      on("overview:changed", () => {
        this.gather("*");
      }),
      on("integration:changed", (id) => {
        this.gather(id);
      }),
      on("checking", (id) => {
        this.started.set(id, Date.now());
        this.schedule();
      }),
    ];
    return () => {
      for (const end of ends) end();
      clearTimeout(this.gathering);
    };
  }

  private gather(id: string): void {
    this.changed.add(id);
    this.schedule();
  }

  private schedule(): void {
    this.gathering ??= setTimeout(() => {
      this.gathering = undefined;
      this.fetchedAt = Date.now();
      void this.inTurn(() => this.fetch());
    }, Math.max(soonMS, this.fetchedAt + gatherMS - Date.now()));
  }

  private async fetch(): Promise<void> {
    const changed = this.changed;
    const started = this.started;
    this.changed = new Set();
    this.started = new Map();
    this.checking = new Map([...this.checking, ...started].filter(([id]) => !changed.has(id)));
    if (started.size > 0) {
      setTimeout(() => {
        this.lookAgain(started);
      }, longestCheckMS);
    }
    if (changed.has("*") || changed.size > manyChanges) await this.ask();
    else await Promise.all([...changed].map((id) => this.refresh(id)));
    this.settle();
  }

  /** A row that was checked since is not being checked: events may be late, or in another order. */
  private settle(): void {
    const rows = new Map(this.rows.map((r) => [r.id, r]));
    const going = [...this.checking].filter(([id, since]) => {
      const row = rows.get(id);
      return row !== undefined && !(Date.parse(row.checkedAt) + aboutNowMS >= since);
    });
    if (going.length !== this.checking.size) this.checking = new Map(going);
  }

  /** A check whose end was never told must not seem to go on for ever. */
  private lookAgain(started: ReadonlyMap<string, number>): void {
    for (const [id, since] of started) if (this.checking.get(id) === since) this.gather(id);
  }

  private async refresh(id: string): Promise<void> {
    let fresh: Row;
    try {
      fresh = (await app.detail(id)).row;
    } catch {
      // Removed meanwhile, or worse: the whole list knows, and shows a failure as itself.
      await this.ask();
      return;
    }
    if (this.overview === undefined) return;
    const known = this.rows.some((r) => r.id === id);
    const rows = known ? this.rows.map((r) => (r.id === id ? fresh : r)) : [...this.rows, fresh];
    this.overview = { ...this.overview, rows };
  }
}

export const integrations = new Integrations();
