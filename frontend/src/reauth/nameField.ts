import type { Field } from "../bridge/types";
import { locale } from "../locale/locale.svelte";

/** The integration's own name, as a field like those that the catalog describes. */
export function nameField(): Field {
  const both = (text: string): Field["label"] => ({ en: text, ptBR: text });
  return {
    id: "name",
    kind: "text",
    label: both(locale.t("add.name")),
    help: both(locale.t("add.name_help")),
    example: "",
    default: "",
    pattern: "",
    choices: [],
    optional: false,
    needs: "",
    lines: false,
  };
}
