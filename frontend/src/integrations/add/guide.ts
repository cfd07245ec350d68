// A guide is Markdown of the catalog. It becomes a few kinds of block, and those become elements with
// text in them: nothing of it is ever read as HTML.

export interface Run {
  kind: "text" | "strong" | "em" | "code" | "link";
  text: string;
  /** Where a link leads; shown, and opened only when it is one of the provider's own pages. */
  to: string;
}

export type Block =
  | { kind: "heading"; runs: Run[]; section: string }
  | { kind: "paragraph"; runs: Run[] }
  | { kind: "list"; ordered: boolean; items: Run[][] }
  /** Statements or commands, to be copied as they are. */
  | { kind: "code"; text: string };

const inline = /\*\*(?<strong>[^*]+)\*\*|\*(?<em>[^*\s][^*]*)\*|`(?<code>[^`]+)`|\[(?<text>[^\]]+)\]\((?<to>[^)\s]+)\)|<(?<bare>https?:[^>\s]+)>/g;

export function runs(line: string): Run[] {
  const out: Run[] = [];
  let end = 0;
  for (const m of line.matchAll(inline)) {
    if (m.index > end) out.push({ kind: "text", text: line.slice(end, m.index), to: "" });
    out.push(special(m.groups ?? {}));
    end = m.index + m[0].length;
  }
  if (end < line.length) out.push({ kind: "text", text: line.slice(end), to: "" });
  return out;
}

function special(g: Record<string, string | undefined>): Run {
  if (g["strong"] !== undefined) return { kind: "strong", text: g["strong"], to: "" };
  if (g["em"] !== undefined) return { kind: "em", text: g["em"], to: "" };
  if (g["code"] !== undefined) return { kind: "code", text: g["code"], to: "" };
  const to = g["to"] ?? g["bare"] ?? "";
  return { kind: "link", text: g["text"] ?? to, to };
}

export function blocks(markdown: string): Block[] {
  const out: Block[] = [];
  let open = false;
  let fenced: { kind: "code"; text: string } | undefined;
  for (const raw of markdown.split(/\r?\n/)) {
    const line = raw.trim();
    if (line.startsWith("```")) {
      fenced = fenced ? undefined : { kind: "code", text: "" };
      if (fenced) out.push(fenced);
      open = false;
      continue;
    }
    if (fenced) {
      fenced.text += (fenced.text === "" ? "" : "\n") + raw;
      continue;
    }
    const item = /^(?:[-*]|(\d+)[.)])\s+(.*)$/.exec(line);
    const last = out.at(-1);
    if (line === "") {
      open = false;
    } else if (/^#{1,6}\s/.test(line)) {
      const [, title = "", section = ""] = /^#+\s+(.*?)(?:\s+\{#([a-z]+)\})?$/.exec(line) ?? [];
      out.push({ kind: "heading", runs: runs(title), section });
      open = false;
    } else if (item) {
      const ordered = item[1] !== undefined;
      const list = last?.kind === "list" && last.ordered === ordered ? last : undefined;
      const content = runs(item[2] ?? "");
      if (list) list.items.push(content);
      else out.push({ kind: "list", ordered, items: [content] });
      open = true;
    } else if (open && last?.kind === "list") {
      last.items.at(-1)?.push(...runs(` ${line}`));
    } else if (open && last?.kind === "paragraph") {
      last.runs.push(...runs(` ${line}`));
    } else {
      out.push({ kind: "paragraph", runs: runs(line) });
      open = true;
    }
  }
  return out;
}

/** The blocks of one section of a guide, its heading first; none where the guide has no such section. */
export function sectionOf(all: Block[], name: string): Block[] {
  const from = all.findIndex((b) => b.kind === "heading" && b.section === name);
  if (name === "" || from < 0) return [];
  const next = all.findIndex((b, i) => i > from && b.kind === "heading");
  return all.slice(from, next < 0 ? undefined : next);
}
