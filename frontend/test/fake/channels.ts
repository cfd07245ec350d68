// Channels of the pretended backend: their forms, and a few that were added.
import type { Channel, ChannelDraft, ChannelForm, Field } from "../../src/bridge/types";
import { pause } from "./world";

function field(id: string, kind: string, label: string, more: Partial<Field> = {}): Field {
  return {
    id, kind, label: { en: label, ptBR: label }, help: { en: "", ptBR: "" }, example: "", default: "", pattern: "", choices: [], optional: false, needs: "", lines: false, ...more,
  };
}

export const channelForms: ChannelForm[] = [
  {
    kind: "email",
    label: "E-mail (SMTP)",
    help: { en: "Sent through your own mail server, always encrypted.", ptBR: "Enviado pelo seu próprio servidor de e-mail, sempre com criptografia." },
    fields: [
      field("host", "host", "Mail server", { example: "smtp.example.com" }),
      field("security", "choice", "Encryption", { choices: ["starttls", "tls"], default: "starttls" }),
      field("port", "port", "Port", { default: "587" }),
      field("username", "text", "User name", { optional: true }),
      field("password", "secret", "Password", { optional: true }),
      field("from", "text", "From", { example: "relink@example.com" }),
      field("to", "text", "To", { example: "ana@example.com, joe@example.com" }),
    ],
  },
  {
    kind: "webhook",
    label: "Webhook",
    help: { en: "Each notice is sent as JSON in the manner of Standard Webhooks.", ptBR: "Cada aviso é enviado em JSON, no formato Standard Webhooks." },
    fields: [field("url", "secret", "Webhook address", { example: "https://example.com/relink" }), field("signing_secret", "secret", "Signing secret", { optional: true })],
  },
];

const refused = (code: string) =>
  new Error(JSON.stringify({ text: { key: "error.input", args: {} }, problems: [{ field: "url", code, args: {} }], unexpected: false }));

export class Channels {
  list: Channel[];

  constructor(some: boolean) {
    const c = (id: string, kind: string, label: string, name: string, receiver: string, failure = ""): Channel => ({
      id, kind, label, name, receiver, deliveredAt: "2026-11-24T08:12:00Z", failure, retryAt: failure === "" ? "" : "2026-11-26T18:00:00Z",
    });
    this.list = some
      ? [c("chn_1", "email", "E-mail (SMTP)", "Reports team", "ana@shop.example, joe@agency.example"), c("chn_2", "slack", "Slack", "#data-alerts", "C0123456789"), c("chn_3", "discord", "Discord", "Agency", "", "refused")]
      : [];
  }

  async add(draft: ChannelDraft): Promise<Channel> {
    await pause(400);
    if ((draft.answer.secrets["url"] ?? "").includes("wrong")) throw refused("channel_refused");
    const added: Channel = {
      id: `chn_${Date.now()}`, kind: draft.kind, label: channelForms.find((f) => f.kind === draft.kind)?.label ?? "", name: draft.name,
      receiver: draft.answer.values["to"] ?? "", deliveredAt: new Date().toISOString(), failure: "", retryAt: "",
    };
    this.list = [...this.list, added];
    return added;
  }

  async test(id: string): Promise<void> {
    await pause(400);
    if (this.list.find((c) => c.id === id)?.failure) throw refused("channel_refused");
  }
}
