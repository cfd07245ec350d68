import type { Field } from "../bridge/types";
import en from "$sentences/en.json";
import ptBR from "$sentences/pt-BR.json";

/** The integration's own name, as a field like those that the catalog describes. */
export const nameField: Field = {
  id: "name",
  kind: "text",
  label: { en: en["add.name"], ptBR: ptBR["add.name"] },
  help: { en: en["add.name_help"], ptBR: ptBR["add.name_help"] },
  example: "",
  default: "",
  pattern: "",
  choices: [],
  optional: false,
};
