import type { Locator, Page } from "@playwright/test";
import { expect, open, test, type Arrival, type Far, type World } from "../relink";

interface Kind {
  kind: string;
  fill: (dialog: Locator, far: Far) => Promise<void>;
  where: RegExp;
}

const secretly = (dialog: Locator, label: string, value: string) => dialog.getByRole("textbox", { name: new RegExp(`^${label}`) }).fill(value);

const kinds: Kind[] = [
  {
    kind: "email",
    fill: async (dialog, far) => {
      await dialog.getByLabel("Mail server").fill("localhost");
      await dialog.getByLabel("Port").fill(far.mailPort);
      await dialog.getByLabel(/^User name/).fill(far.mailUser);
      await secretly(dialog, "Password", far.mailPassword);
      await dialog.getByLabel("From").fill("relink@shop.example");
      await dialog.getByLabel("To", { exact: true }).fill("ana@shop.example");
    },
    where: /ana@shop\.example/,
  },
  { kind: "slack", fill: (dialog) => secretly(dialog, "Webhook address", "https://hooks.slack.com/services/T0/B0/CNRY-slack"), where: /^hooks\.slack\.com\/services/ },
  { kind: "teams", fill: (dialog) => secretly(dialog, "Webhook address", "https://prod-1.westeurope.logic.azure.com/workflows/CNRY-teams"), where: /logic\.azure\.com/ },
  {
    kind: "telegram",
    fill: async (dialog) => {
      await secretly(dialog, "Bot token", "123456:CNRY-telegram");
      await dialog.getByLabel("Chat ID").fill("-1001234567890");
    },
    where: /^api\.telegram\.org/,
  },
  { kind: "discord", fill: (dialog) => secretly(dialog, "Webhook address", "https://discord.com/api/webhooks/1/CNRY-discord"), where: /^discord\.com/ },
  { kind: "webhook", fill: (dialog) => secretly(dialog, "Webhook address", "https://shop.example/relink"), where: /^shop\.example\/relink/ },
];

async function toSettings(page: Page): Promise<void> {
  await page.getByRole("navigation").getByRole("button", { name: "Settings" }).press("Enter");
  await expect(page.getByRole("heading", { name: "Notices beyond this computer" })).toBeVisible();
}

async function begin(page: Page, kind: string, name: string): Promise<Locator> {
  await page.getByRole("button", { name: "Add a channel" }).press("Enter");
  const dialog = page.getByRole("dialog", { name: "Add a channel" });
  await dialog.getByLabel("Kind of channel").selectOption(kind);
  await dialog.getByLabel("Name of the channel").fill(name);
  return dialog;
}

async function arrived(world: World): Promise<Arrival[]> {
  return (await world.turn("far", "arrived")) as Arrival[];
}

for (const { kind, fill, where } of kinds) {
  test(`a channel of kind ${kind} is kept once a test arrives there, tested again, and removed`, async ({ page, reaching, world, far }) => {
    await arrived(world);
    await open(page, reaching);
    await toSettings(page);
    await expect(page.getByText("Notices stay on this computer.")).toBeVisible();
    const dialog = await begin(page, kind, "Team");
    await fill(dialog, far);
    await page.keyboard.press("Enter");
    await expect(dialog).toBeHidden();
    const entry = page.getByRole("listitem").filter({ hasText: "Team" });
    await expect(entry).toContainText("Works");
    let got = await arrived(world);
    expect(got.map((a) => a.where)).toEqual([expect.stringMatching(where)]);
    expect(got[0]?.text).toContain("Relink can reach you here");

    await entry.getByRole("button", { name: "Send a test message" }).press("Enter");
    await expect(page.getByText("The test message was taken.")).toBeVisible();
    got = await arrived(world);
    expect(got.map((a) => a.where)).toEqual([expect.stringMatching(where)]);

    expect(await page.content()).not.toContain("CNRY-");
    await entry.getByRole("button", { name: "Remove channel Team" }).press("Enter");
    await page.getByRole("dialog").getByRole("button", { name: "Remove channel Team" }).press("Enter");
    await expect(page.getByText("Notices stay on this computer.")).toBeVisible();
  });
}

test("a channel whose test does not arrive is not kept, and the form says why and keeps what was typed", async ({ page, reaching, world, far }) => {
  await arrived(world);
  await open(page, reaching);
  await toSettings(page);
  const dialog = await begin(page, "email", "Team");
  await kinds[0]?.fill(dialog, { ...far, mailPassword: "wrong" });
  await page.keyboard.press("Enter");
  await expect(dialog.getByText("did not accept the address, the token or the password")).toBeVisible();
  await expect(dialog.getByLabel("Mail server")).toHaveValue("localhost");
  expect(await arrived(world)).toEqual([]);
  await dialog.getByLabel("Kind of channel").selectOption("slack");
  await secretly(dialog, "Webhook address", "https://evil.example/steal");
  await dialog.getByRole("button", { name: "Save & Test" }).press("Enter");
  await expect(dialog.getByText("https://hooks.slack.com")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByText("Notices stay on this computer.")).toBeVisible();
});

test("quiet hours and quiet days are kept once both times are there", async ({ page, own }) => {
  await open(page, own);
  await toSettings(page);
  const hours = page.getByRole("group", { name: "Quiet hours" });
  await hours.getByLabel("From").fill("22:00");
  await hours.getByLabel("to", { exact: true }).fill("07:30");
  await hours.getByLabel("to", { exact: true }).blur();
  await hours.getByLabel("Sun").press("Space");
  await expect(hours.getByLabel("Sun")).toBeChecked();
  await page.reload();
  await toSettings(page);
  await expect(hours.getByLabel("From")).toHaveValue("22:00");
  await expect(hours.getByLabel("to", { exact: true })).toHaveValue("07:30");
  await expect(hours.getByLabel("Sun")).toBeChecked();
  await expect(hours.getByLabel("Mon")).not.toBeChecked();
});
