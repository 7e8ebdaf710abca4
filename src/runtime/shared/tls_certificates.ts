/**
 * Reads certificates and their keys, and refuses those that no handshake could use.
 *
 * @module
 */

import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { GoerError } from "../../errors.ts";
import type { TlsCertificate, TlsIdentity } from "../runtime.ts";

/** A certificate with its key, in PEM. */
export interface LoadedCertificate {
  readonly cert: string;
  readonly key: string;
  readonly passphrase: string | undefined;
  /** The names of servers that it is for, in lower case. */
  readonly names: readonly string[];
}

/** All that a server needs from files. */
export interface LoadedTls {
  /** The default first. */
  readonly certificates: readonly LoadedCertificate[];
  /** The authorities of clients. */
  readonly ca: string | undefined;
}

/**
 * Reads the files of a service.
 *
 * @param address The address of the service, for errors.
 * @throws {GoerError} `GOER_INVALID_ARGUMENT` if a file, a certificate or a key cannot be used.
 */
export function loadTls(identity: TlsIdentity, address: string): LoadedTls {
  const { identities = [], ca, caFile } = identity;
  const certificates = [load(identity, "tls", address)];
  identities.forEach((one, index) => {
    const loaded = load(one, `tls.identities[${index}]`, address);
    const names = one.names?.map((name) => name.toLowerCase()) ?? loaded.names;
    if (names.length === 0) {
      const [option, file] = [`tls.identities[${index}]`, one.certFile];
      const reason = `it is for no DNS name, and ${option}.names is missing`;
      throw unusable(sourceOf(option, "cert", file, address), reason);
    }
    certificates.push({ ...loaded, names });
  });
  if (ca === undefined && caFile === undefined) return { certificates, ca: undefined };
  const source = sourceOf("tls", "ca", caFile, address);
  const authorities = ca ?? readPem(caFile!, source);
  checkAuthorities(authorities, source);
  return { certificates, ca: authorities };
}

/** Each certificate in PEM. One that is cut off has no end. */
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^]*?(?:-----END CERTIFICATE-----|$)/g;

/** Refuses authorities of which no client can have a certificate: runtimes would ignore them. */
function checkAuthorities(pem: string, what: string): void {
  const authorities = parseCertificates(pem, what);
  if (authorities.length === 0) throw unusable(what, "it has no certificate in PEM");
  const now = Date.now();
  if (authorities.some(({ validTo }) => Date.parse(validTo) >= now)) return;
  throw unusable(what, `the certificate has expired on ${authorities[0].validTo}`);
}

/** The certificates of a chain, or of authorities. */
function parseCertificates(pem: string, what: string): X509Certificate[] {
  const certificates = pem.match(CERTIFICATE) ?? [];
  return certificates.map((one) => attempt(() => new X509Certificate(one), what));
}

/** The files that a service reads. */
export function filesOf({ caFile, identities = [], ...first }: TlsIdentity): string[] {
  const files = [first, ...identities].flatMap(({ certFile, keyFile }) => [certFile, keyFile]);
  return [...files, caFile].filter((file) => file !== undefined);
}

function load(given: TlsCertificate, option: string, address: string): LoadedCertificate {
  const { certFile, keyFile, passphrase } = given;
  const [certName, keyName] = [
    sourceOf(option, "cert", certFile, address),
    sourceOf(option, "key", keyFile, address),
  ];
  const cert = given.cert ?? readPem(certFile!, certName);
  const key = given.key ?? readPem(keyFile!, keyName);
  const certificate = attempt(() => new X509Certificate(cert), certName);
  parseCertificates(cert, certName);
  if (passphrase === undefined && /^-----BEGIN ENCRYPTED |^Proc-Type: 4,ENC/m.test(key)) {
    throw unusable(keyName, `it is encrypted, and ${option}.passphrase is missing`);
  }
  const privateKey = attempt(() => createPrivateKey({ key, passphrase }), keyName);
  if (!certificate.checkPrivateKey(privateKey)) {
    throw unusable(keyName, `it does not belong to the certificate in ${certName}`);
  }
  const now = Date.now();
  if (Date.parse(certificate.validTo) < now) {
    throw unusable(certName, `the certificate has expired on ${certificate.validTo}`);
  }
  if (Date.parse(certificate.validFrom) > now) {
    throw unusable(certName, `the certificate is not valid before ${certificate.validFrom}`);
  }
  return { cert, key, passphrase, names: namesOf(certificate) };
}

/** Where the certificate or the key is, for errors. */
function sourceOf(option: string, part: string, file: string | undefined, address: string): string {
  return file === undefined ? `${option}.${part} of ${address}` : `${file} (${option}.${part}File)`;
}

/** The DNS names of a certificate (RFC 5280, section 4.2.1.6). */
function namesOf({ subjectAltName = "" }: X509Certificate): string[] {
  return [...subjectAltName.matchAll(/(?:^|, )DNS:([^,]+)/g)].map(([, name]) => name.toLowerCase());
}

function readPem(file: string, what: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw unusable(what, (cause as Error).message, cause);
  }
}

/** Reads the certificate or the key, and says which one is not valid. */
function attempt<T>(read: () => T, what: string): T {
  try {
    return read();
  } catch (cause) {
    throw unusable(
      `${what}, in PEM`,
      cause instanceof Error ? cause.message : String(cause),
      cause,
    );
  }
}

function unusable(what: string, reason: string, cause?: unknown): GoerError {
  return new GoerError("GOER_INVALID_ARGUMENT", `Cannot use ${what}: ${reason}`, { cause });
}

/**
 * The identity for a server (RFC 9525): an exact name goes before `*`, which stands for one label, as
 * in `*.example.com`.
 *
 * @param identities The default first. It counts last.
 */
export function identityFor<Identity extends Pick<LoadedCertificate, "names">>(
  [first, ...others]: readonly Identity[],
  server: string,
): Identity {
  const wildcard = server.replace(/^[^.]+(?=\.)/, "*");
  for (const name of [server, wildcard]) {
    const found = [...others, first].find(({ names }) => names.includes(name));
    if (found !== undefined) return found;
  }
  return first;
}
