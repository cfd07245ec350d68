// Which rows are shown, and in which order. Pure, because it runs over ten thousand rows at each key.
import type { Row } from "../bridge/types";
import { rank } from "../ui/status";

export type SortBy = "status" | "name" | "checked";

export interface View {
  query: string;
  /** "" shows every status. */
  status: string;
  sortBy: SortBy;
  descending: boolean;
}

/** Lower case and without accents, so that "sao" finds "São". */
export function folded(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

function matches(row: Row, words: string[]): boolean {
  if (words.length === 0) return true;
  const text = folded(`${row.name} ${row.providerName} ${row.account}`);
  return words.every((word) => text.includes(word));
}

const orders: Record<SortBy, (a: Row, b: Row) => number> = {
  status: (a, b) => rank(a.status) - rank(b.status),
  name: () => 0,
  checked: (a, b) => (a.checkedAt < b.checkedAt ? -1 : a.checkedAt > b.checkedAt ? 1 : 0),
};

export function arranged(rows: Row[], view: View, language: string): Row[] {
  const words = folded(view.query).split(/\s+/).filter(Boolean);
  const kept = rows.filter((r) => (view.status === "" || r.status === view.status) && matches(r, words));
  const collator = new Intl.Collator(language, { numeric: true, sensitivity: "base" });
  const direction = view.descending ? -1 : 1;
  const byName = (a: Row, b: Row): number => collator.compare(a.name, b.name);
  return kept.sort((a, b) => {
    const order = orders[view.sortBy](a, b);
    if (order !== 0) return order * direction;
    return view.sortBy === "name" ? byName(a, b) * direction : byName(a, b);
  });
}

/** How many rows have each status, worst first; statuses that nothing has are left out. */
export function counted(rows: Row[]): { status: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const row of rows) counts.set(row.status, (counts.get(row.status) ?? 0) + 1);
  return [...counts].map(([status, count]) => ({ status, count })).sort((a, b) => rank(a.status) - rank(b.status));
}
