import { mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { ran } from "../processes";
import { expect, open, row, test, type App } from "../relink";

async function choose(page: Page, name: string, item: string): Promise<ReturnType<Page["getByRole"]>> {
  await page.getByRole("button", { name: `More for ${name}` }).press("Enter");
  await page.getByRole("menuitem", { name: item }).press("Enter");
  return page.getByRole("dialog", { name: item });
}

async function clipboard(): Promise<string> {
  return ran("timeout", ["10", "xclip", "-selection", "clipboard", "-o"]).catch(() => "");
}

/** Answers the desktop's own dialog for saving with a path. */
async function saveAs(title: string, path: string): Promise<void> {
  // A window that closes while it is looked for makes the search fail: it is looked for again.
  const found = async () => (await ran("xdotool", ["search", "--onlyvisible", "--name", `^${title}$`]).catch(() => "")).trim();
  await expect.poll(found).not.toBe("");
  await ran("xdotool", ["windowfocus", "--sync", (await found()).split("\n")[0] ?? ""]);
  await ran("xdotool", ["key", "--clearmodifiers", "ctrl+a"]);
  await ran("xdotool", ["type", "--clearmodifiers", "--delay", "5", path]);
  await ran("xdotool", ["key", "--clearmodifiers", "Return"]);
  await expect.poll(found).toBe("");
}

const places = test.extend<{ folder: string }>({
  folder: async ({}, use) => {
    await use(await mkdtemp(join(tmpdir(), "relink-saved-")));
  },
});

places("the owner's card is saved as text, HTML and PDF in both languages, and copied; then the integration waits for an Admin", async ({ page, sample, folder }) => {
  places.setTimeout(180_000);
  await open(page, sample);
  const card = await choose(page, "Sample Ads", "Share instructions");
  await card.getByLabel("For whom (optional)").fill("Bruna");
  for (const [language, greeting] of [["English", "Hello Bruna,"], ["Português", "Olá, Bruna,"]] as const) {
    await card.getByText(language, { exact: true }).click();
    await expect(card.getByRole("article")).toContainText(greeting);
    for (const [format, button] of [["pdf", "Save PDF"], ["html", "Save HTML"], ["txt", "Save text"]] as const) {
      const path = join(folder, `card-${language === "English" ? "en" : "pt"}.${format}`);
      await card.getByRole("button", { name: button }).press("Enter");
      await saveAs("Save the instructions", path);
      await expect.poll(() => readFile(path, "latin1").catch(() => "")).not.toBe("");
      await expect(page.getByText("Saved. Send it to whoever owns the account; you will be reminded.")).toBeVisible();
      const content = await readFile(path, "utf8");
      if (format === "pdf") expect(content.slice(0, 5)).toBe("%PDF-");
      else expect(content).toContain(greeting);
    }
  }
  await card.getByRole("button", { name: "Copy text" }).press("Enter");
  await expect.poll(clipboard).toContain("Olá, Bruna,");
  const text = await clipboard();
  expect(text).toContain("ana@shop.example");
  await page.keyboard.press("Escape");
  await expect(row(page, "Sample Ads")).toContainText("Waiting for an Admin");
  await page.getByRole("button", { name: "More for Sample Ads" }).press("Enter");
  await page.getByRole("menuitem", { name: "Details" }).press("Enter");
  await expect(page.getByRole("dialog", { name: "Sample Ads" }).getByText(/^Bruna was asked for help, (today, )?.*\d+:\d\d [AP]M$/)).toBeVisible();
});

places("a ticket is read before anything is saved, names nobody unless that is wanted, and goes to the clipboard and into a zip", async ({ page, sample, folder }) => {
  await ran("bash", ["-c", "printf before | timeout 10 xclip -selection clipboard -i >/dev/null 2>&1"]);
  await open(page, sample);
  const ticket = await choose(page, "Sample Ads", "Contact Support");
  const preview = ticket.getByRole("region", { name: "Text of the ticket" });
  await expect(preview).toContainText("Relink support details: Sample Ads");
  await expect(preview).toContainText("credential-revoked");
  await expect(preview).not.toContainText("ana@shop.example");
  expect(await clipboard()).toBe("before");
  await preview.focus();
  await page.keyboard.press("End");
  await ticket.getByLabel("Include e-mail addresses, domains and account names").press("Space");
  await expect(preview).toContainText("ana@shop.example");

  const path = join(folder, "ticket.zip");
  await ticket.getByRole("button", { name: "Save zip" }).press("Enter");
  await saveAs("Save the file for the ticket", path);
  await expect(page.getByText("Saved. Attach the file to your ticket.")).toBeVisible();
  const shown = (await preview.innerText()).trim();
  const inside = await ran("unzip", ["-p", path]);
  expect(inside).toContain(shown.split("\n")[0]);
  expect(inside).toContain("ana@shop.example");

  await ticket.getByRole("button", { name: "Copy text and open the ticket page" }).press("Enter");
  await expect.poll(clipboard).toContain("Relink support details: Sample Ads");
});

test("nothing is shared by a dialog that is closed: the integration still needs its login", async ({ page, sample }: { page: Page; sample: App }) => {
  await open(page, sample);
  const card = await choose(page, "Sample Ads", "Share instructions");
  await expect(card.getByRole("article")).toContainText("your help is needed");
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toBeHidden();
  await expect(page.getByRole("button", { name: "More for Sample Ads" })).toBeFocused();
  await expect(row(page, "Sample Ads")).toContainText("Needs re-authorization");
});
