/**
 * Checks the options of TLS.
 *
 * @module
 */

import { checkNumber, invalidOption, MAX_DELAY } from "./numbers.ts";
import { checkOptions, NUMBER, type OptionType, TEXT } from "./option_types.ts";
import type { TlsIdentity, TlsServerName, TlsTrust } from "./runtime/runtime.ts";

/** A list that is not empty, and whose entries have a certain form. */
function listOf(expected: string, check: (entry: string) => boolean): OptionType {
  const isEntry = (entry: unknown) => typeof entry === "string" && check(entry);
  return [expected, (value) => Array.isArray(value) && value.length > 0 && value.every(isEntry)];
}

/** A DNS name as clients send it (RFC 6066 section 3), in which `*` can be the first label. */
const SERVER_NAME = /^(?:\*\.)?(?:[\w-]{1,63}\.)*(?!\d+$)[\w-]{1,63}$/i;

const SERVER_NAMES = listOf(
  'a list of DNS names in ASCII, such as "shop.example" or "*.shop.example"',
  (name) => SERVER_NAME.test(name),
);

/** RFC 7301 section 3.1. */
const PROTOCOL_NAMES = listOf(
  "a list of protocols, each with 1 to 255 bytes",
  (name) => name !== "" && new TextEncoder().encode(name).length <= 255,
);

/** Certificates in PEM. Runtimes ignore other text, and would then trust no certificate. */
export const AUTHORITIES: OptionType = [
  "text with certificates in PEM",
  (value) => typeof value === "string" && value.includes("-----BEGIN CERTIFICATE-----"),
];

/** One of some strings. */
function oneOf(...values: string[]): OptionType {
  const expected = values.map((value) => `"${value}"`).join(" or ");
  return [expected, (value) => values.includes(value as string)];
}

const CERTIFICATE_TYPES = {
  cert: TEXT,
  certFile: TEXT,
  key: TEXT,
  keyFile: TEXT,
  passphrase: TEXT,
};

const IDENTITY_TYPES: Readonly<Record<keyof TlsServerName, OptionType>> = {
  ...CERTIFICATE_TYPES,
  names: SERVER_NAMES,
};

const TYPES: Readonly<Record<keyof TlsIdentity, OptionType>> = {
  ...CERTIFICATE_TYPES,
  alpnProtocols: PROTOCOL_NAMES,
  ca: AUTHORITIES,
  caFile: TEXT,
  ciphers: TEXT,
  clientCertificate: oneOf("request", "require"),
  handshakeTimeout: NUMBER,
  identities: ["a list of objects", Array.isArray],
  minVersion: oneOf("TLSv1.2", "TLSv1.3"),
};

/**
 * Checks the options of TLS of a service.
 *
 * @throws {GoerError} `GOER_INVALID_ARGUMENT` if one is not valid.
 */
export function checkTlsOptions(tls: TlsIdentity | undefined): void {
  if (tls === undefined) return;
  checkOptions(tls, { of: "a service", types: TYPES, prefix: "tls." });
  checkNumber("tls.handshakeTimeout", tls.handshakeTimeout, [1, MAX_DELAY]);
  checkCertificate(tls, "tls");
  tls.identities?.forEach((identity, index) => {
    const prefix = `tls.identities[${index}]`;
    checkOptions(identity, { of: "a service", types: IDENTITY_TYPES, prefix: `${prefix}.` });
    checkCertificate(identity, prefix);
  });
  if (tls.ca !== undefined) checkAlone(tls.caFile, "tls.caFile", "tls.ca");
  const hasCa = tls.ca !== undefined || tls.caFile !== undefined;
  if (hasCa === (tls.clientCertificate !== undefined)) return;
  throw invalidOption(
    hasCa ? "tls.clientCertificate" : "tls.ca",
    hasCa
      ? '"request" or "require", because tls.ca is for the certificates of clients'
      : "the authorities of the certificates of clients, or tls.caFile",
    "nothing",
  );
}

/** Checks that a client has both a certificate and a key, or neither. */
export function checkPair({ cert, key, passphrase }: TlsTrust = {}): void {
  const missing = key === undefined ? "key" : "cert";
  if ((cert ?? key ?? passphrase) === undefined || (cert !== undefined && key !== undefined)) {
    return;
  }
  throw invalidOption(`tls.${missing}`, "a certificate of the client with its key", "one of them");
}

/** A certificate and a key, each as text or as a file. */
function checkCertificate(given: TlsServerName, prefix: string): void {
  for (const name of ["cert", "key"] as const) {
    const [text, file] = [`${prefix}.${name}`, `${prefix}.${name}File`];
    if (given[name] !== undefined) checkAlone(given[`${name}File`], file, text);
    else if (given[`${name}File`] === undefined) {
      throw invalidOption(text, `text in PEM, or a path in ${file}`, "nothing");
    }
  }
}

/** The same thing must not be given twice. */
function checkAlone(value: unknown, name: string, other: string): void {
  if (value !== undefined) throw invalidOption(name, `nothing beside ${other}`, "both");
}
