// Which providers a search finds. People call the whole by many names, and a service by its old one.
import type { Provider } from "../../bridge/types";
import { folded } from "../filter";

/** What other products call what Relink calls an integration: it stands for all of them. */
const everything = [
  "integrations?",
  "connections?",
  "connectors?",
  "data ?sources?",
  "sources?",
  "services?",
  "providers?",
  "apps?",
  "integracao",
  "integracoes",
  "conexao",
  "conexoes",
  "conector(?:es)?",
  "fontes?(?: de dados)?",
  "servicos?",
  "provedor(?:es)?",
];
const whole = new RegExp(`(?<!\\p{L})(?:${everything.join("|")})(?!\\p{L})`, "gu");
/** The same words, to be recognized while they are being typed. */
const spelled = ["integrations", "connections", "connectors", "data sources", "integracoes", "conexoes", "conectores", "fontes de dados"];

/** The providers that all words of the query are found in; more is what can be searched besides. */
export function matching(providers: Provider[], query: string, more: (p: Provider) => string): Provider[] {
  const asked = folded(query).trim().replace(/\s+/g, " ");
  // "Google integrations" is Google; "Data Sources" alone is all there is.
  const narrowed = asked.replace(whole, " ").trim();
  if (narrowed === "") return providers;
  const found = containing(providers, asked, more);
  if (found.length > 0) return found;
  if (narrowed !== asked) return containing(providers, narrowed, more);
  return asked.length > 3 && spelled.some((word) => word.startsWith(asked)) ? providers : [];
}

/** Those that all words are found in, first those in which words begin so: "rds" begins RDS and only ends AdWords. */
function containing(providers: Provider[], text: string, more: (p: Provider) => string): Provider[] {
  const words = text.split(" ").filter(Boolean);
  const begun: Provider[] = [];
  const within: Provider[] = [];
  for (const p of providers) {
    const all = folded([p.name, p.id, p.family, p.theirs?.name ?? "", ...p.synonyms, more(p)].join(" "));
    if (words.every((word) => begins(all, word))) begun.push(p);
    else if (words.every((word) => all.includes(word))) within.push(p);
  }
  return [...begun, ...within];
}

function begins(text: string, word: string): boolean {
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + word.length)) {
    if (at === 0 || !/[\p{L}\p{N}]/u.test(text.charAt(at - 1))) return true;
  }
  return false;
}
