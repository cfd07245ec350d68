// A real PostgreSQL behind a real bastion, and the sentences of the screen in its languages.
import { readFileSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { Program, ran } from "./processes";
import { App, test as base } from "./relink";

interface Server {
  host: string;
  port: string;
  user: string;
  password: string;
}

interface Facts {
  database: Server;
  bastion: Server;
  fingerprints: string[];
  sessions: number;
}

/** PostgreSQL behind a bastion that lets nobody in yet. */
export class House {
  constructor(
    private readonly address: string,
    readonly program: Program,
  ) {}

  static async start(folder: string): Promise<House> {
    const binary = join(folder, "house");
    await ran("go", ["build", "-o", binary, "./house"]);
    const program = new Program(binary, []);
    const address = await program.until("the house", () => /^http:\S+/m.exec(program.output)?.[0], 120);
    return new House(address, program);
  }

  /** Turns a switch and tells how the house is then. */
  async turn(name: "facts" | "authorize" | "rekey", body = ""): Promise<Facts> {
    const answer = await fetch(`${this.address}/${name}`, { method: "POST", body });
    if (!answer.ok) throw new Error(`${name}: ${answer.status} ${await answer.text()}`);
    return answer.json() as Promise<Facts>;
  }
}

export type Language = "en" | "pt-BR";

/** A sentence of the screen, with its arguments filled in. */
export function sentences(language: Language): (key: string, args?: Record<string, string>) => string {
  const all = JSON.parse(readFileSync(`../../backend/locale/${language}.json`, "utf8")) as Record<string, string>;
  return (key, args = {}) => {
    const text = all[key];
    if (text === undefined) throw new Error(`no sentence ${key}`);
    return text.replace(/\{(\w+)\}/g, (whole, name: string) => args[name] ?? whole);
  };
}

export const test = base.extend<{ language: Language; app: App }, { house: House }>({
  language: ["en", { option: true }],
  house: [
    async ({ place }, use) => {
      const house = await House.start(place);
      await use(house);
      await house.program.end();
    },
    { scope: "worker", timeout: 180_000 },
  ],
  app: async ({ keys, place, language, page }, use, about) => {
    void keys;
    const folder = await mkdtemp(join(place, "data-"));
    const app = await App.start([], folder, language === "en" ? {} : { LANG: "pt_BR.UTF-8" });
    await use(app);
    await page.close();
    await app.end();
    if (about.status !== about.expectedStatus) await about.attach("relink.log", { body: app.log });
  },
});
