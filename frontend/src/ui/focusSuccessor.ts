import type { Attachment } from "svelte/attachments";

/**
 * Takes the focus when it appears and nothing else has it: the button that was pressed went, and
 * this stands in its place.
 */
export const focusSuccessor: Attachment<HTMLElement> = (successor) => {
  if (document.activeElement === document.body) successor.focus();
};
