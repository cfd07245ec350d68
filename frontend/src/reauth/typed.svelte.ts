import type { Answer, Field, Problem } from "../bridge/types";
import { fieldProblem } from "./validation";

/**
 * What a person has typed into a form. It outlives the form: a step that asks again, for whatever
 * reason, finds it all in place. Secrets are kept apart, and only until they were accepted.
 */
export class Typed {
  values = $state<Record<string, string>>({});
  /** Problems by field id: the backend's until the field is changed, ours once it was left. */
  problems = $state<Record<string, Problem | undefined>>({});

  /** Gives the fields their first values; what was typed before stays. */
  fill(fields: Field[], values: Record<string, string> = {}): void {
    for (const f of fields) this.values[f.id] ??= values[f.id] ?? (f.default || (f.optional ? "" : (f.choices[0] ?? "")));
  }

  /** The fields that are asked for: not those that need one of the others, which is empty or has another value. */
  asked(fields: Field[]): Field[] {
    return fields.filter((f) => {
      const [, name = "", how, value] = /^(.*?)(?:(!?=)(.*))?$/.exec(f.needs) ?? [];
      if (!fields.some((x) => x.id === name)) return true;
      const given = (this.values[name] ?? "").trim();
      return how === undefined ? given !== "" : (given === value) === (how === "=");
    });
  }

  /** Puts values over what was typed, and looks away from problems that they had. */
  overwrite(fields: Field[], values: Record<string, string>): void {
    for (const f of fields) {
      const value = values[f.id];
      if (value === undefined || value === "") continue;
      this.values[f.id] = value;
      this.problems[f.id] = undefined;
    }
  }

  set(field: Field, value: string): void {
    this.values[field.id] = value;
    // A problem that was shown is looked at again at each key; one that was not must not flash up.
    if (this.problems[field.id] !== undefined) this.look(field);
  }

  look(field: Field): void {
    this.problems[field.id] = fieldProblem(field, this.values[field.id] ?? "");
  }

  /**
   * Looks at all fields; the first one with a problem, or undefined. With held, an empty secret may
   * stand for one that the backend has: only the backend can tell.
   */
  lookAtAll(fields: Field[], held = false): Field | undefined {
    fields = this.asked(fields);
    for (const f of fields) {
      if (held && f.kind === "secret" && (this.values[f.id] ?? "") === "") this.problems[f.id] = undefined;
      else this.look(f);
    }
    return fields.find((f) => this.problems[f.id] !== undefined);
  }

  complain(problems: Problem[]): void {
    for (const p of problems) this.problems[p.field] = p;
  }

  /** The answer for these fields, the secret ones apart. */
  answer(fields: Field[]): Answer {
    const values: Record<string, string> = {};
    const secrets: Record<string, string> = {};
    for (const f of fields) {
      const typed = this.values[f.id] ?? "";
      if (f.kind === "secret") secrets[f.id] = typed;
      else values[f.id] = typed.trim();
    }
    return { choice: "", values, secrets };
  }

  forgetSecrets(fields: Field[]): void {
    for (const f of fields) if (f.kind === "secret") this.values[f.id] = "";
  }
}
