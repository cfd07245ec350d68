import type { Attachment } from "svelte/attachments";

/** Puts the focus on the first field that still must be filled in, or on the first one, when the form appears. */
export const focusFirst: Attachment<HTMLElement> = (form) => {
  const fields = [...form.querySelectorAll<HTMLInputElement>("input:not([type=radio]):not([type=checkbox]), textarea")];
  (fields.find((f) => f.value === "" && f.getAttribute("aria-required") === "true") ?? fields[0])?.focus();
};
