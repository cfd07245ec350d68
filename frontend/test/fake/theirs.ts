import type { Cycle, Row, TheirSide, Told } from "../../src/bridge/types";
import { ago } from "./rows";

/** The last update of an account, so many hours old. */
export function cycle(r: Row, age: number): Cycle {
  const late = age > 36;
  const endedAt = ago(age * 60);
  const state = "Completed Successfully";
  return {
    integration: r.id,
    name: r.name,
    result: "completed",
    state,
    endedAt,
    told: "2026-11-24 03:29:03 EST",
    askedAt: ago(2),
    late,
    status: r.status,
    text: { key: late ? "cycle.late" : "cycle.ended", args: { cycleAt: endedAt, cycleState: state } },
  };
}

export function theirSide(name: string, button: string, more: Partial<TheirSide> = {}): TheirSide {
  const args = { integration: name, name, button, dataPointAt: ago(3 * 1440), toldAt: ago(60) };
  const order = button === "Save & Test" ? ["page", "open", "again", "button", "see"] : ["page", "open", "button", "again", "see"];
  return {
    on: true,
    switch: "",
    ours: "connected",
    status: "waiting_for_commerce_intelligence",
    rule: "data-behind",
    next: "steps",
    behind: true,
    what: { key: "theirs.rule.data-behind", args },
    do: { key: "theirs.rule.data-behind.do", args },
    name,
    button,
    unconfirmed: false,
    steps: order.map((id, i) => ({
      id,
      text: { key: `theirs.step.${id}`, args },
      again:
        id === "again"
          ? { en: "Sign in with Google, and tick the same profiles again; their page saves by itself.", ptBR: "Entre com o Google e marque de novo os mesmos perfis; a página deles salva sozinha." }
          : undefined,
      doneAt: i === 0 ? ago(20) : "",
    })),
    resources: [
      { id: "properties/271828", name: "Acme Store, web" },
      { id: "properties/314159", name: "Acme Store, app" },
    ],
    dataPoint: args.dataPointAt,
    toldAt: args.toldAt,
    endsAt: "",
    keys: undefined,
    account: "",
    accounts: [{ id: "int_ci", name: "Commerce Intelligence" }],
    ...more,
  };
}

export function theirSides(): Map<string, TheirSide> {
  const until = ago(-4);
  return new Map([
    ["int_ga", theirSide("Google Analytics", "Google Analytics")],
    [
      "int_pg",
      theirSide("PostgreSQL", "Save & Test", {
        status: "unknown",
        behind: false,
        rule: "cycle-well",
        next: "confirm",
        what: { key: "theirs.rule.cycle-well", args: { cycleAt: ago(300) } },
        do: { key: "theirs.rule.cycle-well.do", args: {} },
        dataPoint: "",
        toldAt: "",
        resources: [],
        keys: { state: "wait", text: { key: "theirs.keys.wait", args: { attempt: "1", of: "2", untilAt: until } }, attempt: 1, of: 2, until },
      }),
    ],
  ]);
}

/** Keeps what was told, as the backend would; a date with "tuesday" in it cannot be read. */
export function tell(all: Map<string, TheirSide>, id: string, told: Told): void {
  const side = all.get(id);
  if (side === undefined) return;
  if (told.dataPoint.includes("tuesday"))
    throw new Error(JSON.stringify({ text: { key: "error.input", args: {} }, problems: [{ field: "data_point", code: "date_unreadable", args: { value: told.dataPoint } }], unexpected: false }));
  const steps = side.steps.map((s) => (s.id === told.done ? { ...s, doneAt: ago(0) } : s.id === told.undone ? { ...s, doneAt: "" } : s));
  all.set(id, {
    ...side,
    steps,
    on: told.switch === "" ? side.on : told.switch === "on",
    ...(told.dataPoint === "" ? {} : { dataPoint: ago(60), toldAt: ago(0), status: "connected", behind: false, next: "nothing", what: { key: "theirs.rule.both-well", args: { dataPointAt: ago(60), toldAt: ago(0) } }, do: { key: "theirs.rule.both-well.do", args: {} } }),
  });
}
