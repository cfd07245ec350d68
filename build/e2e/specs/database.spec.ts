import AxeBuilder from "@axe-core/playwright";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Locator, Page } from "@playwright/test";
import { House, sentences, test, type Language } from "../house";
import { ran } from "../processes";
import { expect, open, row, type App } from "../relink";

const labels = {
  en: { host: "Host", port: "Port", database: "Database", user: "User", password: "Password", bastion: "SSH bastion", sshPort: "SSH port", sshUser: "SSH user", name: "Name", key: "Private SSH key" },
  "pt-BR": {
    host: "Servidor", port: "Porta", database: "Banco de dados", user: "Usuário", password: "Senha", bastion: "Bastion SSH", sshPort: "Porta SSH", sshUser: "Usuário SSH", name: "Nome", key: "Chave SSH privada",
  },
} as const;

/** One person's way through the window, in their language. */
class Person {
  readonly says;
  readonly labels;

  constructor(
    readonly page: Page,
    private readonly language: Language,
  ) {
    this.says = sentences(language);
    this.labels = labels[language];
  }

  get dialog(): Locator {
    return this.page.getByRole("dialog").last();
  }

  button(key: string, args: Record<string, string> = {}): Locator {
    return this.page.getByRole("button", { name: this.says(key, args), exact: true });
  }

  field(name: keyof (typeof labels)["en"]): Locator {
    return this.dialog.locator("input, textarea").and(this.dialog.getByLabel(new RegExp(`^${this.labels[name]}( |$)`)));
  }

  /** What stands there is accessible, and a picture of it is kept for people to look at. */
  async looks(name: string): Promise<void> {
    const { violations } = await new AxeBuilder({ page: this.page }).analyze();
    expect(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(" ")).join("; ")}`), name).toEqual([]);
    const folder = process.env["RELINK_ARTEFACTS"];
    if (folder !== undefined) await this.page.screenshot({ path: join(folder, "e2e-pictures", `${name}-${this.language}.png`) });
  }

  /** Opens the form of a new database. */
  async begins(provider: string): Promise<void> {
    await this.button("button.add_first").click();
    await this.page.getByRole("searchbox", { name: this.says("add.search") }).fill(provider);
    await this.dialog.getByRole("button").filter({ has: this.page.getByText(provider, { exact: true }) }).click();
    await this.button("button.continue").click();
    await expect(this.dialog.getByLabel(this.says("add.connection"))).toBeVisible();
  }

  /** Pastes a text as a person does: the keys of the clipboard, into the field that has the focus. */
  async pastes(into: Locator, text: string): Promise<void> {
    await into.focus();
    await into.fill(text);
  }
}

async function clipboard(): Promise<string> {
  return ran("timeout", ["10", "xclip", "-selection", "clipboard", "-o"]);
}

/** Wants no word of it in the data folder, the log or the page. */
async function nowhere(secret: string, app: App, page: Page): Promise<void> {
  const entries = await readdir(app.folder, { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((e) => e.isFile())) {
    expect((await readFile(join(entry.parentPath, entry.name))).toString("latin1"), entry.name).not.toContain(secret);
  }
  expect(app.log).not.toContain(secret);
  expect(await page.content()).not.toContain(secret);
}

/** Adds the house's database, through its bastion, with a key that Relink makes. */
async function added(person: Person, house: House): Promise<void> {
  const { page, says } = person;
  const { database, bastion, fingerprints } = await house.turn("facts");
  await person.begins("PostgreSQL");
  await person.pastes(person.dialog.getByLabel(says("add.connection")), `postgresql://${database.user}:${database.password}-pasted@${database.host}:${database.port}/postgres?sslmode=disable`);
  await expect(person.dialog.getByText(says("add.connection.taken"))).toBeVisible();
  for (const [name, value] of [["host", database.host], ["port", database.port], ["database", "postgres"], ["user", database.user], ["password", ""]] as const) {
    await expect(person.field(name)).toHaveValue(value);
  }
  await person.looks("database-pasted");
  await person.field("password").fill(database.password); // what is typed counts more than what was pasted
  await person.field("name").fill("Casa Verde");

  await person.field("bastion").fill(bastion.host);
  await person.field("sshPort").fill(bastion.port);
  await person.field("sshUser").fill(bastion.user);
  await person.field("key").scrollIntoViewIfNeeded();
  await person.looks("database-tunnel");
  await person.button("ssh_key.make").click();
  const copy = person.button("button.copy").or(page.getByRole("button", { name: `${says("button.copy")}: ${says("ssh_key.restricted")}` }));
  await copy.scrollIntoViewIfNeeded();
  await person.looks("database-key");
  await copy.focus();
  await page.keyboard.press("Enter");
  await expect.poll(clipboard).toContain("ssh-ed25519 ");
  const line = await clipboard();
  expect(line).toContain(`permitopen="${database.host}:${database.port}"`);
  await house.turn("authorize", line);

