import { app } from "../../bridge/app";
import type { Field, Method, Provider } from "../../bridge/types";
import { Conversation } from "../../reauth/conversation.svelte";
import { nameField } from "../../reauth/nameField";
import { Typed } from "../../reauth/typed.svelte";

/** A new integration on its way: provider, way in, what was typed, and the conversation that follows. */
export class Addition {
  readonly provider: Provider;
  readonly typed = new Typed();
  method = $state.raw<Method | undefined>();
  /** Set once the draft was sent and an answer came; going back keeps what was typed. */
  conversation = $state.raw<Conversation | undefined>();
  readonly fields = $derived<Field[]>([nameField(), ...this.settings, ...(this.method?.fields ?? [])]);
  private trying = $state.raw<Conversation | undefined>();

  constructor(provider: Provider, freeName: string) {
    this.provider = provider;
    this.typed.values["name"] = freeName;
    this.choose(provider.methods[0]);
  }

  get settings(): Field[] {
    return this.provider.settings;
  }

  choose(method: Method | undefined): void {
    this.method = method;
    this.typed.fill(this.fields);
  }

  get busy(): boolean {
    return this.trying?.busy ?? false;
  }

  get failure(): Conversation["failure"] {
    return this.trying?.failure;
  }

  /** Sends the draft. A refusal of what was typed stays with the draft; anything else goes on as a conversation. */
  async connect(): Promise<void> {
    if (this.typed.lookAtAll(this.fields) !== undefined) return;
    this.trying = new Conversation(() => this.begin(), this.typed);
    await this.trying.start();
    if (this.trying.step !== undefined) this.conversation = this.trying;
  }

  /** Returns to the draft; the conversation ends without having changed anything. */
  async back(): Promise<void> {
    const conversation = this.conversation;
    this.conversation = undefined;
    this.trying = undefined;
    await conversation?.cancel();
  }

  private begin(): ReturnType<typeof app.startAdd> {
    const { values } = this.typed.answer(this.settings);
    return app.startAdd({
      provider: this.provider.id,
      name: (this.typed.values["name"] ?? "").trim(),
      method: this.method?.kind ?? "",
      settings: values,
      answer: this.typed.answer(this.method?.fields ?? []),
    });
  }
}

/** "Stripe", or "Stripe 2" where there is one already: names are unique. */
export function freeName(wanted: string, taken: string[]): string {
  const lower = new Set(taken.map((n) => n.toLowerCase()));
  if (!lower.has(wanted.toLowerCase())) return wanted;
  let n = 2;
  while (lower.has(`${wanted} ${n}`.toLowerCase())) n++;
  return `${wanted} ${n}`;
}
