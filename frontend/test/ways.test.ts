import { describe, expect, it } from "vitest";
import { app } from "../src/bridge/app";
import type { Method, Provider } from "../src/bridge/types";
import { Addition, consents } from "../src/integrations/add/add.svelte";
import { matching } from "../src/integrations/add/search";
import { Conversation } from "../src/reauth/conversation.svelte";
import { dropped, read } from "../src/reauth/readFile";
import { Relay } from "../src/settings/relay.svelte";
import { settings } from "../src/settings/settings.svelte";
import { Backend, refusal } from "./backend";
import { appFields, providers } from "./fake/providers";

const title = { key: "t", args: {} };
const form = (more = {}) => ({ flow: "f1", kind: "form", title, fields: appFields, values: null, problems: null, choices: null, import: "google_client", ...more });
const outcome = { flow: "f1", kind: "outcome", title, outcome: { result: "added", changed: true, text: { key: "x" }, account: "", expected: "", missing: null, repaired: null } };
const file = { name: "client.json", text: '{"installed":{"client_id":"1.apps","client_secret":"CNRY"}}' };

function google(): Provider {
  const found = providers.find((p) => p.id === "google-analytics");
  if (!found) throw new Error("the fake catalog has no Google Analytics");
  return found;
}

describe("a search of the catalog", () => {
  const ids = (query: string) => matching(providers, query, (p) => p.summary.en).map((p) => p.id);

  it.each(["", "Integrations", "connections", "Data Sources", "integrações", "Conexões", "fontes de dados", "data sour", "integrat"])("%j shows everything", (query) => {
    expect(ids(query)).toHaveLength(providers.length);
  });

  it.each([
    ["AdWords", ["google-ads"]],
    ["facebook", ["meta-ads"]],
    ["Google integrations", ["google-analytics", "google-ads"]],
    ["data source mysql", ["mysql"]],
    ["google adwords", ["google-ads"]],
    ["dat", ["postgresql", "mysql"]],
    ["qwertz integrations", []],
    ["qwer", []],
  ])("%j finds %j", (query, want) => {
    expect(ids(query)).toEqual(want);
  });

  it("puts first what a word begins with", () => {
    const both = [{ ...google(), synonyms: ["AdWords"] }, { ...google(), id: "amazon", name: "Amazon RDS" }];
    expect(matching(both, "rds", () => "").map((p) => p.id)).toEqual(["amazon", "google-analytics"]);
  });
});

describe("a vendor's file", () => {
  it("is read as it is", async () => {
    expect(await read(new File([file.text], file.name))).toEqual(file);
  });

  it.each([
    ["import_no_file", undefined],
    ["import_empty", new File([], "empty.json")],
    ["import_too_big", new File(["x".repeat(65_537)], "movie.json")],
    ["import_unreadable", { name: "folder", size: 4096, text: () => Promise.reject(new Error("NotReadableError")) } as unknown as File],
  ])("is refused with %s", async (code, given) => {
    expect(await read(given)).toMatchObject({ field: "import", code });
  });

  it("is not guessed when several are dropped", () => {
    const one = new File(["{}"], "a.json");
    const transfer = (files: File[]) => ({ files }) as unknown as DataTransfer;
    expect(dropped(transfer([one]))).toBe(one);
    expect(dropped(transfer([one, one]))).toBeUndefined();
    expect(dropped(transfer([]))).toBeUndefined();
    expect(dropped(null)).toBeUndefined();
  });
});

describe("a conversation with a file", () => {
  it("sends it as a secret, takes its values over what was typed, and leaves its secret where it is", async () => {
    const sent: unknown[] = [];
    const answers = [form({ values: { client_id: "1.apps" } }), outcome];
    new Backend({
      StartReauth: () => form(),
      Answer: (_: string, answer: unknown) => {
        sent.push(answer);
        return answers.shift();
      },
    });
    const talk = new Conversation(() => app.startReauth("int_1"));
    await talk.start();
    talk.typed.values["client_id"] = "typed before";
    await talk.import(file);
    expect(sent[0]).toEqual({ choice: "import", values: { client_id: "typed before" }, secrets: { import: file.text } });
    expect(talk.typed.values).toEqual({ client_id: "1.apps", client_secret: "" });
    expect(talk.imported).toBe("client.json");
    await talk.submit();
    expect(sent[1]).toEqual({ choice: "", values: { client_id: "1.apps" }, secrets: { client_secret: "" } });
    expect(JSON.stringify(talk.typed.values)).not.toContain("CNRY");
  });

  it("shows what is wrong with it, and keeps what was typed", async () => {
    new Backend({ StartReauth: () => form(), Answer: () => form({ problems: [{ field: "import", code: "import_is_account", args: null }] }) });
    const talk = new Conversation(() => app.startReauth("int_1"));
    await talk.start();
    talk.typed.values["client_id"] = "typed before";
    await talk.import(file);
    expect(talk.typed.problems["import"]?.code).toBe("import_is_account");
    expect(talk.typed.values["client_id"]).toBe("typed before");
    expect(talk.imported).toBe("");
  });
});

