// Everything that the screen can ask of the backend. The only place that imports Wails' bindings.
import * as bound from "../../wailsjs/go/main/App";
import type { view } from "../../wailsjs/go/models";
import { Failure } from "./failure";
import { filledActivity, filledCalendar, filledCard, filledChannelForm, filledConnection, filledDetail, filledDoctor, filledIncidents, filledLeastLogin, filledOverview, filledPlan, filledProvider, filledStep } from "./filled";
import type { About, Activity, ActivityQuery, Answer, Calendar, Card, CardRequest, Channel, ChannelDraft, ChannelForm, Connection, Detail, DisconnectPlan, Disconnected, Doctor, Draft, Edit, Incidents, LeastLogin, LinkName, Moment, Offer, Overview, Preferences, Provider, Step, Support, Told } from "./types";

/** Calls the backend; a refusal is thrown as a Failure. */
async function ask<T>(call: () => Promise<unknown>): Promise<T> {
  try {
    return (await call()) as T;
  } catch (reason) {
    throw Failure.of(reason);
  }
}

export const app = {
  overview: async () => filledOverview(await ask<Overview>(() => bound.Overview())),
  detail: async (id: string) => filledDetail(await ask<Detail>(() => bound.Detail(id))),
  providers: async () => ((await ask<Provider[] | null>(() => bound.Providers())) ?? []).map(filledProvider),
  guide: (provider: string, language: string) => ask<string>(() => bound.Guide(provider, language)),

  check: (id: string) => ask<undefined>(() => bound.Check(id)),
  checkAll: async () => (await ask<string[] | null>(() => bound.CheckAll())) ?? [],

  offers: async (provider: string, method: string) => (await ask<Offer[] | null>(() => bound.Offers(provider, method))) ?? [],
  startAdd: async (draft: Draft) => filledStep(await ask<Step>(() => bound.StartAdd(draft as view.Draft))),
  /** Reads a connection string into fields; the secrets in it are named, not returned. */
  parseConnection: async (provider: string, text: string) => filledConnection(await ask<Connection>(() => bound.ParseConnection(provider, text))),
  leastLogin: async (id: string, rotate: boolean) => filledLeastLogin(await ask<LeastLogin>(() => bound.LeastLogin(id, rotate))),
  startReauth: async (id: string) => filledStep(await ask<Step>(() => bound.StartReauth(id))),
  refreshHostKeys: async (id: string) => filledStep(await ask<Step>(() => bound.RefreshHostKeys(id))),
  answer: async (flow: string, answer: Answer) =>
    filledStep(await ask<Step>(() => bound.Answer(flow, answer))),
  /** Ends when the wait for the browser ends: with the next step. */
  await: async (flow: string) => filledStep(await ask<Step>(() => bound.Await(flow))),
  cancel: async (flow: string) => filledStep(await ask<Step>(() => bound.Cancel(flow))),
  openAgain: (flow: string) => ask<undefined>(() => bound.OpenAgain(flow)),

  edit: (edit: Edit) => ask<undefined>(() => bound.Edit(edit)),
  pause: (id: string) => ask<undefined>(() => bound.Pause(id)),
  resume: (id: string) => ask<undefined>(() => bound.Resume(id)),
  remove: (id: string) => ask<undefined>(() => bound.Remove(id)),

  disconnectPlan: async (id: string) => filledPlan(await ask<DisconnectPlan>(() => bound.DisconnectPlan(id))),
  disconnect: (id: string, remove: boolean) => ask<Disconnected>(() => bound.Disconnect(id, remove)),
  activity: async (query: ActivityQuery) => filledActivity(await ask<Activity>(() => bound.Activity(query))),
  calendar: async () => filledCalendar(await ask<Calendar>(() => bound.Calendar())),
  /** True when a file was written, false when the person changed their mind. */
  saveCalendar: () => ask<boolean>(() => bound.SaveCalendar()),

  incidents: async () => filledIncidents(await ask<Incidents>(() => bound.Incidents())),
  timeline: async (id: string, incident: string) => (await ask<Moment[] | null>(() => bound.Timeline(id, incident))) ?? [],
  /** Notices rest for so long; until unrest when a mute has 0. */
  rest: (id: string, kind: "muted" | "snoozed" | "maintenance", forMS: number) => ask<undefined>(() => bound.Rest(id, kind, forMS)),
  planMaintenance: (id: string, from: string, forMS: number) => ask<undefined>(() => bound.PlanMaintenance(id, from, forMS)),
  unrest: (id: string) => ask<undefined>(() => bound.Unrest(id)),

  card: async (request: CardRequest) => filledCard(await ask<Card>(() => bound.Card(request))),
  copyCard: (request: CardRequest) => ask<undefined>(() => bound.CopyCard(request)),
  /** True when a file was written, false when the person changed their mind. */
  saveCard: (request: CardRequest) => ask<boolean>(() => bound.SaveCard(request)),
  support: (id: string, personal: boolean) => ask<Support>(() => bound.Support(id, personal)),
  /** True when a file was written, false when the person changed their mind. */
  saveSupport: (id: string, personal: boolean) => ask<boolean>(() => bound.SaveSupport(id, personal)),
  /** Copies the ticket's text, too. */
  openTicketPage: (id: string, personal: boolean) => ask<undefined>(() => bound.OpenTicketPage(id, personal)),

  preferences: () => ask<Preferences>(() => bound.Preferences()),
  setPreferences: (p: Preferences) => ask<undefined>(() => bound.SetPreferences(p)),
  /** Whether the relay page at the address is there and the right one; a refusal says what is wrong. */
  checkRelay: (address: string) => ask<undefined>(() => bound.CheckRelay(address)),
  channels: async () => (await ask<Channel[] | null>(() => bound.Channels())) ?? [],
  channelForms: async () => ((await ask<ChannelForm[] | null>(() => bound.ChannelForms())) ?? []).map(filledChannelForm),
  /** Kept when a test message was taken; a refusal says what is wrong with which field. */
  addChannel: (draft: ChannelDraft) => ask<Channel>(() => bound.AddChannel(draft as view.ChannelDraft)),
  testChannel: (id: string) => ask<undefined>(() => bound.TestChannel(id)),
  removeChannel: (id: string) => ask<undefined>(() => bound.RemoveChannel(id)),
  about: () => ask<About>(() => bound.About()),
  doctor: async () => filledDoctor(await ask<Doctor>(() => bound.Doctor())),
  unlockKeychain: () => ask<undefined>(() => bound.UnlockKeychain()),
  startDemo: () => ask<undefined>(() => bound.StartDemo()),
  stopDemo: () => ask<undefined>(() => bound.StopDemo()),

  tellTheirs: (id: string, told: Told) => ask<undefined>(() => bound.TellTheirs(id, told)),
  openLink: (id: string, which: LinkName) => ask<undefined>(() => bound.OpenLink(id, which)),
  closeChoice: (choice: "background" | "quit", remember: boolean) =>
    ask<undefined>(() => bound.CloseChoice(choice, remember)),
  copy: (text: string) => ask<undefined>(() => bound.Copy(text)),
  /** The clipboard forgets it after a minute. */
  copyBriefly: (text: string) => ask<undefined>(() => bound.CopyBriefly(text)),
};
