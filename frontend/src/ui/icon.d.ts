import type { Component } from "svelte";
import type { ClassValue } from "svelte/elements";

/** An icon of the collection as vite.config.ts makes it: decoration, whose meaning stands in words beside it. */
declare const Icon: Component<{ class?: ClassValue }>;
export default Icon;
