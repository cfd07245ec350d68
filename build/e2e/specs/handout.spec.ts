import AxeBuilder from "@axe-core/playwright";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { consent, expect, open, row, test } from "../relink";

async function expectAccessible(page: Page, where: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(
    violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(" ")).join("; ")}`),
    where,
  ).toEqual([]);
}

/** A picture for people to look at. */
async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env["RELINK_ARTEFACTS"];
  if (folder !== undefined) await page.screenshot({ path: join(folder, "e2e-pictures", `${name}.png`) });
}

async function turnTo(page: Page, name: "Integrations" | "Calendar" | "Activity"): Promise<void> {
  await page.getByRole("navigation").getByRole("button", { name }).click();
  await expect(page.getByRole("navigation").getByRole("button", { name })).toHaveAttribute("aria-current", "page");
}

async function disconnect(page: Page, name: string): Promise<void> {
  await page.getByRole("button", { name: `More for ${name}` }).click();
  await page.getByRole("menuitem", { name: "Disconnect" }).click();
}

for (const theme of ["light", "dark"] as const) {
  test(`calendar, activity and disconnection break no accessibility rule, ${theme}`, async ({ page, sample }) => {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
    await open(page, sample);
    await turnTo(page, "Calendar");
    await expect(page.getByRole("heading", { name: "Later" })).toBeVisible();
    await expectAccessible(page, "the calendar");
    await picture(page, `calendar-${theme}`);
    await turnTo(page, "Activity");
    await expect(page.getByText("Sample Ads was added, with ana@shop.example.")).toBeVisible();
    await expectAccessible(page, "the activity");
    await picture(page, `activity-${theme}`);
    await turnTo(page, "Integrations");
    await disconnect(page, "Sample Analytics");
    await expect(page.getByRole("dialog", { name: "Disconnect Sample Analytics?" })).toContainText("is told to end the login of ana@shop.example");
    await expectAccessible(page, "the disconnection");
    await picture(page, `disconnect-${theme}`);
  });
}

test("the calendar says who is needed when, and leads to the repair and to the details", async ({ page, sample }) => {
  await open(page, sample);
  await turnTo(page, "Calendar");
  const later = page.getByRole("listitem").filter({ hasText: "Sample Analytics" });
  await expect(later).toContainText("in 89 days");
  await expect(page.getByText("2 logins have no known end.")).toBeVisible();
  await later.getByRole("button", { name: "Sample Analytics", exact: true }).click();
  await expect(page.getByRole("dialog", { name: "Sample Analytics" })).toBeVisible();
  await page.keyboard.press("Escape");
  await later.getByRole("button", { name: "Reconnect Sample Analytics" }).click();
  await consent(page, { button: "Allow" });
  await page.getByRole("button", { name: "Done" }).click();
  await turnTo(page, "Activity");
  await expect(page.getByText("Sample Analytics was reconnected, with ana@shop.example.")).toBeVisible();
});

test("a login is given back: the provider is told, the row rests, and the trail shows both", async ({ page, sample }) => {
  await open(page, sample);
  await disconnect(page, "Sample Analytics");
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await expect(row(page, "Sample Analytics")).toContainText("Connected");
  await disconnect(page, "Sample Analytics");
  await dialog.getByRole("button", { name: "Disconnect Sample Analytics" }).click();
  await expect(dialog).toContainText("was told and ended the login");
  await dialog.getByRole("button", { name: "Done" }).click();
  await expect(row(page, "Sample Analytics")).toContainText("Paused");
  await page.getByRole("button", { name: "Sample Analytics", exact: true }).click();
  const panel = page.getByRole("dialog", { name: "Sample Analytics" });
  await expect(panel.getByText("Sample Analytics was disconnected.").first()).toBeVisible();
  await expect(panel.getByRole("button", { name: "Disconnect" })).toBeDisabled();
  await page.keyboard.press("Escape");
  await turnTo(page, "Activity");
  await page.getByLabel("Integration", { exact: true }).selectOption({ label: "Sample Analytics" });
  await expect(page.getByText("Sample Analytics was disconnected, from ana@shop.example.")).toBeVisible();
  await expect(page.getByText("ended the login of Sample Analytics (ana@shop.example).")).toBeVisible();
  await expect(page.getByText("Sample Shop was added")).toBeHidden();
});

test("a provider that cannot be told is shown until it was; removing the integration hides nothing", async ({ page, own, world }) => {
  await open(page, own);
  await page.getByRole("button", { name: /^Add (your first )?integration$/ }).first().click();
  await page.getByRole("searchbox", { name: "Search services" }).fill("Sample Analytics");
  await page.getByRole("dialog").getByRole("button", { name: /Sample Analytics/ }).click();
  await page.getByRole("button", { name: "Continue" }).click();
  const client = (await world.turn("sample-analytics", "client")) as { id: string; secret: string };
  await page.getByLabel("Client ID").fill(client.id);
  await page.getByRole("textbox", { name: "Client secret" }).fill(client.secret);
  await page.getByRole("button", { name: "Connect", exact: true }).click();
  await consent(page, { button: "Allow" });
  await page.getByRole("button", { name: "Done" }).click();
  await world.turn("sample-analytics", "status", "503");
  try {
    await disconnect(page, "Sample Analytics");
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Remove the integration too").check();
    await dialog.getByRole("button", { name: "Disconnect Sample Analytics" }).click();
    await expect(dialog).toContainText("could not be told yet");
    await dialog.getByRole("button", { name: "Done" }).click();
    await expect(page.getByRole("heading", { name: "No integrations yet" })).toBeVisible();
    await turnTo(page, "Activity");
    await expect(page.getByText("does not know yet that the login of ana@shop.example was given back")).toBeVisible();
    await expect(page.getByText("Its last answer was HTTP 503. 1 try so far.")).toBeVisible();
    await picture(page, "activity-pending");
  } finally {
    await world.turn("sample-analytics", "heal");
  }
});
