import { consent, expect, open, row, test } from "../relink";

test("TestR2 the window and the command line renew one grant once", async ({ page, own, world }) => {
  test.slow();
  await open(page, own);
  await page.getByRole("button", { name: "Add your first integration" }).click();
  await page.getByRole("searchbox", { name: "Search services" }).fill("Sample Analytics");
  await page.getByRole("dialog").getByRole("button", { name: /Sample Analytics/ }).click();
  await page.getByRole("button", { name: "Continue" }).click();
  const client = (await world.turn("sample-analytics", "client")) as { id: string; secret: string };
  await page.getByLabel("Client ID").fill(client.id);
  await page.getByRole("textbox", { name: "Client secret" }).fill(client.secret);
  await page.getByRole("button", { name: "Connect", exact: true }).click();
  await consent(page, { button: "Allow" });
  await page.getByRole("button", { name: "Done" }).click();
  await expect(row(page, "Sample Analytics")).toContainText("Connected");
  for (let round = 0; round < 5; round++) {
    const before = Number(await world.turn("sample-analytics", "token-requests"));
    await world.turn("sample-analytics", "expire-access");
    const commands = Array.from({ length: 4 }, () => own.command("check", "Sample Analytics"));
    await page.getByRole("button", { name: "Check Sample Analytics now" }).click();
    for (const said of await Promise.all(commands)) expect(said).toContain("Connected");
    await expect(page.getByRole("button", { name: "Check Sample Analytics now" })).toBeEnabled();
    await expect(row(page, "Sample Analytics")).toContainText("Connected");
    expect(Number(await world.turn("sample-analytics", "token-requests")) - before).toBe(1);
  }
});
