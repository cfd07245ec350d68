import { expect, it } from "vitest";
import { app } from "../src/bridge/app";
import type { Answer } from "../src/bridge/types";
import { Conversation } from "../src/reauth/conversation.svelte";
import { repairable, repairLabel } from "../src/integrations/repair";
import { Typed } from "../src/reauth/typed.svelte";
import { Backend } from "./backend";
import { field } from "./fake/providers";
import { row } from "./fake/rows";

const host = field("ssh_host", "host", "SSH bastion", "Bastion SSH", { optional: true });
const user = field("ssh_user", "text", "SSH user", "Usuário SSH", { needs: "ssh_host" });
const key = field("ssh_key", "secret", "Private SSH key", "Chave SSH privada", { needs: "ssh_host", optional: true, lines: true });
const step = (more = {}) => ({ flow: "f1", kind: "form", title: { key: "t" }, fields: [key], values: null, problems: null, choices: null, ...more });

it("asks for the bastion's user only where a bastion is named", () => {
  const typed = new Typed();
  typed.fill([host, user, key]);
  expect(typed.asked([host, user, key])).toEqual([host]);
  expect(typed.lookAtAll([host, user, key])).toBeUndefined();
  typed.set(host, "bastion.example.com");
  expect(typed.asked([host, user, key])).toEqual([host, user, key]);
  expect(typed.lookAtAll([host, user, key])).toBe(user);
});

it("asks for what the backend asks for, though the setting behind it is not in the form", () => {
  expect(new Typed().asked([key])).toEqual([key]);
});

it("has a key made and shows its public half, and what was pasted before is not sent", async () => {
  const sent: Answer[] = [];
  const sshKey = { user: "relink", host: "bastion.example.com", public: "ssh-ed25519 AAAA relink", line: "restrict ssh-ed25519 AAAA relink", install: "true" };
  const backend = new Backend({
    StartReauth: () => step(),
    Answer: (_: string, answer: Answer) => {
      sent.push(answer);
      return step({ sshKey });
    },
  });
  const talk = new Conversation(() => app.startReauth("int_1"));
  await talk.start();
  expect(talk.step?.sshKey).toBeUndefined();
  talk.typed.set(key, "-----BEGIN OLD KEY-----");
  await talk.makeKey();
  expect(sent).toEqual([{ choice: "make_key", values: {}, secrets: { ssh_key: "" } }]);
  expect(talk.step?.sshKey).toEqual(sshKey);
  expect(backend.calls).toEqual(["StartReauth", "Answer"]);
});

it("shows old and new host keys, and changes nothing but by the person's choice", async () => {
  const chosen: string[] = [];
  const question = { about: "", account: "", expected: "", lost: null, kept: null, hostKeys: { host: "bastion:22", before: null, now: [{ type: "ssh-ed25519", fingerprint: "SHA256:new" }] } };
  const backend = new Backend({
    RefreshHostKeys: () => step({ kind: "confirm", fields: null, choices: ["keep", "trust"], question }),
    Answer: (_: string, answer: Answer) => {
      chosen.push(answer.choice);
      return step({ kind: "outcome", fields: null, outcome: { result: "host_keys", changed: true, text: { key: "outcome.host_keys" }, account: "", expected: "", missing: null, repaired: null } });
    },
  });
  const talk = new Conversation(() => app.refreshHostKeys("int_1"));
  await talk.start();
  expect(talk.step?.question?.hostKeys).toEqual({ host: "bastion:22", before: [], now: [{ type: "ssh-ed25519", fingerprint: "SHA256:new" }] });
  expect(backend.calls).toEqual(["RefreshHostKeys"]);
  await talk.choose("trust");
  expect(chosen).toEqual(["trust"]);
  expect(talk.ended).toBe(true);
});

it("repairs a changed host key by a button that says so", () => {
  const broken = row("int_1", "Shop", "mysql", "MySQL", { status: "needs_reauthorization", verdict: "failing", next: "refresh_host_keys", repair: "update_credentials" }, 0, 0);
  expect(repairable(broken)).toBe(true);
  expect(repairLabel(broken)).toBe("button.refresh_host_keys");
});
