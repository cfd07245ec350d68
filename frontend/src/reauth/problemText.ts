import type { Problem } from "../bridge/types";
import { locale } from "../locale/locale.svelte";

/** What is wrong with a field, and what to do about it; without quoting what is secret or not known. */
export function problemText(problem: Problem, label: string): string {
  // Go writes an empty map as null.
  const given = { ...problem.args };
  const args = { ...given, field: label };
  const says = (part: string, needs: string): string => {
    const key = `input.${problem.code}.${part}`;
    const plain = `${key}_plain`;
    return locale.t((given[needs] ?? "") === "" && locale.has(plain) ? plain : key, args);
  };
  return `${says("problem", "value")} ${says("fix", "example")}`;
}
