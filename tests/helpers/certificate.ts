/**
 * Certificates for tests, made with openssl.
 *
 * @module
 */

import { which } from "../tools.ts";

/** A self-signed certificate. Its files are removed at the end of a block. */
export interface Certificate extends AsyncDisposable {
  /** The path of the certificate, in PEM. */
  readonly certFile: string;
  /** The path of the private key, in PEM. */
  readonly keyFile: string;
  /** The certificate in PEM, which is also the authority for its peers. */
  readonly cert: string;
}

/** Why no certificate can be made on this machine, if so. */
export const NO_OPENSSL: string | undefined = await which("openssl") === undefined
  ? "there is no openssl"
  : undefined;

/** Makes a certificate for `localhost` and `127.0.0.1`. */
export async function makeCertificate(): Promise<Certificate> {
  const folder = await Deno.makeTempDir({ prefix: "goer" });
  const [certFile, keyFile] = [`${folder}/cert.pem`, `${folder}/key.pem`];
  const { success, stderr } = await new Deno.Command("openssl", {
    args: [
      "req",
      ..."-x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2".split(" "),
      ..."-subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1".split(" "),
      // A leaf that is its own authority: rustls does not accept an authority as a leaf.
      ..."-addext basicConstraints=critical,CA:FALSE".split(" "),
      ...["-keyout", keyFile, "-out", certFile],
    ],
    stdin: "null",
    stderr: "piped",
  }).output();
  if (!success) throw new Error(`openssl failed: ${new TextDecoder().decode(stderr)}`);
  return {
    certFile,
    keyFile,
    cert: await Deno.readTextFile(certFile),
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}
