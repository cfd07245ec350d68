import { readFile } from "node:fs/promises";
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { choose, consent, consentLink, expect, open, Peer, test, toForm } from "../relink";

const clientFile = "client_secret_1234567890.json";

function file(text: string, name = clientFile): { name: string; mimeType: string; buffer: Buffer } {
  return { name, mimeType: "application/json", buffer: Buffer.from(text) };
}

async function accessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(" ")).join("; ")}`)).toEqual([]);
}

test("a code that is entered on another page connects, and the wait says what to do", async ({ page, peered }) => {
  await open(page, peered);
  await choose(page, /Code Elsewhere/, "Code Elsewhere");
  await expect(page.getByTestId("life")).toContainText("Will need you again 60 days after you connect.");
  await page.getByText("Not confirmed: 1 fact").click();
  await expect(page.getByTestId("unconfirmed").getByRole("listitem")).toHaveText("that it lasts for 60 days");
  await toForm(page);
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Client ID").fill(Peer.client);
  await dialog.getByRole("textbox", { name: "Client secret" }).fill(Peer.secret);
  await dialog.getByRole("button", { name: "Connect", exact: true }).click();
  const code = page.getByTestId("user-code");
  await expect(code).toHaveText(/^[A-Z]{4}-[A-Z]{4}$/);
  await expect(dialog.getByRole("timer")).toBeVisible();
  await accessible(page);
  const browser = await page.context().newPage();
  await browser.goto((await page.getByTestId("device-url").innerText()).trim());
  await browser.locator("input[name=user_code]").fill((await code.innerText()).trim());
  await browser.getByRole("button", { name: "Continue" }).click();
  await browser.getByRole("button", { name: "Continue" }).click();
  await browser.locator("input[name=login]").fill("ana");
  await browser.getByRole("button", { name: "Allow" }).click();
  await expect(dialog).toContainText("is connected as ana", { timeout: 20_000 });
});

test("a login with a second factor asks for its code in a step of its own", async ({ page, own, world }) => {
  const password = (await world.turn("sample-analytics", "password")) as string;
  await world.turn("sample-analytics", "second-factor");
  await open(page, own);
  await choose(page, /Login Analytics/, "Login");
  await expect(page.getByTestId("life")).toContainText("needs you each time the token ends");
  await toForm(page);
  const dialog = page.getByRole("dialog");
  const save = dialog.getByRole("button", { name: "Save & Test" });
  await dialog.getByLabel("User name").fill("ana");
  await dialog.getByRole("textbox", { name: "Password" }).fill(password);
  await save.click();
  const code = dialog.getByRole("textbox", { name: "Code" });
  await expect(dialog.getByRole("status")).toContainText("asks for the code of a second factor");
  await expect(dialog.getByLabel("User name")).toHaveCount(0);
  await accessible(page);
  await code.fill("000000");
  await save.click();
  await expect(dialog.getByRole("alert")).toContainText("did not take this code");
  await expect(code).toHaveValue("");
  const shown = (await world.turn("sample-analytics", "second-factor")) as string;
  await code.fill(shown);
  await save.click();
  await expect(dialog).toContainText("is connected as ana@shop.example");
  expect(await page.content()).not.toContain(shown);
  await world.turn("sample-analytics", "second-factor", "off");
});

test("Google's client file fills the form in, its secret stays out of the page, and the consent uses it", async ({ page, own, world }) => {
  await open(page, own);
  await choose(page, /Filed Analytics/, "Filed");
  await toForm(page);
  const client = (await world.turn("sample-analytics", "client")) as { id: string; secret: string };
  const dialog = page.getByRole("dialog");
  await dialog.locator("input[type=file]").setInputFiles(file(JSON.stringify({ installed: { client_id: client.id, client_secret: client.secret } })));
  await expect(dialog.getByLabel("Client ID")).toHaveValue(client.id);
  await expect(dialog).toContainText(`Filled in from ${clientFile}.`);
  await expect(dialog.getByRole("textbox", { name: "Client secret" })).toHaveValue("");
  expect(await page.content()).not.toContain(client.secret);
  await accessible(page);
  await dialog.getByRole("button", { name: "Connect", exact: true }).click();
  await consent(page, { button: "Allow" });
  await expect(dialog).toContainText("is connected as ana@shop.example");
});

test("another file is refused by name, at its place, and a dropped one is read too", async ({ page, own, world }) => {
  await open(page, own);
  await choose(page, /Filed Analytics/, "Filed");
  await toForm(page);
  const dialog = page.getByRole("dialog");
  const picker = dialog.locator("input[type=file]");
  await picker.setInputFiles(file(JSON.stringify({ type: "service_account", client_email: "a@b.example", private_key: "x" }), "robot.json"));
  await expect(dialog.getByRole("alert")).toContainText("This file is the key of a service account");
  await picker.setInputFiles(file("x".repeat(65 * 1024), "movie.json"));
  await expect(dialog.getByRole("alert")).toContainText("“movie.json” is larger than 64 KiB");
  const client = (await world.turn("sample-analytics", "client")) as { id: string; secret: string };
  await page.evaluate(({ name, text }) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([text], name, { type: "application/json" }));
    const zone = document.querySelector("[role=group]:has(input[type=file])");
    if (zone === null) throw new Error("no place to drop a file");
    zone.dispatchEvent(new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: transfer }));
  }, { name: clientFile, text: JSON.stringify({ installed: { client_id: client.id, client_secret: client.secret } }) });
  await expect(dialog.getByLabel("Client ID")).toHaveValue(client.id);
  await expect(dialog.getByRole("alert")).toBeHidden();
});

test("the addresses to register are there, each with a button that copies it", async ({ page, own }) => {
  await open(page, own);
  await choose(page, /Ported Analytics/, "Ported");
  await toForm(page);
  const dialog = page.getByRole("dialog");
  for (const port of [47911, 47912, 47913]) await expect(dialog.getByRole("button", { name: `Copy: http://127.0.0.1:${port}/callback` })).toBeVisible();
  await expect(dialog).toContainText("Register all of these addresses, exactly so:");
});

