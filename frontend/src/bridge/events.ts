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
