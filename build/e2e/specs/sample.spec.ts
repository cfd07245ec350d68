import { consent, expect, open, row, test } from "../relink";

test("the list shows the sample integrations, and why one of them broke", async ({ page, sample }) => {
  await open(page, sample);
  await expect(row(page, "Sample Ads")).toContainText("Needs re-authorization");
  await expect(row(page, "Sample Ads")).toContainText("Account, role or password changed");
  await expect(row(page, "Sample Analytics")).toContainText("Connected");
  await expect(row(page, "Sample Shop")).toContainText("Connected");
  await expect(page.getByText("nothing remains when you leave")).toBeVisible();
  await expect(page.getByRole("row").nth(1)).toHaveAccessibleName(/^Sample Ads, .*Needs re-authorization, Account/);
});

test("search and the status filter narrow the list, and say when nothing is left", async ({ page, sample }) => {
  await open(page, sample);
  await page.getByRole("searchbox").fill("SAMPLE ads");
  await expect(row(page, "Sample Ads")).toBeVisible();
  await expect(row(page, "Sample Analytics")).toBeHidden();
  await page.getByRole("button", { name: /^Connected/ }).click();
  await expect(page.getByText("No integration matches")).toBeVisible();
  await page.getByRole("button", { name: "Show all integrations" }).click();
  await expect(row(page, "Sample Analytics")).toBeVisible();
});

test("a click on the broken one's name, consent in the browser, and all is well", async ({ page, sample }) => {
  await open(page, sample);
  await page.getByRole("button", { name: "Sample Ads", exact: true }).click();
  const dialog = page.getByRole("dialog", { name: "Reconnect Sample Ads" });
  await expect(dialog).toContainText("Sample Ads needs to be reconnected");
  await expect(dialog.getByRole("timer")).toBeVisible();
  const browser = await consent(page, { button: "Allow" });
  await expect(dialog.getByText("Reconnected", { exact: true })).toBeVisible();
  await expect(dialog).toContainText("ana@shop.example");
  await expect(browser.locator("body")).toContainText("Connected");
  await dialog.getByRole("button", { name: "Done" }).click();
  await expect(row(page, "Sample Ads")).toContainText("Connected");
  await expect(page.getByRole("button", { name: /Fix connections/ })).toBeHidden();
});

test("consent that is denied changes nothing, and can be tried again", async ({ page, sample }) => {
  await open(page, sample);
  await page.getByRole("button", { name: "Reconnect Sample Ads" }).click();
  const dialog = page.getByRole("dialog");
  await consent(page, { button: "Deny" });
  await expect(dialog.getByText("Consent was refused", { exact: true })).toBeVisible();
  await expect(dialog).toContainText("Nothing was changed");
  await dialog.getByRole("button", { name: "Try again" }).click();
  await consent(page, { button: "Allow" });
  await expect(dialog.getByText("Reconnected", { exact: true })).toBeVisible();
});

test("another account is a question that names both, and changing nothing is the first answer", async ({ page, sample }, info) => {
  await open(page, sample);
  await page.getByRole("button", { name: "Reconnect Sample Ads" }).click();
  const dialog = page.getByRole("dialog");
  await consent(page, { account: "bia@agency.example", button: "Allow" });
  await expect(dialog).toContainText("Use bia@agency.example for Sample Ads from now on?");
  await expect(dialog).toContainText("In use until now");
  await expect(dialog).toContainText("Casa Verde Outlet");
  await page.screenshot({ path: info.outputPath("question.png") });
  await dialog.getByRole("button", { name: "Change nothing" }).click();
  await expect(dialog).toContainText("You signed in as bia@agency.example; this integration uses ana@shop.example");
  await dialog.getByRole("button", { name: "Close", exact: true }).last().click();
  await expect(row(page, "Sample Ads")).toContainText("Needs re-authorization");
});

test("another account can be switched to, knowingly", async ({ page, sample }, info) => {
  await open(page, sample);
  await page.getByRole("button", { name: "Reconnect Sample Ads" }).click();
  const dialog = page.getByRole("dialog");
  await consent(page, { account: "bia@agency.example", button: "Allow" });
  await dialog.getByRole("button", { name: "Use the new login" }).click();
  await expect(dialog.getByText("Reconnected", { exact: true })).toBeVisible();
  await expect(dialog).toContainText("Sample Ads uses bia@agency.example from now on, in place of ana@shop.example");
  await expect(dialog).toContainText("It will need you again on");
  await page.screenshot({ path: info.outputPath("switched.png") });
  await dialog.getByRole("button", { name: "Done" }).click();
  await expect(row(page, "Sample Ads")).toContainText("bia@agency.example");
});

test("a permission that is left out is asked for once more in plain words, and then named", async ({ page, sample }, info) => {
  await open(page, sample);
  await page.getByRole("button", { name: "Reconnect Sample Ads" }).click();
  const dialog = page.getByRole("dialog");
  await consent(page, { without: "read_orders", button: "Allow" });
  await expect(dialog).toContainText("Tick every box this time");
  await expect(dialog).toContainText("To read the orders that your reports count.");
  await page.screenshot({ path: info.outputPath("again.png") });
  await consent(page, { without: "read_orders", button: "Allow" });
  await expect(dialog).toContainText("A permission is missing");
  await expect(dialog).toContainText("Nothing was changed");
});

test("Fix connections walks through what is broken", async ({ page, sample }) => {
  await open(page, sample);
  await page.getByRole("button", { name: "Fix connections (1)" }).click();
  await expect(page.getByRole("dialog", { name: "Reconnect Sample Ads" })).toBeVisible();
});

test("the panel says what happened, how we know and what to do, with the evidence behind a toggle", async ({ page, sample }) => {
  await open(page, sample);
  await page.getByRole("button", { name: "More for Sample Ads" }).click();
  await page.getByRole("menuitem", { name: "Details" }).click();
  const panel = page.getByRole("dialog", { name: "Sample Ads" });
  for (const heading of ["What happened", "How we know", "What to do"]) await expect(panel.getByText(heading)).toBeVisible();
  await expect(panel.getByText("Came as far as")).toBeHidden();
  await panel.getByText("Evidence of the last check").click();
  await expect(panel.getByText("Came as far as")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(panel).toBeHidden();
});

test("the language changes at once, and back", async ({ page, sample }) => {
  await open(page, sample);
  await page.getByRole("button", { name: "Settings" }).click();
  await page.getByText("Português").click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Configurações");
  await expect(page.locator("html")).toHaveAttribute("lang", "pt-BR");
  await page.getByRole("button", { name: "Integrações" }).click();
  await expect(row(page, "Sample Ads")).toContainText("Reautorização necessária");
  await page.getByRole("button", { name: "Configurações" }).click();
  await page.getByText("English").click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Settings");
});
