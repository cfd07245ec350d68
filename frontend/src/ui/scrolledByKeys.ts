import type { Attachment } from "svelte/attachments";

/** Lets the keys reach a part of the page that scrolls and has nothing in it to stop at. */
export const scrolledByKeys: Attachment<HTMLElement> = (part) => {
  part.tabIndex = 0;
};
