import type { Row } from "../bridge/types";

const repairs = ["reconnect", "update_credentials", "fix_oauth_app"];

/** Whether a new grant is what mends it. A service that is down is not mended by signing in again. */
export function repairable(row: Pick<Row, "status" | "next" | "paused">): boolean {
  return !row.paused && (row.status === "needs_reauthorization" || (row.next !== "" && repairs.includes(row.next)));
}

/** The words on the button that replaces the grant. */
export function repairLabel(row: Pick<Row, "repair">): string {
  return row.repair === "update_credentials" ? "button.update_credentials" : "button.reconnect";
}
