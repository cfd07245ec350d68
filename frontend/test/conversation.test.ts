import { describe, expect, it } from "vitest";
import { app } from "../src/bridge/app";
import { Conversation } from "../src/reauth/conversation.svelte";
import { Backend, refusal } from "./backend";
import { keyField } from "./fake/providers";

const form = (more = {}) => ({ flow: "f1", kind: "form", title: { key: "t" }, fields: [keyField], values: null, problems: null, choices: null, ...more });
const consent = { flow: "f1", kind: "consent", title: { key: "t" }, consent: { url: "https://a.example", redirectUri: "", opened: true, paste: true, deadline: "" } };
const outcome = (result: string, changed = false) => ({
  flow: "f1",
  kind: "outcome",
  title: { key: "t" },
  outcome: { result, changed, text: { key: `outcome.${result}` }, account: "", expected: "", missing: null, repaired: null },
});

/** A promise to be ended by the test. */
function later<T>() {
  let end: (value: T) => void = () => undefined;
  let fail: (reason: Error) => void = () => undefined;
  const promise = new Promise<T>((ok, no) => {
    end = ok;
    fail = no;
  });
  return { promise, end, fail };
}
const settled = () => new Promise((done) => setTimeout(done));

function reauth(methods: ConstructorParameters<typeof Backend>[0]) {
  const backend = new Backend(methods);
  return { backend, talk: new Conversation(() => app.startReauth("int_1")) };
}

describe("a conversation by form", () => {
  it("keeps what was typed when the backend asks again, and forgets secrets once they are in place", async () => {
    const answers = [form({ notice: { key: "outcome.not_proven" } }), outcome("replaced", true)];
    const sent: string[] = [];
    const { talk } = reauth({
      StartReauth: () => form(),
      Answer: (_: string, answer: { secrets: Record<string, string> }) => {
        sent.push(answer.secrets["api_key"] ?? "");
        return answers.shift();
      },
    });
    await talk.start();
    talk.typed.set(keyField, "rk_live_1");
    await talk.submit();
    expect(talk.step?.notice?.key).toBe("outcome.not_proven");
    expect(talk.typed.values["api_key"]).toBe("rk_live_1");
    await talk.submit();
    expect(sent).toEqual(["rk_live_1", "rk_live_1"]);
    expect(talk.ended).toBe(true);
    expect(talk.typed.values["api_key"]).toBe("");
  });

  it("shows the backend's problems at their fields and sends nothing while ours stand", async () => {
    const { backend, talk } = reauth({
      StartReauth: () => form({ problems: [{ field: "api_key", code: "required", args: null }] }),
      Answer: () => outcome("replaced", true),
    });
    await talk.start();
    expect(talk.typed.problems["api_key"]?.code).toBe("required");
    talk.typed.set(keyField, "not a key");
    await talk.submit();
    expect(backend.calls).toEqual(["StartReauth"]);
    expect(talk.typed.problems["api_key"]?.code).toBe("pattern");
  });

  it("shows a refusal as itself and can go on", async () => {
    let first = true;
    const { talk } = reauth({
      StartReauth: () => {
        if (!first) return form();
        first = false;
        throw refusal("error.vault_locked");
      },
    });
    await talk.start();
    expect(talk.failure?.text.key).toBe("error.vault_locked");
    await talk.start();
    expect(talk.failure).toBeUndefined();
    expect(talk.step?.kind).toBe("form");
  });
});

describe("a conversation by consent", () => {
  it("waits for the browser, once, and takes what it brings", async () => {
    const wait = later<unknown>();
    const { backend, talk } = reauth({ StartReauth: () => consent, Await: () => wait.promise });
    await talk.start();
    expect(backend.calls).toEqual(["StartReauth", "Await"]);
    wait.end(outcome("denied"));
    await settled();
    expect(talk.step?.outcome?.result).toBe("denied");
    expect(talk.busy).toBe(false);
  });

  it("takes the outcome of a pasted address; the browser's answer is late then", async () => {
    const wait = later<unknown>();
    const { talk } = reauth({ StartReauth: () => consent, Await: () => wait.promise, Answer: () => outcome("replaced", true) });
    await talk.start();
    await talk.paste(" https://a.example/?code=1 ");
    wait.end(outcome("timed_out"));
    await settled();
    expect(talk.step?.outcome?.result).toBe("replaced");
  });

  it("keeps waiting when the pasted address is not the right one", async () => {
    const wait = later<unknown>();
    const wrong = { ...consent, problems: [{ field: "redirect", code: "pasted_no_code", args: {} }] };
    const { backend, talk } = reauth({ StartReauth: () => consent, Await: () => wait.promise, Answer: () => wrong });
    await talk.start();
    await talk.paste("https://a.example/");
    expect(talk.typed.problems["redirect"]?.code).toBe("pasted_no_code");
    expect(backend.calls.filter((c) => c === "Await")).toHaveLength(1);
    wait.end(outcome("replaced", true));
    await settled();
    expect(talk.step?.outcome?.result).toBe("replaced");
  });

  it("ends at once when it is cancelled", async () => {
    const wait = later<unknown>();
    const { talk } = reauth({ StartReauth: () => consent, Await: () => wait.promise, Cancel: () => outcome("cancelled") });
    await talk.start();
    await talk.cancel();
    wait.fail(refusal("error.not_found"));
    await settled();
    expect(talk.step?.outcome?.result).toBe("cancelled");
    expect(talk.failure).toBeUndefined();
  });

  it("starts a new wait when it is tried again", async () => {
    const waits = [later<unknown>(), later<unknown>()];
    let n = 0;
    const { talk } = reauth({ StartReauth: () => ({ ...consent, flow: `f${n}` }), Await: () => waits[n++]?.promise });
    await talk.start();
    waits[0]?.end({ ...outcome("denied"), flow: "f0" });
    await settled();
    await talk.start();
    waits[1]?.end({ ...outcome("replaced", true), flow: "f1" });
    await settled();
    expect(talk.step?.outcome?.result).toBe("replaced");
  });
});
