// What is said of a row, in one line each.
import type { Asked, Rest, Row } from "../bridge/types";
import { locale } from "../locale/locale.svelte";

/** The status in words, with the moment that belongs to it. */
export function statusOf(row: Row): string {
  const { retryAt, expiresAt, checkedAt } = row;
  const at = { retrying: retryAt, expires_soon: expiresAt, unknown: checkedAt }[row.status] ?? "";
  const key = `status.${row.status}`;
  return at === "" ? locale.t(key) : locale.t(`${key}.at`, { retryAt, expiresAt, checkedAt });
}

/** Why, in words; "" while nothing is wrong. */
export function causeOf(row: Row): string {
  if (row.cause === "" || row.paused) return "";
  return locale.t(`cause.${row.cause}`);
}

/** What assistive technology reads for the whole row. */
export function nameOf(row: Row): string {
  const rest = restOf(row);
  return [row.name, row.providerName, statusOf(row), causeOf(row), rest ? restWords(rest) : ""].filter(Boolean).join(", ");
}

/** Why nothing is told of a row at this moment; undefined while notices are shown. */
export function restOf(row: Row): Rest | undefined {
  const { rest } = row;
  return rest && (rest.untilAt === "" || new Date(rest.untilAt) > locale.now) ? rest : undefined;
}

/** Who was asked for help, and when. */
export function askedWords(asked: Asked): string {
  return locale.t(asked.whom === "" ? "asked.somebody" : "asked.whom", { whom: asked.whom, sinceAt: asked.since });
}

/** Why notices rest, and until when. */
export function restWords(rest: Rest): string {
  return locale.t(rest.untilAt === "" ? "rest.muted_open" : `rest.${rest.kind}`, { untilAt: rest.untilAt });
}
