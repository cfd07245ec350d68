// Go writes an empty list or map as null. The screens are spared that: here the absent becomes empty.
import type { Act, Activity, Calendar, Card, ChannelForm, Connection, Cycle, Detail, DisconnectPlan, Doctor, Field, Finding, HostKeys, Incident, Incidents, LeastLogin, Method, OAuthApp, Overview, Provider, Step, Text, TheirSide, TheirStep } from "./types";

type Maybe<T> = T | null | undefined;

function list<T>(value: Maybe<T[]>): T[] {
  return value ?? [];
}

function map(value: Maybe<Record<string, string>>): Record<string, string> {
  return value ?? {};
}

function filledFinding(f: Finding): Finding {
  return { ...f, known: list<Text>(f.known), ruledOut: list<Text>(f.ruledOut) };
}

function filledField(f: Field): Field {
  return { ...f, choices: list(f.choices) };
}

function filledHostKeys(k: HostKeys): HostKeys {
  return { ...k, before: list(k.before), now: list(k.now) };
}

export function filledOverview(o: Overview): Overview {
  return { ...o, rows: list(o.rows), cycles: list<Cycle>(o.cycles) };
}

function filledAct(a: Act): Act {
  return { ...a, scopes: list(a.scopes) };
}

export function filledActivity(a: Activity): Activity {
  return { ...a, acts: list(a.acts).map(filledAct), pending: list(a.pending) };
}

export function filledCalendar(c: Calendar): Calendar {
  return { ...c, entries: list(c.entries).map((e) => ({ ...e, integrations: list(e.integrations), names: list(e.names) })) };
}

export function filledChannelForm(f: ChannelForm): ChannelForm {
  return { ...f, fields: list(f.fields).map(filledField) };
}

export function filledPlan(p: DisconnectPlan): DisconnectPlan {
  return { ...p, shared: list(p.shared), kin: list(p.kin) };
}

function filledTheirs(t: TheirSide): TheirSide {
  return {
    ...t,
    steps: list<TheirStep>(t.steps).map((s) => ({ ...s, again: s.again ?? undefined })),
    resources: list(t.resources),
    accounts: list(t.accounts),
    keys: t.keys ?? undefined,
  };
}

export function filledDetail(d: Detail): Detail {
  return {
    ...d,
    hours: list(d.hours),
    finding: d.finding ? filledFinding(d.finding) : undefined,
    facts: list(d.facts),
    steps: list(d.steps),
    changes: list(d.changes),
    acts: list(d.acts).map(filledAct),
    hostKeys: list(d.hostKeys).map(filledHostKeys),
    settings: map(d.settings),
    settingForm: list(d.settingForm).map(filledField),
    scopes: list(d.scopes),
    resources: list(d.resources),
    sharedWith: list(d.sharedWith),
    pending: d.pending ?? undefined,
    theirs: d.theirs ? filledTheirs(d.theirs) : undefined,
    rest: d.rest ?? undefined,
    asked: d.asked ?? undefined,
  };
}

function filledIncident(n: Incident): Incident {
  return { ...n, rest: n.rest ?? undefined, asked: n.asked ?? undefined };
}

export function filledIncidents(all: Incidents): Incidents {
  return {
    ...all,
    open: list(all.open).map((g) => ({ ...g, incidents: list(g.incidents).map(filledIncident) })),
    past: list(all.past).map(filledIncident),
  };
}

export function filledCard(c: Card): Card {
  return { ...c, lines: list(c.lines) };
}

export function filledStep(s: Step): Step {
  return {
    ...s,
    fields: list(s.fields).map(filledField),
    values: map(s.values),
    problems: list(s.problems),
    choices: list(s.choices),
    notice: s.notice ?? undefined,
    app: filledApp(s.app),
    sshKey: s.sshKey ?? undefined,
    consent: s.consent ?? undefined,
    device: s.device ?? undefined,
    wanted: list(s.wanted),
    also: list(s.also),
    question: s.question
      ? { ...s.question, lost: list(s.question.lost), kept: list(s.question.kept), hostKeys: s.question.hostKeys ? filledHostKeys(s.question.hostKeys) : undefined }
      : undefined,
    outcome: s.outcome
      ? {
          ...s.outcome,
          finding: s.outcome.finding ? filledFinding(s.outcome.finding) : undefined,
          missing: list(s.outcome.missing),
          repaired: list(s.outcome.repaired),
        }
      : undefined,
  };
}

function filledApp(app: Maybe<OAuthApp>): OAuthApp | undefined {
  return app ? { ...app, redirectUris: list(app.redirectUris) } : undefined;
}

function filledMethod(m: Method): Method {
  return {
    ...m,
    fields: list(m.fields).map(filledField),
    scopes: list(m.scopes),
    app: filledApp(m.app),
    signInHosts: list(m.signInHosts),
    life: list<Text>(m.life),
    lifetime: { ...m.lifetime, shorter: m.lifetime.shorter ?? undefined },
  };
}

export function filledProvider(p: Provider): Provider {
  return {
    ...p,
    synonyms: list(p.synonyms),
    settings: list(p.settings).map(filledField),
    methods: list(p.methods).map(filledMethod),
    probe: { ...p.probe, hosts: list(p.probe.hosts), asks: list<Text>(p.probe.asks) },
    theirs: p.theirs ?? undefined,
    unconfirmed: list(p.unconfirmed),
    sources: list(p.sources),
  };
}

export function filledDoctor(d: Doctor): Doctor {
  return { ...d, checks: list(d.checks) };
}

export function filledConnection(c: Connection): Connection {
  return { values: map(c.values), secrets: list(c.secrets) };
}

export function filledLeastLogin(l: LeastLogin): LeastLogin {
  return { ...l, create: list(l.create), stop: list(l.stop), drop: list(l.drop), addresses: list(l.addresses) };
}
