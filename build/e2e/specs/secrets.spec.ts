import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { addAnalytics, consent, consentLink, expect, open, row, test, type App, type World } from "../relink";
import { ran } from "../processes";
import type { Page } from "@playwright/test";

/** The forms in which a careless writer would give a secret away. */
function forms(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const base64 = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64").replaceAll("=", "");
    return text.slice(Math.ceil((before * 8) / 6), (before + bytes.length) % 3 === 0 ? undefined : -1);
  });
  const hex = bytes.toString("hex");
  return [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), hex, hex.toUpperCase(), ...base64];
}

/** Everything that the page holds: its text, what fields contain, what it keeps, and what the backend told it. */
async function held(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const fields = [...document.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>("input, textarea")].map((field) => field.value);
    const stores = [localStorage, sessionStorage].map((store) => Object.entries(store));
    const databases = await indexedDB.databases();
    return JSON.stringify([document.documentElement.outerHTML, fields, stores, databases, document.title, location.href, document.cookie]);
  });
}

/** What every question that the page can ask is answered with. */
async function answers(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const app = (window as unknown as { go: { main: { App: Record<string, (...args: unknown[]) => Promise<unknown>> } } }).go.main.App;
    const rows = ((await app["Overview"]?.()) as { rows: { id: string; provider: string }[] }).rows;
    const { id, provider } = rows[0] ?? { id: "", provider: "" };
    const asked: Record<string, unknown[]> = {
      Overview: [], Detail: [id], Providers: [], Guide: [provider, "en"], Offers: [provider, "oauth2_code"], DisconnectPlan: [id],
      Activity: [{}], Calendar: [], Preferences: [], About: [], Doctor: [], Check: [id], StartReauth: [id],
    };
    const told: unknown[] = [];
    for (const [name, args] of Object.entries(asked)) {
      const ask = app[name];
      if (ask === undefined) throw new Error(`the page cannot ask ${name}`);
      told.push(await ask(...args).catch((reason: unknown) => String(reason)));
    }
    const flow = (told.at(-1) as { flow?: string }).flow;
    if (flow !== undefined) told.push(await app["Cancel"]?.(flow));
    return JSON.stringify(told);
  });
}

/** Records every message between page and backend, before anything is sent. */
async function listen(page: Page): Promise<string[]> {
  const messages: string[] = [];
  page.on("websocket", (socket) => {
    socket.on("framereceived", (frame) => messages.push(frame.payload.toString()));
  });
  await page.addInitScript(() => {
    // What is drawn for a moment only is seen, too.
    const seen: string[] = [];
    (window as unknown as { seen: string[] }).seen = seen;
    new MutationObserver((changes) => {
      for (const change of changes) {
        for (const node of [...change.addedNodes, ...(change.type === "attributes" ? [change.target.cloneNode()] : [change.target])]) {
          seen.push(node instanceof Element ? node.outerHTML : (node.textContent ?? ""));
        }
      }
    }).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
  });
  return messages;
}

async function secrets(world: World): Promise<string[]> {
  const all = await Promise.all(["sample-analytics", "sample-shop"].map((service) => world.turn(service, "secrets")));
  return (all as string[][]).flat();
}

async function files(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return Promise.all(entries.filter((entry) => entry.isFile()).map(async (entry) => (await readFile(join(entry.parentPath, entry.name))).toString("latin1")));
}

async function wantNone(what: string, contents: string[], world: World): Promise<void> {
  const known = await secrets(world);
  expect(known.length).toBeGreaterThan(5);
  for (const secret of known) {
    for (const form of forms(secret)) {
      expect.soft(contents.some((content) => content.includes(form)), `${what} holds the secret ${secret.slice(0, 4)}…`).toBe(false);
    }
  }
}

/** What lies on the desktop's clipboard; "" when nobody put anything there. */
async function clipboard(): Promise<string> {
  return ran("timeout", ["10", "xclip", "-selection", "clipboard", "-o"]).catch(() => "");
}

test("TestS4 nothing is put on the clipboard but the link that a person copies", async ({ page, own, world }) => {
  await ran("bash", ["-c", "printf before | timeout 10 xclip -selection clipboard -i >/dev/null 2>&1"]);
  await open(page, own);
  await addAnalytics(page, world);
  await page.getByRole("button", { name: "Done" }).click();
  await page.getByRole("button", { name: "Settings" }).click();
  expect(await clipboard()).toBe("before");
  await page.getByRole("button", { name: "Integrations" }).click();
  await world.turn("sample-analytics", "revoke");
  await page.getByRole("button", { name: "Check Sample Analytics now" }).click();
  await expect(row(page, "Sample Analytics")).toContainText("Needs re-authorization");
  await page.getByRole("button", { name: "Sample Analytics", exact: true }).click();
  const link = await consentLink(page);
  expect(await clipboard()).toBe("before");
  await page.getByRole("button", { name: "Copy link" }).click();
  await expect.poll(clipboard).toBe(link);
  await wantNone("the clipboard", [await clipboard()], world);
});

test("TestS1 no secret is on the page, in what the backend tells it, in the log or in the data folder", async ({ page, own, world }: { page: Page; own: App; world: World }) => {
  const messages = await listen(page);
  await open(page, own);
  await addAnalytics(page, world);
  // What was typed is in its field until the dialog closes, and nowhere after it.
  await page.getByRole("button", { name: "Done" }).click();
  const snapshots = [await held(page)];
  await page.getByRole("button", { name: "Sample Analytics", exact: true }).click();
  const panel = page.getByRole("dialog", { name: "Sample Analytics" });
  await expect(panel).toContainText("Sample Analytics works.");
  snapshots.push(await held(page));
  await page.keyboard.press("Escape");
  await expect(panel).toBeHidden();

  await world.turn("sample-analytics", "revoke");
  await page.getByRole("button", { name: "Check Sample Analytics now" }).click();
  await expect(row(page, "Sample Analytics")).toContainText("Needs re-authorization");
  await page.getByRole("button", { name: "Sample Analytics", exact: true }).click();
  await consent(page, { button: "Allow" });
  await expect(page.getByText("Reconnected", { exact: true })).toBeVisible();
  snapshots.push(await held(page));
  await page.getByRole("button", { name: "Done" }).click();
  await page.getByRole("button", { name: "Settings" }).click();
  snapshots.push(await held(page));

  snapshots.push(await answers(page));
  snapshots.push(JSON.stringify(await page.evaluate(() => (window as unknown as { seen: string[] }).seen)));
  // What is looked through is what was there.
  for (const heard of [snapshots, messages]) expect(heard.some((content) => content.includes("Sample Analytics"))).toBe(true);
  await wantNone("the page", snapshots, world);
  await wantNone("a message to the page", messages, world);
  await wantNone("the log", [own.log], world);
  await wantNone("the data folder", await files(own.folder), world);
});
