// What every page is looked at for: that it breaks no accessibility rule, and a picture for people.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import AxeBuilder from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";

export const languages = ["en", "pt-BR"] as const;
export type Language = (typeof languages)[number];

/** The system's setting for a language. */
export const systems: Record<Language, string> = { en: "en_US.UTF-8", "pt-BR": "pt_BR.UTF-8" };

export async function accessible(page: Page, where: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(
    violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(" ")).join("; ")}`),
    where,
  ).toEqual([]);
}

/** A picture for people to look at, among the artefacts. */
export async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env["RELINK_ARTEFACTS"];
  if (folder !== undefined) await page.screenshot({ path: join(folder, "e2e-pictures", `${name}.png`) });
}

/** The sentences of a language by their keys, with {names} filled in. */
export function sentences(language: Language): (key: string, args?: Record<string, string>) => string {
  const all = JSON.parse(readFileSync(`../../backend/locale/${language}.json`, "utf8")) as Record<string, string | Record<string, string>>;
  return (key, args = {}) => {
    const found = all[key];
    if (typeof found !== "string") throw new Error(`no sentence ${key} in ${language}`);
    return Object.entries(args).reduce((text, [name, value]) => text.replaceAll(`{${name}}`, value), found);
  };
}
