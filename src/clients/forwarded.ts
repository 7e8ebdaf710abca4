/**
 * The client that trusted proxies name in `X-Forwarded-For` or `Forwarded` (RFC 7239).
 *
 * @module
 */

import type { NamedClient, TrustedProxies } from "../protocol/protocol.ts";

/** What trusted proxies say about the client. */
export interface ForwardedClient extends NamedClient {
  /** How it reached the outermost trusted proxy, if that says so. */
  readonly protocol: "http" | "https" | undefined;
  /** The host that it asked that proxy for, not checked. */
  readonly host: string | undefined;
}

/** What reads fields: the headers of a request. */
interface Fields {
  get(name: string): string | null | undefined;
}

/** One entry of a list: a proxy, or the client. */
interface Entry {
  /** The address as written: with brackets and port, or a word such as `unknown`. */
  readonly node: string;
  readonly protocol?: string | undefined;
  readonly host?: string | undefined;
}

/**
 * Finds the client: the last entry that is not a trusted proxy. The entries before it come from a
 * stranger, who can write anything.
 *
 * @param proxies The trusted proxies.
 * @param fields The header fields of the request, which has come from a trusted proxy.
 * @returns `undefined` if the proxy names no address: it says nothing, or hides the client.
 */
export function forwardedClient(
  proxies: TrustedProxies,
  fields: Fields,
): ForwardedClient | undefined {
  const { header } = proxies;
  const forwardedFor = header === "forwarded" ? undefined : fields.get("x-forwarded-for");
  if (forwardedFor) return findClient(proxies, forwardedForEntries(forwardedFor, fields));
  const forwarded = header === "x-forwarded-for" ? undefined : fields.get("forwarded");
  return forwarded ? findClient(proxies, forwardedEntries(forwarded)) : undefined;
}

/** Takes entries from the last to the first, until one is not a trusted proxy. */
function findClient(
  proxies: TrustedProxies,
  entries: Iterable<Entry>,
): ForwardedClient | undefined {
  let client: ForwardedClient | undefined;
  for (const { node, protocol, host } of entries) {
    const [address, port] = splitNode(node);
    // The proxy that wrote it hides who sent it: that proxy is all that is known.
    const known = proxies.normalize(address);
    if (known === undefined) return client;
    client = { address: known, port, protocol: protocolName(protocol), host };
    if (!proxies.has(address)) return client;
  }
  return client;
}

/** Splits `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1` or `[2001:db8::1]:4711`. */
function splitNode(node: string): [address: string, port: number] {
  const [, ipv6, ipv4, digits] =
    /^(?:\[([\da-f:.]{2,45})\]|([\d.]{7,15}))(?::(\d{1,5}))?$/i.exec(node) ?? [];
  const port = Number(digits ?? 0);
  return [ipv6 ?? ipv4 ?? node, port > 65535 ? 0 : port];
}

/** Some proxies write the protocol of a WebSocket as `wss`. */
function protocolName(protocol: string | undefined): ForwardedClient["protocol"] {
  switch (protocol?.toLowerCase()) {
    case "https":
    case "wss":
      return "https";
    case "http":
    case "ws":
      return "http";
  }
}

/**
 * The entries of `X-Forwarded-For`, last first. Proxies that add to `X-Forwarded-Proto` and
 * `X-Forwarded-Host` have the same position in each list. Most proxies replace these two fields.
 */
function* forwardedForEntries(list: string, fields: Fields): Generator<Entry> {
  const protocols = lastFirst(fields.get("x-forwarded-proto") ?? "");
  const hosts = lastFirst(fields.get("x-forwarded-host") ?? "");
  let protocol: string | undefined;
  let host: string | undefined;
  for (const node of lastFirst(list)) {
    protocol = protocols.next().value || protocol;
    host = hosts.next().value || host;
    yield { node, protocol, host };
  }
}

/** The members of a list, last first, without the blanks around them. */
function* lastFirst(list: string): Generator<string, undefined> {
  for (let end = list.length; end >= 0;) {
    const comma = end === 0 ? -1 : list.lastIndexOf(",", end - 1);
    yield list.slice(comma + 1, end).trim();
    end = comma;
  }
}

/**
 * The entries of `Forwarded`, last first. The field is read backwards because a stranger's part may
 * be broken: read forwards, a quote that never ends would swallow what the proxies have added.
 */
function* forwardedEntries(list: string): Generator<Entry> {
  let end = list.length;
  let isQuoted = false;
  for (let at = list.length - 1; at >= -1; at--) {
    const character = list[at];
    if (character === '"') isQuoted = !isQuoted;
    if (at >= 0 && (character !== "," || isQuoted)) continue;
    yield forwardedEntry(list.slice(at + 1, end));
    end = at;
  }
}

/** A pair of an entry (RFC 7239, section 4): `for="[2001:db8::1]:4711"`. */
const PAIR = /^\s*([!#$%&'*+.^`|~\w-]+)=(?:"([^"\\]*)"|([!#$%&'*+.^`|~\w:[\]-]*))\s*$/;

/** Reads `for=192.0.2.1;proto=https;host=example.com`. No part that is needed contains escapes. */
function forwardedEntry(text: string): Entry {
  const pairs = new Map<string, string>();
  for (const part of text.split(";")) {
    const [, name, quoted, token] = PAIR.exec(part) ?? [];
    if (name !== undefined) pairs.set(name.toLowerCase(), quoted ?? token);
  }
  return { node: pairs.get("for") ?? "", protocol: pairs.get("proto"), host: pairs.get("host") };
}
