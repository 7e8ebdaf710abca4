import { assertEquals, assertMatch } from "@std/assert";
import type { TlsDetails, TlsIdentity } from "../../mod.ts";
import { FileWatch } from "../../src/runtime/shared/file_watch.ts";
import { Authority, type Issued } from "../helpers/authority.ts";
import { capabilitiesOf } from "../helpers/capabilities.ts";
import { NO_OPENSSL } from "../helpers/certificate.ts";
import type { Runtime } from "../helpers/runtimes.ts";
import { serve } from "../helpers/serve.ts";
import { shareOnEach } from "../helpers/shared.ts";
import { Socket } from "../helpers/socket.ts";
import { inTime, until } from "../helpers/wait.ts";

/** A running app, and an authority for its certificates. */
interface Setting {
  runtime: Runtime;
  authority: Authority;
  /** What the app has written to its standard error. */
  errors(): string;
  /** Listens with these options, and returns the address or the error. */
  listen(tls: TlsIdentity): Promise<string>;
}

/** Registers a test of the app for each runtime. */
const testTls = shareOnEach<Setting>(async (runtime, stack) => {
  const authority = stack.use(await Authority.create());
  const served = stack.use(await serve<string>(runtime, "tests/conformance/tls_options_app.ts"));
  const control = stack.use(await Socket.connect(served.ready));
  const listen = async (tls: TlsIdentity) => {
    await control.send(`${JSON.stringify(tls)}\n`);
    return await control.line();
  };
  return { runtime, authority, listen, errors: () => served.stderr };
}, NO_OPENSSL);

/** What a handshake by openssl has agreed on. */
interface Handshake {
  /** The common name of the server's certificate. */
  name: string | undefined;
  /** What the service knows of the handshake; undefined if it failed. */
  details: TlsDetails | undefined;
  /** What openssl has written about it. */
  output: string;
}

