import { EventsOn } from "../../wailsjs/runtime/runtime";

/** What the backend tells without being asked. An id is an integration's. */
export interface Events {
  "integration:changed": (id: string) => void;
  "overview:changed": () => void;
  /** Somebody chose a repair outside of the window: in the notification or in the tray. */
  "flow:open": (id: string) => void;
  "close:ask": () => void;
  checking: (id: string) => void;
}

/** Listens until the returned function is called. */
export function on<Name extends keyof Events>(name: Name, hear: Events[Name]): () => void {
  return EventsOn(name, hear as (...args: unknown[]) => void);
}

/** Changes that arrive within this time are told together. */
const gatherMS = 300;

/** Calls load after changes of anything, until the returned function is called. */
export function onChanges(load: () => void): () => void {
  let gathering: ReturnType<typeof setTimeout> | undefined;
  const gather = (): void => {
    gathering ??= setTimeout(() => {
      gathering = undefined;
      load();
    }, gatherMS);
  };
  const ends = [on("integration:changed", gather), on("overview:changed", gather)];
  return () => {
    for (const end of ends) end();
    clearTimeout(gathering);
  };
}
