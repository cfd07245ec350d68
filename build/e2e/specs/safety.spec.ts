import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { choose, expect, open, row, test, toForm } from "../relink";

const name = "<svg onload=alert(5)> {{7*7}}";

test("TestW2 what a provider or a person wrote is text, wherever it is shown", async ({ page, own, world }) => {
  await open(page, own);
  await choose(page, /Shop \{\{7\*7\}\}/, "hostile");
  await expect(page.getByRole("dialog")).toContainText('<script>alert("summary")</script>');
  await toForm(page);
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByRole("textbox", { name: "API key" }).fill(await world.key("hostile-shop", "acc_<b>"));
  await page.getByRole("button", { name: "Save & Test" }).click();
  await expect(page.getByRole("dialog")).toContainText("<img src=x onerror=alert(2)>");
  await page.getByRole("button", { name: "Done" }).click();
  await expect(row(page, name)).toContainText("Connected");
  await page.getByRole("button", { name, exact: true }).click();
  const panel = page.getByRole("dialog", { name });
  await expect(panel).toContainText("javascript:alert(4)");
  await panel.getByText("Evidence of the last check").click();
  await panel.getByRole("button", { name: "Remove integration" }).click();
  await expect(page.getByRole("dialog", { name: `Remove ${name}?` })).toBeVisible();
  expect(await page.locator("img, iframe, object, embed, a[href], script:not([src])").count()).toBe(0);
  expect(await page.locator("[onload], [onerror], [onclick]").count()).toBe(0);
});

test("TestS5 a stored secret never comes back to the page", async ({ page, own, world }) => {
  await open(page, own);
  await choose(page, /Sample Shop/);
  await toForm(page);
  const key = await world.key("sample-shop");
  const field = page.getByRole("textbox", { name: "API key" });
  await expect(field).toHaveAttribute("type", "password");
  await field.fill(key);
  await page.getByRole("button", { name: "Save & Test" }).click();
  await page.getByRole("button", { name: "Done" }).click();
  await page.getByRole("button", { name: "Sample Shop", exact: true }).click();
  await expect(page.getByRole("dialog")).toContainText("API key");
  const told = await page.evaluate(async () => {
    const app = (window as unknown as { go: { main: { App: Record<string, (...args: string[]) => Promise<unknown>> } } }).go.main.App;
    const overview = (await app["Overview"]?.()) as { rows: { id: string }[] };
    const id = overview.rows[0]?.id ?? "";
    return JSON.stringify([
      overview,
      await app["Detail"]?.(id),
      await app["StartReauth"]?.(id),
      await app["About"]?.(),
      await app["Doctor"]?.(),
      await app["Preferences"]?.(),
      await app["Providers"]?.(),
      document.documentElement.outerHTML,
    ]);
  });
  expect(told).not.toContain(key);
});

test("TestW1 the page stays where it is", async ({ page, sample }) => {
  await open(page, sample);
  expect(await page.locator("a[href]").count()).toBe(0);
  await page.evaluate(() => {
    const drop = new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: new DataTransfer() });
    document.body.dispatchEvent(drop);
    if (!drop.defaultPrevented) throw new Error("a dropped address would be followed");
  });
  expect(page.url()).toBe(sample.url);
});

test("TestW3 every answer carries the content security policy", async ({ page, sample }) => {
  const answer = await page.goto(sample.url);
  const policy = answer?.headers()["content-security-policy"] ?? "";
  for (const part of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "form-action 'none'", "frame-ancestors 'none'"]) {
    expect(policy).toContain(part);
  }
  expect(policy).not.toContain("unsafe");
});

test("a damaged database is told once, with what was kept and what to do, on every page", async ({ page, own }) => {
  await page.goto("about:blank");
  await own.restart(async () => {
    await writeFile(join(own.folder, "relink.db"), "this is no database, and was one before ".repeat(200));
  });
  await page.goto(own.url);
  const told = page.getByText(/The database .* is damaged/);
  await expect(told).toHaveCount(1);
  await expect(page.getByRole("button", { name: "Retry" })).toBeVisible();
  await page.getByRole("button", { name: "Retry" }).press("Enter");
  await page.waitForTimeout(500);
  await expect(told).toHaveCount(1);
  for (const name of ["Incidents", "Calendar", "Activity", "Settings", "Integrations"]) {
    await page.getByRole("navigation").getByRole("button", { name }).press("Enter");
    await expect.soft(told.first(), name).toBeVisible();
    await expect.soft(told, name).toHaveCount(1);
  }
});
