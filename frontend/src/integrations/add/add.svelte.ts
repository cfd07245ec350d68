import { app } from "../../bridge/app";
import { Failure } from "../../bridge/failure";
import type { Field, Method, Offer, Provider } from "../../bridge/types";
import { Conversation } from "../../reauth/conversation.svelte";
import { nameField } from "../../reauth/nameField";
import type { ReadFile } from "../../reauth/readFile";
import { Typed } from "../../reauth/typed.svelte";

/** A new integration on its way: provider, way in, what was typed, and the conversation that follows. */
export class Addition {
  readonly provider: Provider;
  readonly typed = new Typed();
  method = $state.raw<Method | undefined>();
  /** The page about the provider was read, and the form is shown. */
  filling = $state(false);
  /** The vendor's file that fills the method's fields in, kept until the addition ends. */
  file = $state.raw<ReadFile | undefined>();
  /** A connection string that filled fields in, and the secret fields that it stands in for. */
  pasted = $state.raw<{ text: string; secrets: string[] } | undefined>();
  /** Set once the draft was sent and an answer came; going back keeps what was typed. */
  conversation = $state.raw<Conversation | undefined>();
  /** Sign-ins of other integrations that this one may share, and which of them it is to use: an id, or "new". */
  offers = $state.raw<Offer[]>([]);
  useGrant = $state("new");
  readonly fields = $derived<Field[]>([nameField(), ...this.settings, ...(this.method?.fields ?? [])]);
  /** The method's fields that the settings call for. */
  readonly methodFields = $derived<Field[]>(this.typed.asked(this.fields).filter((f) => this.method?.fields.includes(f) === true));
  private makesKey = false;
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
    if (method?.import !== this.method?.import) this.file = undefined;
    this.method = method;
    this.typed.fill(this.fields);
    void this.look(method);
  }

  /** It uses the sign-in of another integration, which brings the method's fields along. */
  get shares(): boolean {
    return this.useGrant !== "new";
  }

  /** Asks for sign-ins to share. None is a fine answer, and so is a failure: the backend asks again. */
  private async look(method: Method | undefined): Promise<void> {
    this.offers = [];
    this.useGrant = "new";
    const offers = method ? await app.offers(this.provider.id, method.kind).catch(() => []) : [];
    if (method !== this.method) return;
    this.offers = offers;
    this.useGrant = offers[0]?.integration ?? "new";
  }

  get busy(): boolean {
    return this.trying?.busy ?? false;
  }

  get failure(): Conversation["failure"] {
    return this.trying?.failure;
  }

  /** Sends the draft. A refusal of what was typed stays with the draft; anything else goes on as a conversation. */
  async connect(): Promise<void> {
    // What the file holds need not be typed too.
    const needed = this.file || this.shares ? [nameField(), ...this.settings] : this.fields.filter((f) => !this.holds(f));
    if (this.typed.lookAtAll(needed) !== undefined) return;
    this.typed.problems["import"] = undefined;
    const trying = new Conversation(() => this.begin(), this.typed);
    this.trying = trying;
    await trying.start();
    if (trying.step === undefined || this.refusesFile(trying)) return;
    if (this.file) trying.readFrom(this.file);
    this.conversation = trying;
  }

  /** Takes a file and sends it at once, unless something else must be filled in first. */
  async import(file: ReadFile): Promise<void> {
    this.file = file;
    await this.connect();
  }

  /** Has an SSH key made; the form goes on with its public half, which is to be installed first. */
  async makeKey(): Promise<void> {
    this.makesKey = true;
    await this.connect();
    this.makesKey = false;
  }

  /** Fills the fields in from a connection string; true when it was one. The secrets in it stay unseen. */
  async paste(text: string): Promise<boolean> {
    this.typed.problems["connection"] = undefined;
    if (text.trim() === "") return false;
    try {
      const { values, secrets } = await app.parseConnection(this.provider.id, text);
      this.typed.overwrite(this.fields, values);
      this.typed.forgetSecrets(this.fields.filter((f) => secrets.includes(f.id)));
      this.pasted = { text, secrets };
      return true;
    } catch (reason) {
      this.typed.complain(Failure.of(reason).problems);
      return false;
    }
  }

  /** Whether a secret field is left to the connection string. */
  holds(field: Field): boolean {
    return this.pasted?.secrets.includes(field.id) === true && (this.typed.values[field.id] ?? "") === "";
  }

  forgetFile(): void {
    this.file = undefined;
    this.typed.problems["import"] = undefined;
  }

  /** A file that is not what it should be is said at the draft, where another one can be chosen. */
  private refusesFile(trying: Conversation): boolean {
    if (this.file === undefined || trying.step?.problems.every((p) => p.field !== "import") !== false) return false;
    this.file = undefined;
    void trying.cancel();
    return true;
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
      connection: this.pasted?.text ?? "",
      useGrant: this.useGrant === "new" && this.offers.length === 0 ? "" : this.useGrant,
      answer: this.shares
        ? { choice: "", values: {}, secrets: {} }
        : this.file
        ? { choice: "import", values: {}, secrets: { import: this.file.text } }
        : { ...this.typed.answer(this.methodFields), choice: this.makesKey ? "make_key" : "" },
    });
  }
}

/** Whether the method asks the person to consent somewhere else, instead of proving what was typed. */
export function consents(method: Method | undefined): boolean {
  return method !== undefined && (method.redirectKind !== "" || method.kind === "oauth2_device");
}

/** "Stripe", or "Stripe 2" where there is one already: names are unique. */
export function freeName(wanted: string, taken: string[]): string {
  const lower = new Set(taken.map((n) => n.toLowerCase()));
  if (!lower.has(wanted.toLowerCase())) return wanted;
  let n = 2;
  while (lower.has(`${wanted} ${n}`.toLowerCase())) n++;
  return `${wanted} ${n}`;
}