  await person.button("button.save_test").click();
  await expect(page.getByText(says("question.host_keys.title", { integration: "Casa Verde" }))).toBeVisible();
  for (const fingerprint of fingerprints) await expect(person.dialog.getByText(fingerprint)).toBeVisible();
  expect((await house.turn("facts")).sessions, "nobody signs in before the keys are believed").toBe(0);
  await person.looks("database-host-keys");
  await person.button("choice.trust").focus();
  await page.keyboard.press("Enter");
  await expect(page.getByText(says("outcome.add.added", { integration: "Casa Verde", account: "postgres" }))).toBeVisible({ timeout: 30_000 });
  await person.looks("database-added");
  await person.button("button.done").click();
  await expect(row(page, "Casa Verde")).toContainText(says("status.connected"));
}

for (const language of ["en", "pt-BR"] as const) {
  test.describe(language, () => {
    test.use({ language });

    test("a pasted address, a key that Relink makes and fingerprints that a person sees connect a database", async ({ page, app, house }) => {
      test.setTimeout(120_000);
      const person = new Person(page, language);
      const { says } = person;
      await house.turn("rekey"); // the sessions are counted anew
      await open(page, app);
      await added(person, house);

      await page.getByRole("button", { name: "Casa Verde", exact: true }).click();
      const evidence = page.locator("summary", { hasText: says("detail.evidence") });
      await evidence.focus();
      await page.keyboard.press("Enter");
      const steps = person.dialog.getByRole("listitem").filter({ hasText: says("detail.step.passed") });
      for (const stage of ["ssh-key", "ssh", "forward", "sign-in", "database", "permission"]) {
        await expect(steps.filter({ hasText: says(`detail.stage.${stage}`) }).first()).toContainText(/\d ms/);
      }
      await expect(person.dialog.getByText(says("detail.step.stopped"))).toHaveCount(0);
      await evidence.scrollIntoViewIfNeeded();
      await person.looks("database-steps");
      const { database } = await house.turn("facts");
      await nowhere(`${database.password}-pasted`, app, page);
      await nowhere("BEGIN OPENSSH PRIVATE KEY", app, page);
    });

    test("a changed host key is shown beside the old one, and Refresh SSH Host Keys mends it", async ({ page, app, house }) => {
      test.setTimeout(120_000);
      const person = new Person(page, language);
      const { says } = person;
      const before = (await house.turn("rekey")).fingerprints;
      await open(page, app);
      await added(person, house);
      const after = (await house.turn("rekey")).fingerprints;
      await person.button("button.check_now_named", { name: "Casa Verde" }).click();
      await expect(row(page, "Casa Verde")).toContainText(says("status.needs_reauthorization"), { timeout: 30_000 });
      expect((await house.turn("facts")).sessions, "nobody signs in at a bastion with other keys").toBe(0);
      await page.getByRole("button", { name: "Casa Verde", exact: true }).click();
      await expect(page.getByText(says("question.host_keys.refresh_title", { integration: "Casa Verde" }))).toBeVisible();
      for (const fingerprint of [...before, ...after]) await expect(person.dialog.getByText(fingerprint)).toBeVisible();
      await person.looks("database-refresh");
      await person.button("choice.keep").click();
      await expect(page.getByText(says("outcome.host_keys_kept", { integration: "Casa Verde" }))).toBeVisible();
      await page.keyboard.press("Escape");
      await expect(row(page, "Casa Verde")).not.toContainText(says("status.connected"));

      await person.button("button.refresh_host_keys_named", { name: "Casa Verde" }).click();
      await person.button("choice.trust").focus();
      await page.keyboard.press("Enter");
      await expect(page.getByText(says("outcome.host_keys", { integration: "Casa Verde" }))).toBeVisible({ timeout: 30_000 });
      await expect(person.dialog.getByText(says("button.refresh_host_keys_named", { name: "Casa Verde" }))).toBeVisible();
      await expect(person.button("button.done")).toBeFocused();
      await person.looks("database-refreshed");
      await page.keyboard.press("Enter");
      await expect(row(page, "Casa Verde")).toContainText(says("status.connected"), { timeout: 30_000 });
    });
  });
}
