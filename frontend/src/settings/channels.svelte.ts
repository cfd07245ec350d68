import { app } from "../bridge/app";
import { Failure } from "../bridge/failure";
import type { Channel, ChannelForm, Field } from "../bridge/types";
import { locale } from "../locale/locale.svelte";
import { problemText } from "../reauth/problemText";
import { Typed } from "../reauth/typed.svelte";
import { notices } from "../ui/notices.svelte";

/** Where notices go beyond this computer. */
export class Channels {
  list = $state.raw<Channel[] | undefined>();
  forms = $state.raw<ChannelForm[]>([]);
  failure = $state.raw<Failure | undefined>();
  /** The ids of those that are being tested or removed. */
  busy = $state<Record<string, boolean>>({});
  /** What was wrong with a test, by id, in words. */
  problems = $state<Record<string, string>>({});
  adding = $state.raw<NewChannel | undefined>();

  async load(): Promise<void> {
    try {
      [this.list, this.forms] = await Promise.all([app.channels(), app.channelForms()]);
      this.failure = undefined;
    } catch (reason) {
      this.failure = Failure.of(reason);
    }
  }

  begin(): void {
    this.adding = new NewChannel(this.forms);
  }

  /** Sends what was typed; the dialog closes when it was kept. */
  async add(): Promise<void> {
    if (this.adding === undefined || !(await this.adding.submit())) return;
    this.adding = undefined;
    notices.tell("notices.channel_added");
    await this.load();
  }

  test(channel: Channel): Promise<void> {
    return this.act(channel, async () => {
      await app.testChannel(channel.id);
      notices.tell("notices.channel_tested");
    });
  }

  remove(channel: Channel): Promise<void> {
    return this.act(channel, () => app.removeChannel(channel.id));
  }

  private async act(channel: Channel, action: () => Promise<unknown>): Promise<void> {
    this.busy[channel.id] = true;
    this.problems[channel.id] = "";
    try {
      await action();
    } catch (reason) {
      const failure = Failure.of(reason);
      const [problem] = failure.problems;
      if (problem === undefined) notices.fail(failure);
      else this.problems[channel.id] = problemText(problem, channel.name);
    } finally {
      this.busy[channel.id] = false;
    }
    await this.load();
  }
}

/** What is typed about a channel that is to be added. What two kinds ask for alike is typed once. */
export class NewChannel {
  kind = $state("");
  busy = $state(false);
  typed = new Typed();

  constructor(readonly forms: ChannelForm[]) {
    this.choose(forms[0]?.kind ?? "");
  }

  get form(): ChannelForm | undefined {
    return this.forms.find((f) => f.kind === this.kind);
  }

  get name(): Field {
    const label = locale.t("settings.channel_name");
    const text = { en: label, ptBR: label };
    return { id: "name", kind: "text", label: text, help: { en: "", ptBR: "" }, example: "", default: "", pattern: "", choices: [], optional: false, needs: "", lines: false };
  }

  get fields(): Field[] {
    return [this.name, ...(this.form?.fields ?? [])];
  }

  choose(kind: string): void {
    this.typed.forgetSecrets(this.form?.fields ?? []);
    this.kind = kind;
    this.typed.problems = {};
    this.typed.fill(this.form?.fields ?? [], { name: "" });
  }

  /** True when the channel was kept. */
  async submit(): Promise<boolean> {
    if (this.typed.lookAtAll(this.fields) !== undefined) return false;
    this.busy = true;
    const fields = this.form?.fields ?? [];
    try {
      await app.addChannel({ kind: this.kind, name: (this.typed.values["name"] ?? "").trim(), answer: this.typed.answer(fields) });
      this.typed.forgetSecrets(fields);
      return true;
    } catch (reason) {
      const failure = Failure.of(reason);
      if (failure.problems.length === 0) notices.fail(failure);
      this.typed.complain(failure.problems);
      return false;
    } finally {
      this.busy = false;
    }
  }
}