describe("an addition with a file", () => {
  it("needs none of the fields that the file fills in", async () => {
    const drafts: { answer: unknown }[] = [];
    new Backend({
      StartAdd: (draft: { answer: unknown }) => {
        drafts.push(draft);
        return form({ values: { client_id: "1.apps" } });
      },
    });
    const addition = new Addition(google(), "GA");
    await addition.import(file);
    expect(drafts[0]?.answer).toEqual({ choice: "import", values: {}, secrets: { import: file.text } });
    expect(addition.conversation?.imported).toBe("client.json");
    expect(addition.typed.values["client_id"]).toBe("1.apps");
  });

  it("keeps the file while the name is missing, and sends it with the draft", async () => {
    const backend = new Backend({ StartAdd: () => form({ values: { client_id: "1.apps" } }) });
    const addition = new Addition(google(), "");
    await addition.import(file);
    expect(backend.calls).toEqual([]);
    expect(addition.typed.problems["name"]?.code).toBe("required");
    addition.typed.values["name"] = "GA";
    await addition.connect();
    expect(backend.calls).toEqual(["StartAdd"]);
  });

  it("stays with the draft when the file is another one", async () => {
    const backend = new Backend({ StartAdd: () => form({ problems: [{ field: "import", code: "import_other", args: null }] }), Cancel: () => outcome });
    const addition = new Addition(google(), "GA");
    await addition.import(file);
    expect(addition.conversation).toBeUndefined();
    expect(addition.file).toBeUndefined();
    expect(addition.typed.problems["import"]?.code).toBe("import_other");
    expect(backend.calls).toEqual(["StartAdd", "Cancel"]);
  });

  it("forgets the file with the way in that it was for", () => {
    const addition = new Addition(google(), "GA");
    addition.file = file;
    addition.choose(google().methods[1]);
    expect(addition.file).toBeUndefined();
  });
});

it("a wait for another device ends like a wait for the browser", async () => {
  const device = { flow: "f1", kind: "device", title, device: { userCode: "WDJB-MJHT", url: "https://x.example", urlComplete: "", opened: true, deadline: "" } };
  const backend = new Backend({ StartReauth: () => device, Await: () => outcome });
  const talk = new Conversation(() => app.startReauth("int_1"));
  await talk.start();
  await new Promise((done) => setTimeout(done));
  expect(backend.calls).toEqual(["StartReauth", "Await"]);
  expect(talk.ended).toBe(true);
});

it("only a consent elsewhere is called Connect", () => {
  const called = (kind: string, redirectKind: string) => consents({ kind, redirectKind } as Method);
  expect([called("oauth2_code", "loopback"), called("oauth1", "pin"), called("oauth2_device", "")]).toEqual([true, true, true]);
  expect([called("oauth2_client_credentials", ""), called("service_account", ""), called("oauth1", ""), called("api_key", "")]).toEqual([false, false, false, false]);
});

describe("the relay page's address", () => {
  it("is kept only once the page there is the right one", async () => {
    let right = false;
    const kept: string[] = [];
    const backend = new Backend({
      CheckRelay: () => {
        if (!right) throw refusal("error.input", [{ field: "relay", code: "relay_other_page", args: null }]);
      },
      SetPreferences: (p: { relay: string }) => {
        kept.push(p.relay);
      },
    });
    const relay = new Relay();
    relay.type("http://agency.example/");
    await relay.test();
    expect(relay.problem?.code).toBe("url_not_https");
    expect(backend.calls).toEqual([]);
    relay.type("https://agency.example/relink");
    await relay.test();
    expect(relay.problem?.code).toBe("relay_other_page");
    expect(kept).toEqual([]);
    right = true;
    await relay.test();
    expect(kept).toEqual(["https://agency.example/relink"]);
    expect(relay.proven).toBe("https://agency.example/relink");
    await relay.remove();
    expect(settings.preferences.relay).toBe("");
  });
});