/** Connects with openssl, and sends a line. */
async function shake(address: string, ...options: string[]): Promise<Handshake> {
  const target = address.replace(/^.*:\/\//, "");
  const child = new Deno.Command("openssl", {
    args: ["s_client", "-quiet", "-connect", target, ...options],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode("hello\n")).catch(() => {});
  const { stdout, stderr } = await inTime(child.output(), "openssl");
  await writer.close().catch(() => {});
  const [details, output] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return {
    name: /^depth=0 CN = (\S+)/m.exec(output)?.[1],
    details: details === "" ? undefined : JSON.parse(details),
    output,
  };
}

testTls("certificates and keys can be files, and keys encrypted", async ({ authority, listen }) => {
  const issued = await authority.issue({ names: ["a.example"], passphrase: "secret" });
  const { name, details } = await shake(await listen({ ...issued, passphrase: "secret" }));
  assertEquals([name, details?.protocol], ["a.example", "TLSv1.3"]);
  assertMatch(
    await listen({ ...issued, passphrase: "wrong" }),
    /^GOER_INVALID_ARGUMENT .* \(tls\.keyFile\), in PEM: /,
  );
  assertMatch(
    await listen(issued),
    /\(tls\.keyFile\): it is encrypted, and tls\.passphrase is missing$/,
  );
});

testTls(
  "the name that a client asks for chooses the certificate",
  async ({ authority, listen }) => {
    // Keys of both types: runtimes find it hard to choose between them.
    const [first, exact, wild, named] = await Promise.all([
      authority.issue({ names: ["default.example", "first.c.example"] }),
      authority.issue({ names: ["a.example", "b.example", "exact.c.example"], key: "rsa" }),
      authority.issue({ names: ["*.c.example"] }),
      authority.issue({ names: ["other"], key: "rsa" }),
    ]);
    const identities = [wild, exact, { ...named, names: ["Named.example"] }];
    const address = await listen({ ...first, identities });
    const expected: [asked: string | undefined, name: string][] = [
      ["a.example", "a.example"],
      ["B.Example", "a.example"],
      ["x.c.example", "*.c.example"],
      // An exact name counts before a wildcard.
      ["exact.c.example", "a.example"],
      ["first.c.example", "default.example"],
      ["x.x.c.example", "default.example"],
      ["c.example", "default.example"],
      ["named.example", "other"],
      ["unknown.example", "default.example"],
      [undefined, "default.example"],
    ];
    for (const [asked, name] of expected) {
      const options = asked === undefined ? ["-noservername"] : ["-servername", asked];
      const shaken = await shake(address, ...options);
      assertEquals([asked, shaken.name], [asked, name]);
      assertEquals(shaken.details?.serverName?.toLowerCase(), asked?.toLowerCase());
    }
  },
);

testTls("ALPN chooses an application protocol", async ({ authority, listen }) => {
  const issued = await authority.issue({ names: ["a.example"] });
  const address = await listen({ ...issued, alpnProtocols: ["http/1.1", "lines"] });
  const { details } = await shake(address, "-alpn", "h2,lines");
  assertEquals(details?.alpnProtocol, "lines");
  assertEquals((await shake(address)).details?.alpnProtocol, undefined);
  assertMatch((await shake(address, "-alpn", "h2")).output, /no application protocol/);
});

testTls("a required certificate of the client is checked", async ({ authority, listen }) => {
  await using stranger = await Authority.create();
  const [issued, alice, mallory] = await Promise.all([
    authority.issue({ names: ["a.example"] }),
    authority.issue({ names: ["alice"] }),
    stranger.issue({ names: ["alice"] }),
  ]);
  const { caFile } = authority;
  const address = await listen({ ...issued, clientCertificate: "require", caFile });
  const { details } = await shake(address, "-cert", alice.certFile, "-key", alice.keyFile);
  assertEquals(details?.authorized, true);
  const { subject, alternativeNames, fingerprint, validTo } = details!.peerCertificate!;
  assertEquals([subject.CN, alternativeNames], ["alice", ["DNS:alice"]]);
  assertMatch(fingerprint, /^([\dA-F]{2}:){31}[\dA-F]{2}$/);
  assertEquals(new Date(validTo) > new Date(), true);
  assertEquals((await shake(address)).details, undefined);
  const refused = await shake(address, "-cert", mallory.certFile, "-key", mallory.keyFile);
  assertEquals(refused.details, undefined);
});

testTls("a requested certificate of the client may be missing or wrong", async (setting) => {
  const { authority, listen } = setting;
  await using stranger = await Authority.create();
  const [issued, alice, mallory] = await Promise.all([
    authority.issue({ names: ["a.example"] }),
    authority.issue({ names: ["alice"] }),
    stranger.issue({ names: ["mallory"] }),
  ]);
  const { caFile } = authority;
  const address = await listen({ ...issued, clientCertificate: "request", caFile });
  const known = await shake(address, "-cert", alice.certFile, "-key", alice.keyFile);
  assertEquals(known.details?.authorized, true);
  const none = await shake(address);
  assertEquals([none.details?.authorized, none.details?.peerCertificate], [false, undefined]);
  const wrong = await shake(address, "-cert", mallory.certFile, "-key", mallory.keyFile);
  assertEquals(wrong.details?.authorized, false);
});

testTls("minVersion refuses older versions of TLS", async ({ authority, listen }) => {
  const issued = await authority.issue({ names: ["a.example"] });
  const address = await listen(issued);
  assertEquals((await shake(address, "-tls1_2")).details?.protocol, "TLSv1.2");
  const old = ["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"];
  assertEquals((await shake(address, ...old)).details, undefined);
  const newest = await listen({ ...issued, minVersion: "TLSv1.3" });
  assertEquals((await shake(newest, "-tls1_2")).details, undefined);
  assertEquals((await shake(newest)).details?.protocol, "TLSv1.3");
});

testTls("ciphers are applied, or refused where they cannot be", async (setting) => {
  const { authority, listen, runtime } = setting;
  const issued = await authority.issue({ names: ["a.example"] });
  const cipher = "ECDHE-ECDSA-CHACHA20-POLY1305";
  const answer = await listen({ ...issued, ciphers: cipher });
  if (!capabilitiesOf(runtime).tlsCiphers) {
    assertMatch(answer, /^GOER_NOT_SUPPORTED tls\.ciphers: .* does not apply tls\.ciphers\./);
    return;
  }
  assertEquals((await shake(answer, "-tls1_2")).details?.cipher, cipher);
  assertMatch(
    await listen({ ...issued, ciphers: "nonsense" }),
    /^GOER_INVALID_ARGUMENT tls\.ciphers: .* got "nonsense"$/,
  );
});

testTls("certificates that no handshake could use are refused, by file", async (setting) => {
  const { authority, listen } = setting;
  const [issued, other, expired, nameless] = await Promise.all([
    authority.issue({ names: ["a.example"] }),
    authority.issue({ names: ["a.example"] }),
    authority.issue({ names: ["a.example"], days: -1 }),
    authority.issue({ names: [] }),
  ]);
  const chain = `${authority.folder}/chain.pem`;
  const [leaf, ca] = await Promise.all(
    [issued.certFile, authority.caFile].map((file) => Deno.readTextFile(file)),
  );
  await Deno.writeTextFile(chain, leaf + ca.slice(0, ca.length / 2));
  const mtls = { ...issued, clientCertificate: "require" as const };
  const refusals: [tls: TlsIdentity, message: string][] = [
    [expired, `${expired.certFile} (tls.certFile): the certificate has expired on `],
    [
      { ...issued, keyFile: other.keyFile },
      `${other.keyFile} (tls.keyFile): it does not belong to the certificate in ${issued.certFile}`,
    ],
    [{ ...issued, certFile: `${authority.folder}/none` }, "none (tls.certFile): ENOENT"],
    [{ ...issued, certFile: issued.keyFile }, `${issued.keyFile} (tls.certFile), in PEM: `],
    [{ ...issued, identities: [expired] }, "(tls.identities[0].certFile): the certificate has"],
    [{ ...issued, identities: [nameless] }, "(tls.identities[0].certFile): it is for no DNS name"],
    [{ ...issued, certFile: chain }, `${chain} (tls.certFile), in PEM: `],
    [{ ...mtls, caFile: issued.keyFile }, `${issued.keyFile} (tls.caFile): it has no certificate`],
    [{ ...mtls, caFile: expired.certFile }, "(tls.caFile): the certificate has expired on "],
    [{ ...mtls, caFile: chain }, `${chain} (tls.caFile), in PEM: `],
  ];
  for (const [tls, message] of refusals) {
    const answer = await listen(tls);
    assertEquals(
      [answer.includes(message), answer.slice(0, 21)],
      [true, "GOER_INVALID_ARGUMENT"],
      answer,
    );
  }
});

testTls("TLS options that do not fit together are refused", async ({ authority, listen }) => {
  const issued = await authority.issue({ names: ["a.example"] });
  const refusals: (readonly [tls: unknown, option: string])[] = [
    [{ certFile: "a" }, "tls.key"],
    [{ keyFile: "a" }, "tls.cert"],
    [{ ...issued, cert: "a" }, "tls.certFile"],
    [{ ...issued, caFile: "a" }, "tls.clientCertificate"],
    [{ ...issued, clientCertificate: "require", ca: "a" }, "tls.ca"],
    [{ ...issued, clientCertificate: "require" }, "tls.ca"],
    [{ ...issued, clientCertificate: "maybe" }, "tls.clientCertificate"],
    [{ ...issued, minVersion: "TLSv1" }, "tls.minVersion"],
    [{ ...issued, certfile: "a" }, "tls.certfile"],
    [{ ...issued, identities: [{ certFile: "a" }] }, "tls.identities[0].key"],
    [{ ...issued, identities: [{ ...issued, ca: "a" }] }, "tls.identities[0].ca"],
    [{ ...issued, identities: [null] }, "tls.identities[0]"],
    ...[[], ["*"], ["a.*.example"], ["bücher.example"], ["192.0.2.1"]].map((names) =>
      [{ ...issued, identities: [{ ...issued, names }] }, "tls.identities[0].names"] as const
    ),
    ...[[], [""], ["x".repeat(256)]].map((alpnProtocols) =>
      [{ ...issued, alpnProtocols }, "tls.alpnProtocols"] as const
    ),
  ];
  for (const [tls, option] of refusals) {
    const answer = await listen(tls as TlsIdentity);
    assertMatch(answer, /^GOER_INVALID_ARGUMENT /);
    assertEquals(answer.split(" ")[1], `${option}:`, answer);
  }
});

/** Replaces files as certbot does: by renaming. */
async function replace(target: Issued, source: Issued): Promise<void> {
  for (const file of ["certFile", "keyFile"] as const) {
    await Deno.copyFile(source[file], `${target[file]}.new`);
    await Deno.rename(`${target[file]}.new`, target[file]);
  }
}

testTls("new connections use a renewed certificate, and none fails", async (setting) => {
  const { authority, listen } = setting;
  const [issued, ...renewals] = await Promise.all(
    ["old.example", "one.example", "two.example"].map((name, index) =>
      authority.issue({ names: [name], key: index === 1 ? "rsa" : "ec" })
    ),
  );
  const address = await listen(issued);
  for (const [index, name] of ["one.example", "two.example"].entries()) {
    await replace(issued, renewals[index]);
    await until(name, async () => {
      const shaken = await shake(address);
      assertEquals(typeof shaken.details, "object", shaken.output);
      return shaken.name === name;
    });
  }
});

testTls(
  "a renewed certificate that cannot be used is reported, and the old one stays",
  async (setting) => {
    const { authority, listen, errors } = setting;
    const [issued, expired, other] = await Promise.all([
      authority.issue({ names: ["old.example"] }),
      authority.issue({ names: ["expired.example"], days: -1 }),
      authority.issue({ names: ["new.example"] }),
    ]);
    const address = await listen(issued);
    const reported = (message: RegExp) =>
      until(`${message}`, () => Promise.resolve(message.test(errors())));
    await replace(issued, expired);
    await reported(/was not replaced: .*has expired/);
    assertEquals((await shake(address)).name, "old.example");
    await Deno.writeTextFile(issued.certFile, "nothing");
    await reported(/was not replaced: .*in PEM: /);
    await replace(issued, { ...other, keyFile: expired.keyFile });
    await reported(/was not replaced: .*does not belong/);
    await Deno.remove(issued.certFile);
    await reported(/was not replaced: .*ENOENT/);
    assertEquals((await shake(address)).name, "old.example");
    await replace(issued, other);
    await until("the new certificate", async () => (await shake(address)).name === "new.example");
  },
);

Deno.test("a file that is replaced after it was read, and before it is watched, is used", async () => {
  const file = await Deno.makeTempFile({ prefix: "goer" });
  const watch = new FileWatch([file]);
  await Deno.writeTextFile(file, "new");
  const used = new Promise<void>((resolve, reject) => watch.start(resolve, reject));
  await inTime(used, "the new file").finally(() => watch.stop());
  await Deno.remove(file);
});
