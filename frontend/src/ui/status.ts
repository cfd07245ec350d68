import CalendarClock from "@lucide/svelte/icons/calendar-clock";
import CircleCheck from "@lucide/svelte/icons/circle-check";
import CirclePause from "@lucide/svelte/icons/circle-pause";
import CircleQuestionMark from "@lucide/svelte/icons/circle-question-mark";
import Hourglass from "@lucide/svelte/icons/hourglass";
import LoaderCircle from "@lucide/svelte/icons/loader-circle";
import RotateCw from "@lucide/svelte/icons/rotate-cw";
import Unplug from "@lucide/svelte/icons/unplug";
import UserCog from "@lucide/svelte/icons/user-cog";
import type { Component } from "svelte";

interface Look {
  icon: Component;
  ink: string;
  soft: string;
  bar: string;
  dot: string;
}

function look(icon: Component, tone: keyof typeof tones): Look {
  return { icon, ...tones[tone] };
}

// Whole class names, because the style sheet is made from the words that stand in the source.
const tones = {
  well: { ink: "text-well", soft: "bg-well-soft", bar: "fill-well-bar", dot: "bg-well-bar" },
  soon: { ink: "text-soon", soft: "bg-soon-soft", bar: "fill-soon-bar", dot: "bg-soon-bar" },
  broken: { ink: "text-broken", soft: "bg-broken-soft", bar: "fill-broken-bar", dot: "bg-broken-bar" },
  waiting: { ink: "text-waiting", soft: "bg-waiting-soft", bar: "fill-waiting-bar", dot: "bg-waiting-bar" },
  busy: { ink: "text-accent", soft: "bg-accent-soft", bar: "fill-idle-bar", dot: "bg-accent" },
  idle: { ink: "text-idle", soft: "bg-idle-soft", bar: "fill-idle-bar", dot: "bg-idle-bar" },
};

const looks: Record<string, Look> = {
  connected: look(CircleCheck, "well"),
  expires_soon: look(CalendarClock, "soon"),
  checking: look(LoaderCircle, "busy"),
  retrying: look(RotateCw, "soon"),
  needs_reauthorization: look(Unplug, "broken"),
  waiting_for_admin: look(UserCog, "waiting"),
  waiting_for_commerce_intelligence: look(Hourglass, "waiting"),
  paused: look(CirclePause, "idle"),
  unknown: look(CircleQuestionMark, "idle"),
};
const unknown = look(CircleQuestionMark, "idle");

/** How a status looks. A status that we do not know looks unknown. */
export function lookOf(status: string): Look {
  return looks[status] ?? unknown;
}

/** The statuses from worst to well: the order of the filter and of the list. */
export const worstFirst = [
  "needs_reauthorization",
  "waiting_for_admin",
  "retrying",
  "waiting_for_commerce_intelligence",
  "expires_soon",
  "unknown",
  "checking",
  "paused",
  "connected",
] as const;

export function rank(status: string): number {
  const at = worstFirst.findIndex((s) => s === status);
  return at === -1 ? 5 : at;
}

const byLetter: Record<string, string> = {
  c: "connected",
  e: "expires_soon",
  r: "retrying",
  n: "needs_reauthorization",
  a: "waiting_for_admin",
  w: "waiting_for_commerce_intelligence",
  p: "paused",
  u: "unknown",
};

/** The status that a letter of a row's history stands for; "" for an hour without a check. */
export function statusOfLetter(letter: string): string {
  return byLetter[letter] ?? "";
}
