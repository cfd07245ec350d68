import type { Page } from "@playwright/test";
import { consent, expect, open, row, test } from "../relink";

async function turnTo(page: Page, name: "Integrations" | "Incidents"): Promise<void> {
  await page.getByRole("navigation").getByRole("button", { name, exact: true }).press("Enter");
  await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();
}

async function details(page: Page, name: string): Promise<ReturnType<Page["getByRole"]>> {
  await page.getByRole("button", { name: `More for ${name}` }).press("Enter");
  await page.getByRole("menuitem", { name: "Details" }).press("Enter");
  return page.getByRole("dialog", { name });
}

test("an open incident has a story, and once it is repaired it is past, with the time that took", async ({ page, sample }) => {
  await open(page, sample);
  await turnTo(page, "Incidents");
  const entry = page.getByRole("listitem").filter({ hasText: "Sample Ads" }).first();
  await expect(entry).toContainText("Sample Ads needs to be reconnected: its access was withdrawn.");
  await expect(entry).toContainText("Needs re-authorization");
  await expect(entry).toContainText("for less than a minute");
  await expect(page.getByText("No incident has ended yet.")).toBeVisible();
  await entry.getByRole("button", { name: "What happened: Sample Ads" }).press("Enter");
  const story = page.getByRole("list", { name: "What happened" });
  await expect(story.getByRole("listitem")).toContainText([/Sample Ads was added, with ana@shop.example/, /Sample Ads works/, /its access was withdrawn/, /The incident began/]);

  await turnTo(page, "Integrations");
  await page.getByRole("button", { name: "Reconnect Sample Ads" }).press("Enter");
  await consent(page, { button: "Allow" });
  await page.getByRole("button", { name: "Done" }).press("Enter");
  await turnTo(page, "Incidents");
  await expect(page.getByText("Nothing is broken.")).toBeVisible();
  await expect(entry).toContainText("repaired");
  await expect(entry).toContainText("took less than a minute");
  await expect(page.locator("dl > div").filter({ hasText: "Repaired" })).toContainText("1");
  await expect(page.locator("dl > div").filter({ hasText: "Median time to repair" })).toContainText("less than a minute");
  await entry.getByRole("button", { name: "What happened: Sample Ads" }).press("Enter");
  await expect(story).toContainText("The incident ended: it works again.");
  await expect(story).toContainText("In the window: Sample Ads was reconnected");
  await entry.getByRole("button", { name: "Sample Ads", exact: true }).press("Enter");
  await expect(page.getByRole("dialog", { name: "Sample Ads" })).toBeVisible();
});

test("muting, snoozing and planned maintenance are marked in the list and on the command line until they end", async ({ page, own, world }) => {
  await open(page, own);
  await page.getByRole("button", { name: /^Add (your first )?integration$/ }).first().press("Enter");
  await page.getByRole("searchbox", { name: "Search services" }).fill("Sample Shop");
  await page.getByRole("dialog").getByRole("button", { name: /Sample Shop/ }).press("Enter");
  await page.getByRole("button", { name: "Continue" }).press("Enter");
  await page.getByLabel("Name", { exact: true }).fill("Casa Verde");
  await page.getByRole("textbox", { name: "API key" }).fill(await world.key("sample-shop"));
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Done" }).press("Enter");
  const panel = page.getByRole("dialog", { name: "Casa Verde" });
  const mark = row(page, "Casa Verde").locator("[data-rest]");
  await expect(mark).toBeHidden();

  for (const [button, name, kind, told] of [
    ["Mute", "notices are muted", "muted", /^notices are muted$/],
    ["Snooze for 2 hours", "notices are snoozed", "snoozed", /^notices are snoozed until .*\d+:\d\d [AP]M$/],
  ] as const) {
    await details(page, "Casa Verde");
    await panel.getByText("Notices", { exact: true }).press("Enter");
    await panel.getByRole("button", { name: button, exact: true }).press("Enter");
    await expect(panel.getByText(name)).toBeVisible();
    await expect(panel.getByRole("button", { name: "Show notices again" })).toBeFocused();
    await page.keyboard.press("Escape");
    await expect(mark).toHaveAttribute("aria-label", told);
    await expect(mark).toHaveAttribute("data-rest", kind);
    await expect(page.getByRole("row", { name: new RegExp(`Casa Verde, .*, ${name}`) })).toBeVisible();
    expect(await own.command("list")).toContain(`(${name}`);
    expect(JSON.parse(await own.command("status", "--json"))).toMatchObject({ rows: [{ name: "Casa Verde", rest: { kind } }] });
    await details(page, "Casa Verde");
    await panel.getByRole("button", { name: "Show notices again" }).press("Enter");
    await expect(panel.getByText(name)).toBeHidden();
    await expect(panel.locator("summary").filter({ hasText: /^\s*Notices\s*$/ })).toBeFocused();
    await page.keyboard.press("Escape");
    await expect(mark).toBeHidden();
  }

  await details(page, "Casa Verde");
  await panel.getByText("Notices", { exact: true }).press("Enter");
  const now = new Date(Date.now() - 60_000);
  await panel.getByLabel("Maintenance from").fill(new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 16));
  await panel.getByLabel("Hours", { exact: true }).fill("3");
  await page.keyboard.press("Enter");
  await expect(panel.getByText("planned maintenance until")).toBeVisible();
  await expect(panel.getByRole("button", { name: "Show notices again" })).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(mark).toHaveAttribute("data-rest", "maintenance");
  expect(await own.command("list")).toContain("(planned maintenance until");
});

test("a refused login that is checked again within the minute is not tried, and that is said", async ({ page, sample }) => {
  await open(page, sample);
  await page.getByRole("button", { name: "Check Sample Ads now" }).press("Enter");
  await expect(page.getByRole("alert")).toContainText(/The service refused this login a moment ago.*Relink offers it again at \d+:\d\d [AP]M at the earliest/);
  await page.getByRole("button", { name: "Check all" }).press("Enter");
  await expect(page.getByText("Not tried again yet: Sample Ads.")).toBeVisible();
});
