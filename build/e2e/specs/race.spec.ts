import { addAnalytics, expect, open, row, test } from "../relink";

test("TestR2 the window and the command line renew one grant once", async ({ page, own, world }) => {
  test.slow();
  await open(page, own);
  await addAnalytics(page, world);
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
