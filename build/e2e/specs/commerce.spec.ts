import type { Page } from "@playwright/test";
import { ran } from "../processes";
import { choose, expect, open, row, test, toForm, type App, type World } from "../relink";
import { accessible, picture } from "../see";

interface Account {
  client: string;
  key: string;
}

/** Opens an account whose last update ended so many hours ago, and adds it to Relink. */
async function addAccount(page: Page, world: World, update?: { state: string; hours: number }): Promise<Account> {
  const account = (await world.turn("far", "warehouse")) as Account;
  if (update) await world.turn("far", "update", JSON.stringify(update));
  await enter(page, account);
  await page.getByRole("button", { name: "Save & Test" }).click();
  await expect(page.getByRole("dialog")).toContainText("is connected as 194");
  await page.getByRole("button", { name: "Done" }).click();
  return account;
}

async function enter(page: Page, account: Account): Promise<void> {
  await choose(page, "Adobe Commerce Intelligence");
  await toForm(page);
  await page.getByLabel("Name", { exact: true }).fill("Casa Verde");
  await page.getByRole("textbox", { name: "Client ID" }).fill(account.client);
  await page.getByRole("textbox", { name: "Export API key" }).fill(account.key);
}

async function addShop(page: Page, world: World, provider: string, name: string): Promise<void> {
  await choose(page, provider);
  await toForm(page);
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByRole("textbox", { name: "API key" }).fill(await world.key("sample-shop"));
  await page.getByRole("button", { name: "Save & Test" }).click();
  await page.getByRole("button", { name: "Done" }).click();
  await expect(row(page, name)).toContainText("Connected");
}

async function details(page: Page, name: string): Promise<ReturnType<Page["getByRole"]>> {
  await page.getByRole("button", { name: `More for ${name}` }).click();
  await page.getByRole("menuitem", { name: "Details" }).click();
  return page.getByRole("dialog", { name });
}

const strip = (page: Page) => page.getByRole("list", { name: "Updates of Commerce Intelligence" });
const completed = { state: "Completed Successfully", hours: 2.5 };

test("the last update of the account stands above the list, with its age and its state", async ({ page, reaching, world }) => {
  await open(page, reaching);
  await addAccount(page, world, completed);
  await expect(strip(page)).toContainText("Casa Verde");
  await expect(strip(page)).toContainText("“Completed Successfully”");
  await expect(strip(page)).toContainText("2 hr. ago");
  await strip(page).getByRole("button", { name: "Details: Casa Verde" }).press("Enter");
  await expect(page.getByRole("dialog", { name: "Casa Verde" })).toBeVisible();
});

for (const [name, update, words, status] of [
  ["has no update yet", undefined, "No completed update yet.", "Connected"],
  ["is late", { state: "Completed Successfully", hours: 60 }, "That is late.", "Waiting for Commerce Intelligence"],
  ["failed", { state: "Failed", hours: 1 }, "“Failed”", "Waiting for Commerce Intelligence"],
] as const) {
  test(`an account whose update ${name} says so, above the list and in its row`, async ({ page, reaching, world }) => {
    await open(page, reaching);
    await addAccount(page, world, update);
    await expect(strip(page)).toContainText(words);
    await expect(row(page, "Casa Verde")).toContainText(status);
    if (status !== "Connected") await expect(row(page, "Casa Verde")).toContainText("Commerce Intelligence is behind");
    await expect(row(page, "Casa Verde")).not.toContainText("has not worked yet");
    await accessible(page, words);
    await picture(page, `strip-${name.replaceAll(" ", "-")}`);
  });
}

