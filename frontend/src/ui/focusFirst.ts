import type { Attachment } from "svelte/attachments";

/**
 * Puts the focus, when the form appears, on the guide that is to be read first, on the first field
 * that still must be filled in, or on the first one.
 */
export const focusFirst: Attachment<HTMLElement> = (form) => {
  const guide = form.querySelector<HTMLElement>("details[data-guide][open] > summary");
  if (guide) {
    guide.focus();
    return;
  }
  const fields = [...form.querySelectorAll<HTMLInputElement>("input:not([type=radio]):not([type=checkbox]):not([type=file]), textarea")];
  (fields.find((f) => f.value === "" && f.getAttribute("aria-required") === "true") ?? fields[0])?.focus();
};