test("after a minute without an answer the wait says what may be wrong", async ({ page, sample }) => {
  await page.clock.install();
  await open(page, sample);
  await page.getByRole("button", { name: "Reconnect Sample Ads" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByRole("timer")).toBeVisible();
  await page.clock.fastForward(50_000);
  await expect(dialog).not.toContainText("Nothing came back so far");
  await page.clock.fastForward(15_000);
  await expect(dialog).toContainText("Nothing came back so far. What may be wrong:");
  await expect(dialog).toContainText("another browser or profile");
  const redirect = new URL(await consentLink(page)).searchParams.get("redirect_uri") ?? "none";
  await expect(dialog.getByRole("button", { name: `Copy: ${redirect}` })).toBeVisible();
  await expect(dialog.getByRole("button", { name: "Copy link" })).toBeVisible();
  await expect(dialog.getByRole("button", { name: "Open again" })).toBeVisible();
  await accessible(page);
});

test("the relay page is refused by what is wrong with it, and nothing is kept", async ({ page, own }) => {
  await open(page, own);
  await page.getByRole("button", { name: "Settings" }).click();
  const address = page.getByRole("textbox", { name: "Relay page" });
  await address.fill("http://agency.example/relink");
  await page.getByRole("button", { name: "Test & keep" }).click();
  await expect(page.getByRole("alert")).toContainText("Use an address that starts with https://");
  await address.fill("https://127.0.0.1:9/relink");
  await page.getByRole("button", { name: "Test & keep" }).click();
  await expect(page.getByRole("alert")).toContainText("did not answer");
  await page.reload();
  await page.getByRole("button", { name: "Settings" }).click();
  await expect(address).toHaveValue("");
});

test("the relay page that Relink ships is proven and kept", async ({ page, own }) => {
  const html = await readFile("../relay/index.html");
  const { createServer } = await import("node:http");
  const server = createServer((_, answer) => answer.setHeader("Content-Type", "text/html; charset=utf-8").end(html)).listen(0, "127.0.0.1");
  await new Promise((listening) => server.once("listening", listening));
  const at = server.address();
  const address = `http://127.0.0.1:${at !== null && typeof at === "object" ? at.port : 0}/`;
  await open(page, own);
  await page.getByRole("button", { name: "Settings" }).click();
  await page.getByRole("textbox", { name: "Relay page" }).fill(address);
  await page.getByRole("button", { name: "Test & keep" }).click();
  await expect(page.getByText("The page is there and is the right one.")).toBeVisible();
  await page.reload();
  await page.getByRole("button", { name: "Settings" }).click();
  await expect(page.getByRole("textbox", { name: "Relay page" })).toHaveValue(address);
  await page.getByRole("button", { name: "Use none" }).click();
  await expect(page.getByRole("textbox", { name: "Relay page" })).toHaveValue("");
  server.close();
});