test("a 403 is told as the key or this computer's address, nothing is added, and no next check is promised", async ({ page, reaching, world }) => {
  const account = (await world.turn("far", "warehouse")) as Account;
  await world.turn("far", "disable");
  await open(page, reaching);
  await enter(page, account);
  await page.getByRole("button", { name: "Save & Test" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText("Nothing was added");
  await expect(dialog).toContainText("gives the same answer whether the key is wrong or disabled, belongs to another client, or this computer's public address is not on the key's list");
  await expect(dialog).toContainText("whether its list holds this computer's public address");
  await expect(dialog).not.toContainText("next try");
  await accessible(page, "the refusal");
  await picture(page, "account-refused");
});

test("asked twice within a minute, Relink says that the last answer stands", async ({ page, reaching, world }) => {
  await open(page, reaching);
  await addAccount(page, world, completed);
  await page.getByRole("button", { name: "Check Casa Verde now" }).click();
  await page.getByRole("button", { name: "Check Casa Verde now" }).click();
  await expect(page.getByRole("alert")).toContainText("its last answer is shown");
});

test("Last Data Point Received decides the other side, and what cannot be read is refused with the way to write it", async ({ page, reaching, world }) => {
  await open(page, reaching);
  await addAccount(page, world, completed);
  await addShop(page, world, "There Database", "Loja");
  const panel = await details(page, "Loja");
  await expect(panel).toContainText("It does not tell of single integrations.");
  const point = panel.getByRole("textbox", { name: "Last Data Point Received there" });
  await point.fill("last tuesday");
  await point.press("Enter");
  await expect(panel.getByRole("alert")).toContainText("“last tuesday” is not a date that Relink can read. Write it as 2026-11-24 13:05");
  await expect(point).toHaveAttribute("aria-invalid", "true");
  await point.fill("4 days ago");
  await point.press("Enter");
  await expect(panel).toContainText("Authorize it there again: follow the steps below.");
  await page.keyboard.press("Escape");
  await expect(row(page, "Loja")).toContainText("Waiting for Commerce Intelligence");
  await details(page, "Loja");
  await point.fill("1 hour ago");
  await point.press("Enter");
  await expect(panel).toContainText("Data arrives there");
  await page.keyboard.press("Escape");
  await expect(row(page, "Loja")).toContainText("Connected");
  await details(page, "Loja");
  await panel.getByRole("switch", { name: "Lives in Commerce Intelligence, too" }).press("Space");
  await expect(panel).toContainText("Switched off: Relink looks at our side alone.");
});

test("ours is repaired first: a broken integration says nothing of the other side", async ({ page, reaching, world }) => {
  await open(page, reaching);
  await addAccount(page, world, completed);
  await addShop(page, world, "There Database", "Loja");
  await world.turn("sample-shop", "revoke");
  await page.getByRole("button", { name: "Check Loja now" }).click();
  await expect(row(page, "Loja")).toContainText("Needs re-authorization");
  await expect(await details(page, "Loja")).toContainText("Repair Loja here first, then follow the steps there.");
});

async function clipboard(): Promise<string> {
  return ran("timeout", ["10", "xclip", "-selection", "clipboard", "-o"]).catch(() => "");
}

test("the way there keeps its progress over a restart, and what is copied leaves the clipboard after a minute", async ({ page, reaching, world }) => {
  test.setTimeout(180_000);
  await open(page, reaching);
  await addAccount(page, world, completed);
  await addShop(page, world, "There Database", "Loja");
  let panel = await details(page, "Loja");
  await panel.getByText("The way there: 0 of 5 steps done").press("Enter");
  await panel.getByRole("button", { name: "Copy for a minute: Casa Verde", exact: true }).press("Enter");
  await expect.poll(clipboard).toBe("Casa Verde");
  const copied = Date.now();
  await expect(panel).toContainText("Press the button “Save & Test”.");
  for (const step of [1, 2]) {
    await panel.getByRole("button", { name: `Mark as done: ${step}` }).press("Enter");
    await expect(panel.getByRole("button", { name: `Undo: ${step}` })).toBeFocused();
  }
  await expect(panel.getByText("The way there: 2 of 5 steps done")).toBeVisible();
  await panel.getByRole("button", { name: "Undo: 2" }).press("Enter");
  await expect(panel.getByText("The way there: 1 of 5 steps done")).toBeVisible();
  await panel.getByRole("button", { name: "Mark as done: 3" }).press("Enter");
  await expect(panel.getByText("The way there: 2 of 5 steps done")).toBeVisible();
  await expect(panel.getByRole("listitem").filter({ hasText: "Click the name of the integration" })).toHaveAttribute("aria-current", "step");

  expect(await clipboard()).toBe("Casa Verde");
  await expect.poll(clipboard, { timeout: 70_000 }).toBe("");
  expect(Date.now() - copied).toBeGreaterThan(55_000);

  await page.goto("about:blank");
  await reaching.restart();
  await page.goto(reaching.url);
  panel = await details(page, "Loja");
  await panel.getByText("The way there: 2 of 5 steps done").click();
  await expect(panel.getByRole("button", { name: "Undo: 1" })).toBeVisible();
  await expect(panel.getByRole("button", { name: "Undo: 3" })).toBeVisible();
});

test("SSH host keys there: two attempts with a wait each, then the ticket is ready", async ({ page, reaching, world }: { page: Page; reaching: App; world: World }) => {
  await page.clock.install();
  await open(page, reaching);
  await addAccount(page, world, completed);
  await choose(page, "There Database");
  await toForm(page);
  await page.getByLabel("Name", { exact: true }).fill("Loja");
  await page.getByLabel("SSH host").fill("bastion.shop.example");
  await page.getByRole("textbox", { name: "API key" }).fill(await world.key("sample-shop"));
  await page.getByRole("button", { name: "Save & Test" }).click();
  await page.getByRole("button", { name: "Done" }).click();
  const panel = await details(page, "Loja");
  const keys = panel.getByRole("status").filter({ hasText: /Host Keys|host keys|Save & Test|support/ });
  await expect(keys).toContainText("Refresh SSH Host Keys, attempt 1 of 2");
  await panel.getByRole("button", { name: "I pressed Refresh SSH Host Keys" }).press("Enter");
  await expect(keys).toContainText(/attempt 1 of 2: wait until \d+:\d\d [AP]M, then press Save & Test/);
  await accessible(page, "the wait");
  await keys.scrollIntoViewIfNeeded();
  await picture(page, "host-keys-there-wait");
  await expect(panel.getByRole("button", { name: "Save & Test passed" })).toBeFocused();
  await page.clock.fastForward("05:30");
  await expect(keys).toContainText("Press Save & Test now");
  await panel.getByRole("button", { name: "Save & Test failed" }).press("Enter");
  await expect(keys).toContainText("Refresh SSH Host Keys, attempt 2 of 2");
  await panel.getByRole("button", { name: "I pressed Refresh SSH Host Keys" }).press("Enter");
  await panel.getByRole("button", { name: "Save & Test failed" }).press("Enter");
  await expect(keys).toContainText("It is time for their support");
  await expect(keys).toContainText("The ticket is ready under Contact Support.");
  await accessible(page, "the ticket is ready");
  await picture(page, "host-keys-there-ticket");
  await panel.getByRole("button", { name: "Save & Test passed" }).press("Enter");
  await expect(keys).toContainText("Save & Test passed: the host keys there are right.");
});
