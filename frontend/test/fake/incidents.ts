// What the pretended backend says of incidents, the owner's card and the ticket.
import type { Card, CardRequest, Incident, Incidents, Moment, Row, Support } from "../../src/bridge/types";
import { ago } from "./rows";
import type { World } from "./world";

function incident(world: World, r: Row, minutes: number, lasted = 0, ending = ""): Incident {
  const open = lasted === 0;
  return {
    id: `inc_${r.id}_${minutes}`,
    integration: r.id,
    name: r.name,
    provider: r.providerName,
    status: r.status,
    cause: r.cause,
    what: world.finding(open ? r : { ...r, cause: "expired", verdict: "failing" }).what,
    openedAt: ago(minutes),
    closedAt: open ? "" : ago(minutes - lasted),
    durationMs: (open ? minutes : lasted) * 60_000,
    ending,
    rest: open ? world.rests.get(r.id) : undefined,
    asked: open ? world.asked.get(r.id) : undefined,
  };
}

export function incidents(world: World): Incidents {
  const broken = world.rows.filter((r) => r.cause !== "" && !r.paused);
  const pair = broken.slice(0, 2);
  const well = world.rows.filter((r) => r.cause === "").slice(0, 3);
  return {
    open: [
      ...(pair.length === 2
        ? [{ bond: "grant", title: { key: "incident.bond.grant", args: { count: "2", account: pair[0]?.account || "ads@shop.example" } }, incidents: pair.map((r) => incident(world, r, 310)) }]
        : []),
      ...broken.slice(2, 5).map((r) => ({ bond: "", title: { key: "incident.bond.none", args: { integration: r.name } }, incidents: [incident(world, r, 1600)] })),
    ],
    past: well.map((r, i) => incident(world, r, 6000 * (i + 1), [14, 190, 4400][i] ?? 10, i === 0 ? "temporary" : "repaired")),
    repairs: well.length === 3 ? { count: 3, temporary: 1, medianMs: 2295 * 60_000, longestMs: 4400 * 60_000 } : { count: 0, temporary: 0, medianMs: 0, longestMs: 0 },
    since: ago(90 * 1440),
    at: ago(0),
  };
}

export function timeline(world: World, id: string): Moment[] {
  const r = world.row(id);
  const what = world.finding({ ...r, cause: "account_change", verdict: "failing" }).what;
  return [
    { at: ago(312), kind: "seen", who: "", status: "retrying", text: what },
    { at: ago(310), kind: "seen", who: "", status: "needs_reauthorization", text: what },
    { at: ago(310), kind: "opened", who: "", status: "", text: { key: "incident.opened", args: {} } },
    { at: ago(309), kind: "told", who: "", status: "", text: { key: "incident.told", args: {} } },
    { at: ago(120), kind: "tried", who: "window", status: "", text: { key: "act.not_reconnected", args: { integration: r.name, result: "denied" } } },
    { at: ago(60), kind: "tried", who: "cli", status: "", text: { key: "act.asked", args: { integration: r.name, whom: "Ana" } } },
  ];
}

export function card(world: World, q: CardRequest): Card {
  const r = world.row(q.id);
  const pt = q.lang === "pt-BR";
  const line = (kind: string, en: string, br: string, note = ""): Card["lines"][number] => ({ kind, text: pt ? br : en, note });
  const lines = [
    ...(q.to === "" ? [] : [line("text", `Hello ${q.to},`, `Olá, ${q.to},`)]),
    line("text", `The reports read data from ${r.providerName} through the connection “${r.name}”. It stopped working, and only somebody with access to the account can mend it.`, `Os relatórios leem dados do ${r.providerName} pela conexão “${r.name}”. Ela parou de funcionar, e só quem tem acesso à conta pode resolver.`),
    line("heading", "The account", "A conta"),
    line("text", r.account || "ads@shop.example", r.account || "ads@shop.example"),
    line("heading", "What to do", "O que fazer"),
    line("step", "Sign in as an administrator.", "Entre como administrador."),
    line("link", "https://ads.example.com/aw/accountaccess/users", "https://ads.example.com/aw/accountaccess/users"),
    line("step", "Give the access back that is listed below.", "Devolva o acesso listado abaixo."),
    line("step", "There is nothing to send back: Relink sees by itself that it works.", "Não é preciso enviar nada: o Relink percebe sozinho que voltou a funcionar."),
    line("heading", "Permissions that are needed", "Permissões necessárias"),
    line("box", "https://www.example.com/auth/adwords", "https://www.example.com/auth/adwords", pt ? "para ler campanhas e custos" : "to read campaigns and costs"),
    line("heading", "Please note", "Atenção"),
    line("text", "This page holds no password, key or token, and none belongs in an answer to it.", "Esta página não contém senha, chave nem token, e nada disso deve ir na resposta."),
  ];
  const title = pt ? `${r.providerName}: precisamos da sua ajuda com ${r.name}` : `${r.providerName}: your help is needed for ${r.name}`;
  return { title, lines, text: [title, ...lines.map((l) => l.text)].join("\n") };
}

export function support(world: World, id: string, personal: boolean): Support {
  const r = world.row(id);
  const account = personal ? r.account : "account-4f2a91";
  return {
    page: "https://experienceleague.adobe.com/home?support-tab=home#support",
    text: `Relink support details: ${r.name}\n\nProvider: ${r.providerName}\nState: Needs re-authorization\nHTTP answer: 400\nOAuth error: invalid_grant\n\nWhat happened, oldest first:\n  2026-11-26 05:31 UTC [Command line]  ${r.name} was added, with ${account}.\n  2026-11-26 05:34 UTC  The incident began.\n\nNo password, key, token or customer record is in this text.\n`,
  };
}
