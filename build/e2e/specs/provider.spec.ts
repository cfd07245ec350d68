import { choose, expect, open, test, toForm } from "../relink";

test("other names for integrations show them all, and a service is found by its old name", async ({ page, own }) => {
  await open(page, own);
  await page.getByRole("button", { name: "Add your first integration" }).click();
  const search = page.getByRole("searchbox", { name: "Search services" });
  const cards = page.getByRole("dialog").getByRole("listitem");
  await expect(cards.first()).toBeVisible();
  const all = await cards.count();
  expect(all).toBeGreaterThan(30);
  for (const name of ["Integrations", "Connections", "data sources", "fontes de dados"]) {
    await search.fill(name);
    await expect(cards, name).toHaveCount(all);
  }
  await search.fill("AdWords");
  await expect(cards).toHaveCount(1);
  await expect(cards).toContainText("Google Ads");
  await search.fill("facebook integration");
  await expect(cards).toContainText("Meta");
  await search.fill("qwertz");
  await expect(page.getByText("No service matches")).toBeVisible();
});

test("the categories narrow the catalog", async ({ page, own }) => {
  await open(page, own);
  await page.getByRole("button", { name: "Add your first integration" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Databases" }).click();
  await expect(dialog.getByRole("listitem").filter({ hasText: "PostgreSQL" }).first()).toBeVisible();
  await expect(dialog.getByRole("listitem").filter({ hasText: "Google Ads" })).toBeHidden();
});

test("a provider's page tells lifetimes, permissions, pages, and what is sent where", async ({ page, own }) => {
  await open(page, own);
  await choose(page, /^Google Ads/, "google-ads");
  const dialog = page.getByRole("dialog", { name: "Add Google Ads" });
  await expect(page.getByTestId("life")).toContainText("Ends when it is not used for 180 days");
  await expect(dialog).toContainText("https://www.googleapis.com/auth/adwords");
  await expect(dialog).toContainText("Relink never changes them");
  const asks = page.getByTestId("asks");
  await expect(asks).toContainText("You sign in at accounts.google.com and oauth2.googleapis.com");
  await expect(asks).toContainText("The login goes to googleads.googleapis.com and to nobody else");
  await expect(asks).toContainText("Checked every 5 minutes");
  for (const link of ["Open the keys page", "Open the page to revoke access", "Open the status page"]) {
    await expect(dialog.getByRole("button", { name: link })).toBeVisible();
  }
});

test("Enter goes on from the search to the page and to the form, and Back returns", async ({ page, own }) => {
  await open(page, own);
  await page.getByRole("button", { name: "Add your first integration" }).click();
  await page.getByRole("searchbox", { name: "Search services" }).fill("sample-shop");
  await page.keyboard.press("Enter");
  await expect(page.getByText("What Relink sends")).toBeVisible();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("textbox", { name: "API key" })).toBeFocused();
  await page.getByRole("button", { name: "Back" }).click();
  await expect(page.getByText("What Relink sends")).toBeVisible();
  await page.getByRole("button", { name: "Back" }).click();
  await expect(page.getByRole("searchbox", { name: "Search services" })).toHaveValue("sample-shop");
});

test("the way in that is chosen on the page decides what the form asks", async ({ page, own }) => {
  await open(page, own);
  await choose(page, /Zendesk/, "zendesk");
  await page.getByRole("radio", { name: /API token/ }).check();
  await expect(page.getByTestId("life")).toContainText("Ends when it is not used for 30 days");
  await toForm(page);
  await expect(page.getByRole("button", { name: "Save & Test" })).toBeVisible();
  await expect(page.getByLabel("E-mail of the Zendesk user")).toBeVisible();
});
