import type { Bar, Row } from "../../src/bridge/types";

export const ago = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString();

/** The last 24 hours: bad for so many, blank at the beginning. */
export function hours(status: string, since: number, blank: number): Bar[] {
  return Array.from({ length: 24 }, (_, i): Bar => {
    const hoursAgo = 23 - i;
    const start = ago(hoursAgo * 60);
    if (hoursAgo >= 24 - blank) return { start, status: "", ok: 0, failing: 0, unknown: 0 };
    const bad = hoursAgo < since;
    return { start, status: bad ? status : "connected", ok: bad ? 0 : 12, failing: bad ? 12 : 0, unknown: 0 };
  });
}

const letters: Record<string, string> = {
  connected: "c",
  expires_soon: "e",
  retrying: "r",
  needs_reauthorization: "n",
  waiting_for_admin: "a",
  waiting_for_commerce_intelligence: "w",
  paused: "p",
  unknown: "u",
};

export function row(id: string, name: string, provider: string, providerName: string, more: Partial<Row> = {}, since = 0, blank = 0): Row {
  const status = more.status ?? "connected";
  return {
    id,
    name,
    provider,
    providerName,
    status,
    verdict: status === "connected" ? "ok" : "failing",
    cause: "",
    theirs: "",
    rule: "",
    next: "nothing",
    repair: "reconnect",
    account: "",
    checkedAt: ago(2),
    succeededAt: more.checkedAt ?? ago(2),
    dueAt: ago(-3),
    retryAt: "",
    expiresAt: "",
    incidentSince: "",
    paused: false,
    history: hours(status, since, blank)
      .map((h) => letters[h.status] ?? "-")
      .join(""),
    ...more,
  };
}

export function sampleRows(): Row[] {
  const two = ago(2);
  return [
    row("int_ga", "Google Analytics", "google-analytics", "Google Analytics", { account: "ana@shop.example", checkedAt: two, succeededAt: two }),
    row("int_ads", "Google Ads", "google-ads", "Google Ads", { account: "ads@shop.example", status: "needs_reauthorization", cause: "account_change", next: "reconnect", succeededAt: ago(312) }, 5),
    row("int_stripe", "Stripe", "stripe", "Stripe", { account: "Acme Store", status: "needs_reauthorization", cause: "expired", next: "update_credentials", repair: "update_credentials", succeededAt: ago(58) }, 1),
    row("int_zd", "Zendesk Support", "zendesk", "Zendesk", { account: "support@shop.example", status: "waiting_for_admin", cause: "account_change", next: "ask_owner", repair: "update_credentials", succeededAt: ago(1500) }, 24),
    row("int_shop", "Acme Store", "shopify", "Shopify", { account: "acme.myshopify.com", status: "retrying", cause: "third_party", next: "wait", retryAt: ago(-7), succeededAt: ago(36) }, 1),
    row("int_my", "Store database", "mysql", "MySQL", { account: "relink_read@db.shop.example", status: "unknown", verdict: "unknown", cause: "this_computer", next: "unlock_keychain", repair: "update_credentials", checkedAt: ago(14), succeededAt: ago(44) }, 1),
    row("int_pg", "Warehouse", "postgresql", "PostgreSQL", { account: "reporting", repair: "update_credentials", checkedAt: ago(11), succeededAt: ago(11) }, 0, 9),
    row("int_fb", "Facebook Ads", "oauth2-generic", "OAuth 2.0", { account: "Acme Ads", status: "expires_soon", next: "reconnect", expiresAt: ago(-4 * 24 * 60), checkedAt: two, succeededAt: two }),
    row("int_ga2", "Google Analytics, Brazil", "google-analytics", "Google Analytics", { account: "ana@shop.example", checkedAt: two, succeededAt: two }),
    row("int_klav", "Newsletter", "http-api-key", "HTTP API key", { status: "paused", paused: true, repair: "update_credentials", checkedAt: ago(60 * 70), succeededAt: ago(60 * 70) }, 0, 24),
    row("int_ci", "Commerce Intelligence", "commerce-intelligence", "Adobe Commerce Intelligence", { account: "194", repair: "update_credentials", checkedAt: two, succeededAt: two }),
    row("int_mbi", "Orders export", "http-api-key", "HTTP API key", { account: "client 1842", status: "waiting_for_commerce_intelligence", cause: "commerce_intelligence", next: "wait", checkedAt: two, succeededAt: two, repair: "update_credentials" }, 3),
  ];
}

export function manyRows(n: number): Row[] {
  const base = sampleRows();
  return Array.from({ length: n }, (_, i) => {
    const from = base[i % 40 === 0 ? 1 : i % 55 === 0 ? 4 : 0] ?? row("x", "x", "x", "x");
    return { ...from, id: `int_${i}`, name: `${from.name} ${i + 1}` };
  });
}

const attacks = [
  "<img src=x onerror=alert(1)>",
  "<script>alert(1)</script>",
  "{{constructor.constructor('alert(1)')()}}",
  "\u202Etxt.exe",
  "a\u200Bb\u200Bc",
  "javascript:alert(1)",
  "<svg onload=alert(1)>",
  "x".repeat(5_000),
];

export function hostileRows(): Row[] {
  return attacks.map((text, i) => row(`int_h${i}`, text, "stripe", text, { account: text, status: "needs_reauthorization", cause: "expired", next: "reconnect" }));
}
