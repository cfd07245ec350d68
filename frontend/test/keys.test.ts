import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import en from "$sentences/en.json";
import ptBR from "$sentences/pt-BR.json";
import { categories } from "../src/integrations/add/catalog.svelte";
import { worstFirst } from "../src/ui/status";

const source = join(import.meta.dirname, "../src");
const prefixes = "status|cause|next|button|page|list|detail|add|reauth|outcome|settings|empty|error|fact|act|category|choice|method|input|activity|calendar|disconnect|actor|revocation|theirs|cycle|incident|asked|rest|span|support";

function files(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((f) =>
    f.isDirectory() ? files(join(folder, f.name)) : [join(folder, f.name)],
  );
}

/** The keys that stand in the source as they are. */
function written(): string[] {
  const found = files(source).flatMap((file) =>
    [...readFileSync(file, "utf8").matchAll(new RegExp(`["'\`]((?:${prefixes})\\.[a-z0-9_.]+)["'\`]`, "g"))].map((m) => m[1] ?? ""),
  );
  return [...new Set(found)].filter((key) => key !== "add.svelte" && !key.endsWith("."));
}

/** The keys that the source puts together from values of the backend. */
const composed = [
  ...worstFirst.map((s) => `status.${s}`),
  ...["retrying", "expires_soon", "unknown"].map((s) => `status.${s}.at`),
  ...["third_party", "expired", "account_change", "oauth_app", "commerce_intelligence", "this_computer", "unknown"].map((c) => `cause.${c}`),
  ...categories.map((c) => `category.${c}`),
  ...["certain", "likely", "possible"].map((c) => `detail.confidence.${c}`),
  ...["keychain", "dns", "tcp", "tls", "ssh-key", "ssh", "forward", "sign-in", "database", "permission", "request", "read-only", "replica", "done"].map((s) => `detail.stage.${s}`),
  ...["reconnect", "update_credentials", "refresh_host_keys"].flatMap((b) => [`button.${b}`, `button.${b}_named`]),
  ...["keys", "revoke", "access", "status"].map((l) => `button.open_${l}`),
  ...["replaced", "added", "denied", "cancelled", "timed_out", "wrong_account", "partial_scopes", "lost_resources", "not_proven", "exchange", "not_stored", "superseded", "host_keys", "host_keys_failed"].map((r) => `outcome.title.${r}`),
  ...["oauth2_code", "oauth2_device", "oauth2_client_credentials", "service_account", "oauth1", "api_key", "basic", "database_login"].map((m) => `method.${m}`),
  ...["keychain", "memory"].map((v) => `settings.vault.${v}`),
  ...["ok", "locked", "absent", "slow", "missing", "corrupt", "refused"].map((v) => `settings.vault_state.${v}`),
  ...["window", "cli", "exec", "relink", "unrecorded"].map((a) => `actor.${a}`),
  ...["over", "week", "month", "later"].map((n) => `calendar.group.${n}`),
  ...["grant", "commerce_intelligence"].map((k) => `calendar.note.${k}`),
  ...["revoked", "pending", "refused", "untold"].map((e) => `disconnect.${e}`),
  ...["network", "keychain", "http"].map((r) => `revocation.${r}`),
  ...["added", "edited", "removed", "paused", "resumed", "reconnected", "not_reconnected", "disconnected", "revoked", "not_revoked", "revocation_dropped", "handed_out", "handed_to", "host_keys_enrolled", "host_keys_refreshed", "their_step", "their_keys", "their_keys_refreshed", "their_keys_passed", "their_keys_failed", "their_point"].map((a) => `act.${a}`),
  ...["required", "pattern", "host_has_scheme", "host_has_path", "port_range", "url_invalid", "url_not_https", "number_invalid"].flatMap((c) => [`input.${c}.problem`, `input.${c}.fix`]),
];

it.each([
  ["en", en],
  ["pt-BR", ptBR],
])("every sentence that the window uses stands in %s.json", (_, sentences) => {
  expect([...written(), ...composed].filter((key) => !(key in sentences))).toEqual([]);
});
