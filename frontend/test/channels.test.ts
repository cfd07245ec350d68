import { describe, expect, it } from "vitest";
import type { ChannelDraft } from "../src/bridge/types";
import { Channels } from "../src/settings/channels.svelte";
import { hoursOf, settingOf, withDay } from "../src/settings/quiet";
import { Backend, refusal } from "./backend";
import { Channels as FakeChannels, channelForms } from "./fake/channels";

const problem = (field: string, code: string) => refusal("error.input", [{ field, code, args: null }]);

describe("a new channel", () => {
  it("is sent with its secrets apart, and kept when the test message was taken", async () => {
    const sent: ChannelDraft[] = [];
    let list: unknown[] | null = null;
    new Backend({
      Channels: () => list,
      ChannelForms: () => channelForms,
      AddChannel: (draft: ChannelDraft) => {
        sent.push(structuredClone(draft));
        if (sent.length === 1) throw problem("url", "channel_refused");
        list = new FakeChannels(true).list;
      },
    });
    const channels = new Channels();
    await channels.load();
    expect(channels.list).toEqual([]);
    channels.begin();
    const it = channels.adding;
    if (it === undefined) throw new Error("nothing is being added");
    it.choose("webhook");
    await channels.add();
    expect(Object.keys(it.typed.problems).filter((id) => it.typed.problems[id])).toEqual(["name", "url"]);
    expect(sent).toHaveLength(0);

    it.typed.values["name"] = " Ops ";
    it.typed.values["url"] = "https://shop.example/CNRY";
    await channels.add();
    expect(it.typed.problems["url"]?.code).toBe("channel_refused");
    expect(it.typed.values["url"]).toBe("https://shop.example/CNRY");
    expect(channels.adding).toBe(it);

    await channels.add();
    expect(sent[1]).toEqual({ kind: "webhook", name: "Ops", answer: { choice: "", values: {}, secrets: { url: "https://shop.example/CNRY", signing_secret: "" } } });
    expect(channels.adding).toBeUndefined();
    expect(it.typed.values["url"]).toBe("");
    expect(channels.list).toHaveLength(3);
  });

  it("forgets the secrets of a kind that is not chosen any more", async () => {
    new Backend({ Channels: () => [], ChannelForms: () => channelForms });
    const channels = new Channels();
    await channels.load();
    channels.begin();
    channels.adding?.choose("webhook");
    if (channels.adding) channels.adding.typed.values["url"] = "https://shop.example/CNRY";
    channels.adding?.choose("email");
    expect(channels.adding?.typed.values["url"]).toBe("");
    expect(channels.adding?.typed.values["port"]).toBe("587");
  });
});

describe("a channel", () => {
  it("shows what was wrong with a test at its own place, and can be removed", async () => {
    let list = new FakeChannels(true).list;
    new Backend({
      Channels: () => list,
      ChannelForms: () => channelForms,
      TestChannel: () => {
        throw problem("url", "channel_refused");
      },
      RemoveChannel: (id: string) => {
        list = list.filter((c) => c.id !== id);
      },
    });
    const channels = new Channels();
    await channels.load();
    const [first] = channels.list ?? [];
    if (first === undefined) throw new Error("there is no channel");
    await channels.test(first);
    expect(channels.problems[first.id]).not.toBe("");
    await channels.remove(first);
    expect(channels.list).toHaveLength(2);
    expect(channels.busy[first.id]).toBe(false);
  });

  it("says that the list could not be read instead of showing none", async () => {
    new Backend({
      Channels: () => {
        throw refusal("error.store_full");
      },
      ChannelForms: () => channelForms,
    });
    const channels = new Channels();
    await channels.load();
    expect(channels.list).toBeUndefined();
    expect(channels.failure?.text.key).toBe("error.store_full");
  });
});

describe("quiet hours", () => {
  it("are two times, or none", () => {
    expect(hoursOf("22:00-07:00")).toEqual({ from: "22:00", to: "07:00" });
    expect(hoursOf("")).toEqual({ from: "", to: "" });
    expect(settingOf("22:00", "07:00")).toBe("22:00-07:00");
    expect(settingOf("22:00", "")).toBe("");
    expect(settingOf("07:00", "07:00")).toBe("");
  });

  it("keep their days in the order of the week", () => {
    expect(withDay("sat", "sun", true)).toBe("sun,sat");
    expect(withDay("sun,sat", "sun", false)).toBe("sat");
    expect(withDay("", "mon", true)).toBe("mon");
  });
});
