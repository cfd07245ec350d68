// A vendor's file, such as Google's client_secret_….json, is read here and handed to the backend unread.
import type { Problem } from "../bridge/types";

/** Such files have 3 KiB; whatever is much longer is another file. */
export const fileLimit = 64 * 1024;

export interface ReadFile {
  name: string;
  text: string;
}

function problem(code: string, value: string): Problem {
  return { field: "import", code, args: { value, limit: "64 KiB" } };
}

/** The file's text, or what is wrong with it. */
export async function read(file: File | undefined): Promise<ReadFile | Problem> {
  // Some web views tell that something was dropped, and not what.
  if (file === undefined) return problem("import_no_file", "");
  if (file.size === 0) return problem("import_empty", file.name);
  if (file.size > fileLimit) return problem("import_too_big", file.name);
  try {
    return { name: file.name, text: await file.text() };
  } catch {
    // A folder, or a file that may not be read.
    return problem("import_unreadable", file.name);
  }
}

/** What was dropped: one file is taken, and several or none are not. */
export function dropped(transfer: DataTransfer | null): File | undefined {
  return transfer?.files.length === 1 ? (transfer.files[0] ?? undefined) : undefined;
}
