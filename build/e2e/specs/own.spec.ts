import { choose as chooseProvider, consent, expect, open, row, test, toForm, type App, type World } from "../relink";
import type { Page } from "@playwright/test";

const wrongKey = "key_AAAAAAAAAAAAAAAAAAAAAAAAAA";

async function choose(page: Page, provider: string): Promise<void> {
  await chooseProvider(page, provider);
  await toForm(page);
}

async function addShop(page: Page, app: App, world: World, name = "Casa Verde"): Promise<void> {
  await open(page, app);
  await choose(page, "Sample Shop");
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByRole("textbox", { name: "API key" }).fill(await world.key("sample-shop"));
  await page.getByRole("button", { name: "Save & Test" }).click();
  await page.getByRole("button", { name: "Done" }).click();
  await expect(row(page, name)).toContainText("Connected");
}

test("an empty list says what to do first", async ({ page, own }) => {
  await open(page, own);
  await expect(page.getByRole("heading", { name: "No integrations yet" })).toBeVisible();
  await expect(page.getByRole("button", { name: "Try it with sample integrations" })).toBeVisible();
});

test("the demo comes and goes without a trace", async ({ page, own }) => {
  await open(page, own);
  await page.getByRole("button", { name: "Try it with sample integrations" }).click();
  await expect(row(page, "Sample Ads")).toContainText("Needs re-authorization", { timeout: 20_000 });
  await page.getByRole("button", { name: "Leave the demo" }).click();
  await expect(page.getByRole("heading", { name: "No integrations yet" })).toBeVisible();
});

test("a wrong API key loses nothing that was typed; the right one connects", async ({ page, own, world }) => {
  await open(page, own);
  await choose(page, "Sample Shop");
  await page.getByRole("button", { name: "Save & Test" }).click();
  await expect(page.getByText("API key is empty.")).toBeVisible();
  const key = page.getByRole("textbox", { name: "API key" });
  await key.fill("my key");
  await key.blur();
  await expect(page.getByText("API key does not look right")).toBeVisible();
  await expect(page.getByRole("dialog")).not.toContainText("my key");
  await page.getByLabel("Name", { exact: true }).fill("Casa Verde");
  await key.fill(wrongKey);
  await page.getByRole("button", { name: "Save & Test" }).click();
  await expect(page.getByText("The login was tried and did not work.")).toBeVisible();
  await expect(key).toHaveValue(wrongKey);
  await page.getByRole("button", { name: "Back" }).click();
  await expect(page.getByLabel("Name", { exact: true })).toHaveValue("Casa Verde");
  await expect(key).toHaveValue(wrongKey);
  await key.fill(await world.key("sample-shop"));
  await page.getByRole("button", { name: "Save & Test" }).click();
  await expect(page.getByText("Casa Verde is connected as ana@shop.example.")).toBeVisible();
  await page.getByRole("button", { name: "Done" }).click();
  await expect(row(page, "Casa Verde")).toContainText("Connected");
});

test("a name that is taken is said at its field", async ({ page, own, world }) => {
  await addShop(page, own, world);
  await choose(page, "Sample Shop");
  await page.getByLabel("Name", { exact: true }).fill("casa verde");
  await page.getByRole("textbox", { name: "API key" }).fill(await world.key("sample-shop"));
  await page.getByRole("button", { name: "Save & Test" }).click();
  await expect(page.getByText("is taken by another integration")).toBeVisible();
  await expect(page.getByLabel("Name", { exact: true })).toBeFocused();
});

test("a revoked key is found out, and a new one repairs it", async ({ page, own, world }) => {
  await addShop(page, own, world);
  await world.turn("sample-shop", "revoke");
  await page.getByRole("button", { name: "Check Casa Verde now" }).click();
  await expect(row(page, "Casa Verde")).toContainText("Needs re-authorization");
  await page.getByRole("button", { name: "Casa Verde", exact: true }).click();
  const dialog = page.getByRole("dialog", { name: "Update credentials of Casa Verde" });
  await dialog.getByRole("textbox", { name: "API key" }).fill(await world.key("sample-shop"));
  await dialog.getByRole("button", { name: "Update credentials of Casa Verde" }).click();
  await expect(dialog.getByText("Reconnected", { exact: true })).toBeVisible();
  await dialog.getByRole("button", { name: "Done" }).click();
  await expect(row(page, "Casa Verde")).toContainText("Connected");
});

test("an OAuth integration is added by consent in the browser", async ({ page, own, world }) => {
  await open(page, own);
  await choose(page, "Sample Analytics");
  const client = (await world.turn("sample-analytics", "client")) as { id: string; secret: string };
  await page.getByLabel("Client ID").fill(client.id);
  await page.getByRole("textbox", { name: "Client secret" }).fill(client.secret);
  await page.getByRole("button", { name: "Connect", exact: true }).click();
  await expect(page.getByText("Waiting for your consent in the browser")).toBeVisible();
  await consent(page, { button: "Allow" });
  await expect(page.getByText("is connected as ana@shop.example")).toBeVisible();
});

test("pause, resume, edit and remove", async ({ page, own, world }) => {
  await addShop(page, own, world);
  await page.getByRole("button", { name: "Casa Verde", exact: true }).click();
  const panel = page.getByRole("dialog", { name: "Casa Verde", exact: true });
  await panel.getByRole("button", { name: "Pause" }).click();
  await expect(panel.getByText("Paused", { exact: true })).toBeVisible();
  await panel.getByRole("button", { name: "Resume" }).click();
  await expect(panel.getByRole("button", { name: "Pause" })).toBeVisible();
  await panel.getByRole("button", { name: "Edit" }).click();
  const edit = page.getByRole("dialog", { name: "Edit Casa Verde" });
  await edit.getByLabel("Name", { exact: true }).fill("Casa Azul");
  await edit.getByLabel("Schedule").selectOption({ label: "every 30 minutes" });
  await edit.getByRole("button", { name: "Save changes" }).click();
  await expect(edit).toBeHidden();
  const renamed = page.getByRole("dialog", { name: "Casa Azul" });
  await expect(renamed).toContainText("every 30 minutes");
  await renamed.getByRole("button", { name: "Remove integration" }).click();
  const sure = page.getByRole("dialog", { name: "Remove Casa Azul?" });
  await expect(sure).toContainText("Its login, from the keychain");
  await sure.getByRole("button", { name: "Remove Casa Azul" }).click();
  await expect(page.getByRole("heading", { name: "No integrations yet" })).toBeVisible();
});

test("settings are kept over a reload", async ({ page, own }) => {
  await open(page, own);
  await page.getByRole("button", { name: "Settings" }).click();
  await page.getByText("Dark", { exact: true }).click();
  await page.getByText("Português").click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Configurações");
  await page.reload();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Nenhuma integração ainda");
});
