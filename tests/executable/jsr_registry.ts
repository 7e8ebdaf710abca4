/**
 * A registry like JSR, on loopback, with this repository published: JSR itself needs a network, and
 * has only releases. Deno uses the registry in the variable `JSR_URL`.
 *
 * It has no other packages. So `@std` names are published as `deno.json` maps them, to npm, and not
 * as in `publish.json`.
 *
 * @module
 */

import ts from "typescript";
import config from "../../deno.json" with { type: "json" };
import { run } from "../cli/goer.ts";
import { files, nodes, parse, read } from "../rules/sources.ts";

/** The files that `deno publish` takes: their paths, and their text as it is published. */
async function published(): Promise<Map<string, string>> {
  const patterns = config.publish.include.map((pattern) => pattern.split("**/*"));
  const paths = (await files("")).filter((path) =>
    patterns.some(([start, end]) =>
      end === undefined ? path === start : path.startsWith(start) && path.endsWith(end)
    )
  );
  const texts = paths.map(async (path): Promise<[string, string]> => {
    return [`/${path}`, path.endsWith(".ts") ? await mapped(path) : await read(path)];
  });
  return new Map(await Promise.all(texts));
}

/**
 * A module in which names of libraries are replaced with their mapped names, as publishing does.
 */
async function mapped(path: string): Promise<string> {
  const source = await parse(path);
  let text = source.text;
  const names = [...nodes(source)].filter(ts.isStringLiteral).reverse();
  for (const node of names) {
    const target: string | undefined = Reflect.get(config.imports, node.text);
    if (target === undefined || !isImported(node)) continue;
    text = text.slice(0, node.getStart()) + JSON.stringify(target) + text.slice(node.end);
  }
  return text;
}

function isImported({ parent }: ts.StringLiteral): boolean {
  return ts.isImportDeclaration(parent) || ts.isExportDeclaration(parent) ||
    ts.isCallExpression(parent) && parent.expression.kind === ts.SyntaxKind.ImportKeyword ||
    ts.isLiteralTypeNode(parent) && ts.isImportTypeNode(parent.parent);
}

async function checksum(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return `sha256-${new Uint8Array(digest).toHex()}`;
}

/** The registry's responses about one version, by path. */
async function pagesOf(version: string, modules: Map<string, string>): Promise<[string, string][]> {
  const { name, exports } = config;
  modules.set("/deno.json", JSON.stringify({ ...config, version }));
  const manifest: Record<string, { size: number; checksum: string }> = {};
  for (const [path, text] of modules) {
    const size = new TextEncoder().encode(text).length;
    manifest[path] = { size, checksum: await checksum(text) };
  }
  const answers = [...modules].map(([path, text]): [string, string] => {
    return [`/${name}/${version}${path}`, text];
  });
  return [[`/${name}/${version}_meta.json`, JSON.stringify({ exports, manifest })], ...answers];
}

/** Variables that make Deno download into `folder`. npm packages are the existing ones. */
export async function fetchedApart(folder: string): Promise<{ DENO_DIR: string }> {
  const { out } = await run([Deno.execPath(), "info", "--json"]);
  await Deno.mkdir(folder);
  await Deno.symlink(JSON.parse(out).npmCache, `${folder}/npm`);
  return { DENO_DIR: folder };
}

/** A registry that runs; `await using` ends it. */
export interface Registry extends AsyncDisposable {
  /** Where it is. */
  readonly url: string;
  /** Publishes this repository under a version. */
  publish(version: string): Promise<void>;
}

/** Starts a registry that has this repository under its own version. */
export async function startRegistry(): Promise<Registry> {
  const answers = new Map<string, string>();
  const versions: Record<string, object> = {};
  const publish = async (version: string) => {
    for (const [path, text] of await pagesOf(version, await published())) answers.set(path, text);
    versions[version] = {};
    answers.set(`/${config.name}/meta.json`, JSON.stringify({ latest: version, versions }));
  };
  await publish(config.version);
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const { pathname } = new URL(request.url);
    const text = answers.get(pathname);
    if (text === undefined) return new Response(undefined, { status: 404 });
    const type = pathname.endsWith(".ts") ? "text/typescript" : "application/json";
    return new Response(text, { headers: { "Content-Type": type } });
  });
  return {
    publish,
    url: `http://127.0.0.1:${server.addr.port}/`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
