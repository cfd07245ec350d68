/**
 * Remembers what has the focus now. The returned function gives it back; where that element was
 * drawn anew meanwhile, its successor with the same data-focus gets it.
 */
export function remembered(): () => void {
  const before = document.activeElement;
  const name = before instanceof HTMLElement ? before.dataset["focus"] : undefined;
  return () => {
    const named = name === undefined ? null : document.querySelector(`[data-focus="${CSS.escape(name)}"]`);
    const target = before?.isConnected === true && before !== document.body ? before : named;
    if (target instanceof HTMLElement) target.focus();
    else document.querySelector<HTMLElement>("main")?.focus();
  };
}
