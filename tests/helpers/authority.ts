/**
 * A certificate authority for tests, made with openssl.
 *
 * @module
 */

/** What a certificate is for. */
export interface CertificateOptions {
  /** The DNS names. The first one is the common name, too. */
  names: readonly string[];
  /** The type of the key. Default: `"ec"`. */
  key?: "ec" | "rsa";
  /** How long it is valid, in days. Default: 2. */
  days?: number;
  /** Encrypts the key. */
  passphrase?: string;
}

/** The paths of a certificate and its key. */
export interface Issued {
  readonly certFile: string;
  readonly keyFile: string;
}

/** An authority. Its files are removed at the end of a block. */
export class Authority implements AsyncDisposable {
  /** The folder of all files. */
  readonly folder: string;
  #count = 0;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Makes an authority. */
  static async create(): Promise<Authority> {
    const authority = new Authority(await Deno.makeTempDir({ prefix: "goer" }));
    await openssl(
      ..."req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2".split(" "),
      ...["-subj", "/CN=authority", "-keyout", `${authority.folder}/ca.key`],
      ...["-out", authority.caFile],
    );
    return authority;
  }

  /** The path of its certificate. */
  get caFile(): string {
    return `${this.folder}/ca.pem`;
  }

  /** Issues a certificate. */
  async issue({ names, key = "ec", days = 2, passphrase }: CertificateOptions): Promise<Issued> {
    const path = `${this.folder}/${++this.#count}`;
    const [certFile, keyFile] = [`${path}.pem`, `${path}.key`];
    const kind = key === "ec" ? "ec -pkeyopt ec_paramgen_curve:prime256v1" : "rsa:2048";
    await openssl(
      ...`req -new -nodes -newkey ${kind}`.split(" "),
      ...["-subj", `/CN=${names[0] ?? "nameless"}`, "-keyout", keyFile, "-out", `${path}.csr`],
    );
    const alternatives = names.map((name) => `DNS:${name}`).join(",");
    const extensions = (names.length > 0 ? `subjectAltName=${alternatives}\n` : "") +
      "basicConstraints=CA:FALSE\n";
    await Deno.writeTextFile(`${path}.ext`, extensions);
    await openssl(
      ...["x509", "-req", "-in", `${path}.csr`, "-CA", this.caFile, "-CAkey"],
      ...[
        `${this.folder}/ca.key`,
        "-set_serial",
        String(crypto.getRandomValues(new Uint32Array(1))[0]),
        "-days",
        String(days),
      ],
      ...["-extfile", `${path}.ext`, "-out", certFile],
    );
    if (passphrase === undefined) return { certFile, keyFile };
    const encrypted = `${path}.encrypted`;
    // Not the cipher that openssl 3.0 uses by default, 3DES, which Deno does not know.
    await openssl(
      ..."pkcs8 -topk8 -v2 aes-256-cbc".split(" "),
      ...["-in", keyFile, "-out", encrypted, "-passout", `pass:${passphrase}`],
    );
    return { certFile, keyFile: encrypted };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}

async function openssl(...args: string[]): Promise<void> {
  const command = new Deno.Command("openssl", { args, stdin: "null", stderr: "piped" });
  const { success, stderr } = await command.output();
  if (!success) throw new Error(`openssl ${args[0]} failed: ${new TextDecoder().decode(stderr)}`);
}
