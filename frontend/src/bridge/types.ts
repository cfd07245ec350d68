// The shapes that come from Go, as plain values: Wails describes them as classes, but what arrives
// over the bridge never was one.
import type { view } from "../../wailsjs/go/models";

type Plain<T> = T extends (infer Item)[]
  ? Plain<Item>[]
  : T extends object
    ? { [Key in keyof T as Key extends "convertValues" ? never : Key]: Plain<T[Key]> }
    : T;

export type About = Plain<view.About>;
export type Act = Plain<view.Act>;
export type Activity = Plain<view.Activity>;
export type ActivityQuery = Plain<view.ActivityQuery>;
export type Answer = Plain<view.Answer>;
export type Asked = Plain<view.Asked>;
export type Bar = Plain<view.Bar>;
export type Calendar = Plain<view.Calendar>;
export type Card = Plain<view.Card>;
export type CardRequest = Plain<view.CardRequest>;
export type Change = Plain<view.Change>;
export type Channel = Plain<view.Channel>;
export type ChannelDraft = Plain<view.ChannelDraft>;
export type ChannelForm = Plain<view.ChannelForm>;
export type Consent = Plain<view.Consent>;
export type Cycle = Plain<view.Cycle>;
export type Detail = Plain<view.Detail>;
export type Device = Plain<view.Device>;
export type Disconnected = Plain<view.Disconnected>;
export type DisconnectPlan = Plain<view.DisconnectPlan>;
export type Doctor = Plain<view.Doctor>;
export type Connection = Plain<view.Connection>;
export type Draft = Plain<view.Draft>;
export type Edit = Plain<view.Edit>;
export type End = Plain<view.End>;
export type Fact = Plain<view.Fact>;
export type Field = Plain<view.Field>;
export type Finding = Plain<view.Finding>;
export type HostKeys = Plain<view.HostKeys>;
export type Incident = Plain<view.Incident>;
export type IncidentGroup = Plain<view.IncidentGroup>;
export type Incidents = Plain<view.Incidents>;
export type LeastLogin = Plain<view.LeastLogin>;
export type Links = Plain<view.Links>;
export type Localized = Plain<view.Localized>;
export type Method = Plain<view.Method>;
export type Moment = Plain<view.Moment>;
export type OAuthApp = Plain<view.OAuthApp>;
export type Offer = Plain<view.Offer>;
export type Outcome = Plain<view.Outcome>;
export type Overview = Plain<view.Overview>;
export type Preferences = Plain<view.Preferences>;
export type Probe = Plain<view.Probe>;
export type Problem = Plain<view.Problem>;
export type Provider = Plain<view.Provider>;
export type Repairs = Plain<view.Repairs>;
export type Resource = Plain<view.Resource>;
export type Rest = Plain<view.Rest>;
export type Revocation = Plain<view.Revocation>;
export type Row = Plain<view.Row>;
export type SSHKey = Plain<view.SSHKey>;
export type Scope = Plain<view.Scope>;
export type Step = Plain<view.Step>;
export type StepSeen = Plain<view.StepSeen>;
export type TheirKeys = Plain<view.TheirKeys>;
export type TheirSide = Plain<view.TheirSide>;
export type TheirStep = Plain<view.TheirStep>;
export type Told = Plain<view.Told>;
export type Support = Plain<view.Support>;
export type Text = Plain<view.Text>;

/** Which of a provider's pages OpenLink opens. */
export type LinkName = "keys" | "revoke" | "access" | "status";
