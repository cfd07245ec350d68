import type { Row } from "../bridge/types";

const repairs = ["reconnect", "update_credentials", "fix_oauth_app", "refresh_host_keys"];

/** Whether a new grant is what mends it. A service that is down is not mended by signing in again. */
export function repairable(row: Row): boolean {
  if (row.paused || row.verdict === "ok" || disconnected(row)) return false;
  return row.status === "needs_reauthorization" || repairs.includes(row.next);
}

/** Whether the repair is offered in the list: what is broken, and what soon will be. */
export function offersRepair(row: Row): boolean {
  return repairable(row) || (!row.paused && row.status === "expires_soon");
}

/** Whether a person gave its login back: it rests, and only a new one wakes it. */
export function disconnected(row: Pick<Row, "rule">): boolean {
  return row.rule === "disconnected";
}

/** The words on the button that replaces the grant, or the host keys that a bastion must show. */
export function repairLabel(row: Pick<Row, "repair"> & { next?: string }): string {
  if (row.next === "refresh_host_keys") return "button.refresh_host_keys";
  return row.repair === "update_credentials" ? "button.update_credentials" : "button.reconnect";
}
