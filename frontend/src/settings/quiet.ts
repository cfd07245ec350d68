/** The days of the week as settings name them, Sunday first. */
export const weekdays = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;

/** The hours of a setting such as 22:00-07:00; both empty for none. */
export function hoursOf(setting: string): { from: string; to: string } {
  const [from = "", to = ""] = setting.split("-");
  return { from, to };
}

/** The setting for two times of day: none as long as one is missing, or both are the same. */
export function settingOf(from: string, to: string): string {
  return from === "" || to === "" || from === to ? "" : `${from}-${to}`;
}

/** The setting with a day put in or taken out, in the order of the week. */
export function withDay(setting: string, day: string, quiet: boolean): string {
  const days = new Set(setting.split(",").filter(Boolean));
  if (quiet) days.add(day);
  else days.delete(day);
  return weekdays.filter((d) => days.has(d)).join(",");
}
