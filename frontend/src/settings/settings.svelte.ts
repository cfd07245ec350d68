import { app } from "../bridge/app";
import { Failure } from "../bridge/failure";
import type { About, Doctor, Preferences } from "../bridge/types";
import { locale } from "../locale/locale.svelte";
import { notices } from "../ui/notices.svelte";
import { showTheme } from "./theme";

const system: Preferences = { language: "", theme: "", notifications: true, onClose: "", relay: "", quietHours: "", quietDays: "", system: "" };

/** The preferences, in force as soon as they are chosen, and what Relink tells of itself. */
class Settings {
  preferences = $state.raw<Preferences>(system);
  about = $state.raw<About | undefined>();
  doctor = $state.raw<Doctor | undefined>();
  examining = $state(false);
  /** Why Relink tells nothing of itself; the page shows it once, above its sections. */
  failure = $state.raw<Failure | undefined>();

  async load(): Promise<void> {
    try {
      await this.apply(await app.preferences());
    } catch {
      // The window opens all the same, the way the system likes it. What keeps the folder from being
      // read, keeps the list from it too, and is told there.
      await this.apply(system);
    }
  }

  /** Shown at once; taken back when it could not be kept. */
  async change(part: Partial<Preferences>): Promise<void> {
    const before = this.preferences;
    await this.apply({ ...before, ...part });
    try {
      await app.setPreferences(this.preferences);
    } catch (reason) {
      await this.apply(before);
      notices.fail(reason);
    }
  }

  async look(): Promise<void> {
    try {
      this.about = await app.about();
      this.failure = undefined;
    } catch (reason) {
      this.failure = Failure.of(reason);
    }
  }

  async examine(): Promise<void> {
    this.examining = true;
    try {
      this.doctor = await app.doctor();
      this.about = this.doctor.about;
      this.failure = undefined;
    } catch (reason) {
      this.failure = Failure.of(reason);
    } finally {
      this.examining = false;
    }
  }

  private async apply(preferences: Preferences): Promise<void> {
    this.preferences = preferences;
    showTheme(preferences.theme);
    await locale.choose(preferences.language || preferences.system);
  }
}

export const settings = new Settings();
