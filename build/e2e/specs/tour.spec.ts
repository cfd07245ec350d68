import type { Page } from "@playwright/test";
import { App, expect, open, test } from "../relink";
import { accessible, picture, sentences, systems } from "../see";

/** Turns to a page of the top bar by its name. */
async function turnTo(page: Page, name: string): Promise<void> {
  await page.getByRole("navigation").getByRole("button", { name, exact: true }).click();
  await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();
}

// Words do not depend on the theme, nor colours on the language: each of them is seen once.
const looks = [
  { language: "en", theme: "light" },
  { language: "pt-BR", theme: "dark" },
] as const;

for (const { language, theme } of looks) {
  test(`every page about Commerce Intelligence, incidents, owners, support and channels is accessible, ${language}, ${theme}`, async ({ page, place }) => {
    test.setTimeout(180_000);
    const t = sentences(language);
    const look = async (name: string) => {
      await accessible(page, name);
      await picture(page, `${name}-${language}-${theme}`);
    };
    await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
    const app = await App.start(["--sample"], `${place}/unused`, { LANG: systems[language] });
    try {
      await open(page, app);
      await expect(page.getByRole("list", { name: t("cycle.heading") })).toContainText("Completed Successfully");
      await look("strip");

      await page.getByRole("button", { name: "Sample Shop", exact: true }).click();
      const panel = page.getByRole("dialog", { name: "Sample Shop" });
      const point = panel.getByRole("textbox", { name: t("theirs.point") });
      await point.fill("2020-13-45");
      await panel.getByRole("button", { name: t("button.save_point") }).click();
      await expect(panel.getByRole("alert")).toBeVisible();
      await panel.getByRole("heading", { name: t("theirs.heading") }).scrollIntoViewIfNeeded();
      await look("theirs-refused");
      await point.fill(language === "en" ? "4 days ago" : "há 4 dias");
      await panel.getByRole("button", { name: t("button.save_point") }).click();
      await expect(panel.getByText(t("theirs.rule.data-behind.do"))).toBeVisible();
      await panel.getByRole("button", { name: `${t("button.their_step_done")}: 1` }).click();
      await expect(panel.getByRole("button", { name: `${t("button.their_step_undo")}: 1` })).toBeVisible();
      await panel.getByRole("heading", { name: t("theirs.heading") }).evaluate((heading) => { heading.scrollIntoView(); });
      await look("theirs");
      await panel.getByText(t("theirs.who")).scrollIntoViewIfNeeded();
      await look("theirs-steps");
      await panel.getByText(t("detail.quiet"), { exact: true }).click();
      await panel.getByRole("button", { name: t("button.plan_maintenance") }).scrollIntoViewIfNeeded();
      await look("quiet");
      await panel.getByRole("button", { name: t("button.snooze_hours") }).click();
      await expect(panel.getByRole("button", { name: t("button.unmute") })).toBeVisible();
      await page.keyboard.press("Escape");
      await expect(page.locator("[data-rest=snoozed]")).toBeVisible();
      await look("list-snoozed");

      await turnTo(page, t("page.incidents"));
      await page.getByRole("button", { name: t("incident.timeline_named", { name: "Sample Ads" }) }).click();
      await expect(page.getByText(t("incident.opened"))).toBeVisible();
      await look("incidents");
      await turnTo(page, t("page.integrations"));

      await page.getByRole("button", { name: t("button.more_named", { name: "Sample Ads" }) }).click();
      await look("menu");
      await page.getByRole("menuitem", { name: t("button.share_instructions") }).click();
      const card = page.getByRole("dialog", { name: t("support.card_title") });
      await card.getByLabel(t("support.card_to")).fill("Ana");
      await expect(card.getByRole("article")).toContainText("Ana");
      await look("card");
      await card.getByRole("button", { name: t("button.copy_text") }).click();
      await expect(page.getByText(t("page.card_copied"))).toBeVisible();
      await page.keyboard.press("Escape");
      await expect(page.getByRole("row", { name: new RegExp(`Sample Ads.*${t("status.waiting_for_admin")}`) })).toBeVisible();
      await look("waiting-for-admin");
      await page.getByRole("button", { name: t("button.more_named", { name: "Sample Ads" }) }).click();
      await page.getByRole("menuitem", { name: t("button.contact_support") }).click();
      await expect(page.getByRole("region", { name: t("support.preview") })).toContainText("Sample Ads");
      await look("support");
      await page.keyboard.press("Escape");

      await turnTo(page, t("page.settings"));
      await page.getByRole("heading", { name: t("settings.channels") }).scrollIntoViewIfNeeded();
      await page.getByLabel(t("settings.day.sun")).scrollIntoViewIfNeeded();
      await look("channels");
      await page.getByRole("button", { name: t("button.add_channel") }).click();
      for (const kind of ["email", "slack", "teams", "telegram", "discord", "webhook"]) {
        await page.getByRole("dialog").getByLabel(t("settings.channel_kind")).selectOption(kind);
        await look(`channel-${kind}`);
      }
      await page.keyboard.press("Escape");
    } finally {
      await page.close();
      await app.end();
    }
  });
}
