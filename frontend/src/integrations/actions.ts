// What the buttons of a row and of the panel do. A failure is told by a notice.
import { app } from "../bridge/app";
import type { LinkName } from "../bridge/types";
import { settings } from "../settings/settings.svelte";
import { locale } from "../locale/locale.svelte";
import { notices } from "../ui/notices.svelte";
import { integrations } from "./integrations.svelte";
import { causeOf, statusOf } from "./words";

/** Checks one; who does not see the row hears that the check began, and what it found. */
export async function checkNow(id: string): Promise<boolean> {
  notices.said = `${integrations.row(id)?.name ?? ""}, ${locale.t("status.checking")}`;
  const checked = await notices.run(() => app.check(id));
  if (checked) await integrations.look(id);
  const row = integrations.row(id);
  notices.said = checked && row ? [row.name, statusOf(row), causeOf(row)].filter(Boolean).join(", ") : "";
  return checked;
}

/** Checks them all; what was refused a moment ago is not tried again, and named. */
export const checkAll = (): Promise<boolean> =>
  notices.run(async () => {
    const refused = await app.checkAll();
    if (refused.length > 0) notices.tell("page.refused_lately", { names: locale.list(refused) });
  });
export const openLink = (id: string, which: LinkName): Promise<boolean> => notices.run(() => app.openLink(id, which));
export const copy = (text: string): Promise<boolean> => notices.run(() => app.copy(text), "page.copied");

export const copyBriefly = (text: string): Promise<boolean> => notices.run(() => app.copyBriefly(text), "page.copied_briefly");

async function changing(action: () => Promise<unknown>, done: string): Promise<boolean> {
  const worked = await notices.run(action, done);
  if (worked) await integrations.load();
  return worked;
}

export const pause = (id: string): Promise<boolean> => changing(() => app.pause(id), "page.paused");
export const resume = (id: string): Promise<boolean> => changing(() => app.resume(id), "page.resumed");
export const remove = (id: string): Promise<boolean> => changing(() => app.remove(id), "page.removed");
export const rest = (id: string, kind: "muted" | "snoozed" | "maintenance", forMS: number): Promise<boolean> => changing(() => app.rest(id, kind, forMS), "page.resting");
export const planMaintenance = (id: string, from: Date, forMS: number): Promise<boolean> => changing(() => app.planMaintenance(id, from.toISOString(), forMS), "page.planned");
export const unrest = (id: string): Promise<boolean> => changing(() => app.unrest(id), "page.unrested");
export const unlockKeychain = (): Promise<boolean> => changing(() => app.unlockKeychain(), "page.unlocked");
export const startDemo = (): Promise<boolean> => changing(() => app.startDemo(), "page.demo_started");

/** Leaves the demo, whose settings were as throw-away as its integrations. */
export async function stopDemo(): Promise<boolean> {
  const left = await changing(() => app.stopDemo(), "page.demo_stopped");
  if (left) await settings.load();
  return left;
}
