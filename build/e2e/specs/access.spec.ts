import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { consent, expect, open, row, test } from "../relink";

async function expectAccessible(page: Page, where: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(
    violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(" ")).join("; ")}`),
    where,
  ).toEqual([]);
}

for (const theme of ["light", "dark"] as const) {
  test(`nothing on any screen breaks an accessibility rule, ${theme}`, async ({ page, sample }) => {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
    await open(page, sample);
    await expectAccessible(page, "the list");
    await page.getByRole("button", { name: "Sample Analytics", exact: true }).click();
    await page.getByText("Evidence of the last check").click();
    await expectAccessible(page, "the panel");
    await page.getByRole("button", { name: "Edit" }).click();
    await expectAccessible(page, "the edit form");
    await page.keyboard.press("Escape");
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Sample Ads", exact: true }).click();
    await expect(page.getByRole("timer")).toBeVisible();
    await expectAccessible(page, "the wait for consent");
    await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
    await expect(page.getByText("Cancelled", { exact: true })).toBeVisible();
    await expectAccessible(page, "the outcome");
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Add integration" }).click();
    await expect(page.getByRole("dialog").getByRole("button", { name: /Stripe/ })).toBeVisible();
    await expectAccessible(page, "the catalog");
    await page.getByRole("dialog").getByRole("button", { name: /Stripe/ }).click();
    await page.getByText("Sources", { exact: true }).click();
    await expectAccessible(page, "the page about a provider");
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByRole("button", { name: "Save & Test" }).click();
    await expectAccessible(page, "the form with a problem");
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Settings" }).click();
    await expect(page.getByText("Data folder").first()).toBeVisible();
    await expectAccessible(page, "the settings");
    // The longer words of Portuguese fit into the smallest window, too.
    await page.setViewportSize({ width: 720, height: 520 });
    await page.getByText("Português", { exact: true }).click();
    await expect(page.getByRole("button", { name: "Configurações" })).toBeInViewport({ ratio: 1 });
  });
}

test("the whole repair works by keyboard, and the focus comes back", async ({ page, sample }) => {
  await open(page, sample);
  const name = page.getByRole("button", { name: "Sample Analytics", exact: true });
  await name.focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("dialog", { name: "Sample Analytics" })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(name).toBeFocused();
  await page.keyboard.press("ArrowUp");
  const broken = page.getByRole("button", { name: "Sample Ads", exact: true });
  await expect(broken).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("timer")).toBeVisible();
  await consent(page, { button: "Allow" });
  const done = page.getByRole("button", { name: "Done" });
  await expect(done).toBeVisible();
  for (let i = 0; i < 6 && !(await done.evaluate((b) => b === document.activeElement)); i++) await page.keyboard.press("Tab");
  await expect(done).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(row(page, "Sample Ads")).toContainText("Connected");
  await expect(broken).toBeFocused();
});

test("Escape in a repair cancels it and changes nothing", async ({ page, sample }) => {
  await open(page, sample);
  await page.getByRole("button", { name: "Reconnect Sample Ads" }).click();
  await expect(page.getByRole("timer")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toBeHidden();
  await expect(page.getByRole("button", { name: "Reconnect Sample Ads" })).toBeFocused();
  await expect(row(page, "Sample Ads")).toContainText("Needs re-authorization");
});

test("the keyboard keeps its place when a button is at work, and when the row under it goes", async ({ page, sample }) => {
  await open(page, sample);
  const id = await row(page, "Sample Analytics").getAttribute("data-id");
  const check = page.getByRole("button", { name: "Check Sample Analytics now" });
  await check.focus();
  // A row that was checked within the last second is not taken to be at work.
  await expect(async () => {
    await page.evaluate(`window.runtime.EventsEmit("checking", ${JSON.stringify(id)})`);
    await expect(check).toHaveAttribute("aria-busy", "true", { timeout: 500 });
  }).toPass();
  await expect(check).toBeFocused();
  await page.getByRole("button", { name: "Sample Analytics", exact: true }).focus();
  await page.evaluate(`window.go.main.App.Remove(${JSON.stringify(id)})`);
  await expect(row(page, "Sample Analytics")).toBeHidden();
  await expect(page.locator("[data-index]:focus")).toHaveCount(1);
  // A zoomed page is a low one: it scrolls, and the list keeps room for rows.
  await page.setViewportSize({ width: 560, height: 260 });
  const broken = page.getByRole("button", { name: "Sample Ads", exact: true });
  await broken.focus();
  await expect(broken).toBeInViewport({ ratio: 1 });
});
