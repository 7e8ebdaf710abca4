/**
 * Writes `docs/reference.md`: every option, handler, member and command, with the descriptions in
 * the sources.
 *
 * @module
 */

import { type CommandDescription, COMMANDS } from "../src/cli/commands.ts";
import { type OptionDescription, OPTIONS } from "../src/cli/options.ts";

const ROOT = new URL("..", import.meta.url).pathname;

/** Where the reference is. */
export const REFERENCE = `${ROOT}docs/reference.md`;

/** A type, as `deno doc --json` writes it. */
interface TsType {
  repr: string;
  kind: string;
  value?: unknown;
}

/** A member of an interface or a class. */
interface Entry {
  name: string;
  jsDoc?: { doc?: string; tags?: { kind: string; value?: string; doc?: string }[] };
  tsType?: TsType;
  params?: { kind: string; name?: string; left?: { name: string }; optional?: boolean }[];
  functionDef?: { params: Entry["params"]; returnType?: TsType };
  optional?: boolean;
  isStatic?: boolean;
  accessibility?: string;
  kind?: string;
}

interface Definition {
  properties?: Entry[];
  methods?: Entry[];
}

interface Symbol {
  name: string;
  declarations: { def: Definition }[];
}

/** The sections of the page: a heading, an introduction, and the interfaces and classes to list. */
const SECTIONS: [heading: string, introduction: string, ...names: string[]][] = [
  [
    "Options of a service",
    "Pass them to `new Goer(address, options)`, or write them next to `listen` in a plain object.",
    ...["GoerOptions", "ServiceOptions", "Limits", "ProcessOptions", "RunAs", "BusOptions"],
    ...["TlsIdentity", "ClientLimitOptions"],
  ],
  [
    "Handlers of a service",
    "Each is an option and a property of the service.",
    ...["Handlers", "WebSocketHandlers"],
  ],
  [
    "Options of `connect`",
    "Beside the handlers above.",
    "ConnectOptions",
    "ReconnectOptions",
    "ProxyHeaderOptions",
    "RequestOptions",
    "TlsTrust",
  ],
  ["Options of `connectPool`", "", "PoolOptions", "PoolLimits"],
  [
    "Options of `createHttp`",
    "",
    ...["HttpOptions", "AccessLogOptions", "CompressionOptions", "MultipartOptions"],
  ],
  [
    "Options of `createWebSocket`",
    "Beside the handlers above.",
    ...["WebSocketOptions", "WebSocketCompressionOptions"],
  ],
  ["Members of a service", "", "Goer", "Clustered", "Audience", "AudienceOptions"],
  ["Members of a server", "`goer.listen()` returns a server.", "Server", "CloseOptions"],
  [
    "Members of a connection",
    "",
    "Connection",
    "Client",
    "SendOptions",
    "WebSocketConnection",
    "WebSocketDetails",
  ],
  ["Members of a pool", "`connectPool` returns a pool.", "ConnectionPool"],
  ["Timers", "", "TimingWheel", "TimerOptions", "CronOptions", "Timer"],
];

/** Classes whose handlers are listed as options. */
const HANDLER_OWNERS = ["Goer", "Clustered"];

/** Members that only Goer itself calls. */
const INTERNAL = new Set(["forgot"]);

/**
 * Text for the page: links become names, lines are joined, and tags on the same line are removed.
 */
function plain(text = ""): string {
  return text.replace(/@(throws|default) .*$/s, "").replace(/\{@link(?:code)? ([^}]+)\}/g, "`$1`")
    .replace(/\s*\n\s*/g, " ").trim();
}

/** A short type. A longer one is omitted, because its description explains it. */
function typeOf(type: TsType | undefined): string {
  if (type === undefined) return "";
  if (type.kind === "union") {
    const parts = (type.value as TsType[]).map(typeOf).filter((part) => part !== "undefined");
    return parts.includes("") ? "" : parts.join(" | ");
  }
  if (type.kind === "literal" && (type.value as { kind: string }).kind === "string") {
    return JSON.stringify(type.repr);
  }
  return ["keyword", "literal", "typeRef"].includes(type.kind) ? type.repr : "";
}

/** The function type of a handler. */
function signatureOf(type: TsType | undefined): Entry["params"] | undefined {
  if (type?.kind === "union" || type?.kind === "parenthesized") {
    const inner = [type.value].flat() as TsType[];
    return inner.map(signatureOf).find((found) => found !== undefined);
  }
  return type?.kind === "fnOrConstructor" ? (type.value as Entry).params : undefined;
}

function parameters(params: Entry["params"] = []): string {
  return `(${
    params.map((one) => `${one.name ?? one.left?.name ?? "options"}${one.optional ? "?" : ""}`)
      .join(", ")
  })`;
}

function line(entry: Entry): string {
  const params = entry.params ?? entry.functionDef?.params ?? signatureOf(entry.tsType);
  const isGetter = entry.kind === "getter";
  const call = params === undefined || isGetter ? "" : parameters(params);
  const type = call === "" ? typeOf(entry.tsType ?? entry.functionDef?.returnType) : "";
  const tags = entry.jsDoc?.tags ?? [];
  const { doc } = entry.jsDoc ?? {};
  const byDefault = tags.find((tag) => tag.kind === "default")?.value ??
    /@default \{(.*)\}/.exec(doc ?? "")?.[1];
  const deprecated = tags.find((tag) => tag.kind === "deprecated");
  return [
    `- **\`${entry.name}${call}\`**`,
    type === "" ? "" : ` (\`${type}\`)`,
    `: ${plain(doc)}`,
    byDefault === undefined ? "" : ` Default: \`${byDefault}\`.`,
    deprecated === undefined ? "" : ` Deprecated: ${plain(deprecated.doc)}`,
  ].join("");
}

function membersOf({ name: owner, declarations }: Symbol): string[] {
  const { properties = [], methods = [] } = declarations[0].def;
  const seen = new Set<string>();
  return [...properties, ...methods]
    .filter(({ name, isStatic, accessibility, kind, jsDoc }) => {
      const isHidden = isStatic || accessibility === "private" || kind === "setter" ||
        name.startsWith("#") || name.startsWith("[") || seen.has(name) || jsDoc === undefined ||
        INTERNAL.has(name) || HANDLER_OWNERS.includes(owner) && /^on[A-Z]/.test(name);
      seen.add(name);
      return !isHidden;
    })
    .map(line);
}

function optionLine(option: OptionDescription): string {
  const { flag, short, value } = option;
  const summary = typeof option.summary === "string"
    ? option.summary
    : Object.entries(option.summary).map(([command, text]) => `${text} (${command})`).join(
      ". ",
    );
  const name = `--${flag}${value === undefined ? "" : `=<${value}>`}`;
  return `- **\`${short === undefined ? name : `-${short}, ${name}`}\`**: ${summary}${
    option.default === undefined ? "" : `. Default: ${option.default}`
  }`;
}

/** What follows is command lines, which `goer help` shows. */
function firstParagraph(command: string, details: string): string {
  const [paragraph] = details.split(/\n\s*\n/);
  return plain(paragraph).replace(/:$/, `: \`goer help ${command}\` shows how.`);
}

function commandLine([name, command]: [string, CommandDescription]): string {
  const { operand, summary, details, options } = command;
  const flags = options.filter((option) => option !== "help")
    .map((option) => `\`--${OPTIONS[option].flag}\``);
  return [
    `- **\`goer ${name}${operand === "" ? "" : ` <${operand}>`}\`**: ${summary}.`,
    details === undefined ? "" : ` ${firstParagraph(name, details)}`,
    flags.length === 0 ? "" : ` Options: ${flags.join(", ")}.`,
  ].join("");
}

async function output(args: string[], input = ""): Promise<string> {
  const child = new Deno.Command(Deno.execPath(), {
    args,
    cwd: ROOT,
    env: { NO_COLOR: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  await writer.close();
  const { stdout, success } = await child.output();
  if (!success) throw new Error(`deno ${args.join(" ")} failed`);
  return new TextDecoder().decode(stdout);
}

/** Creates the page. */
export async function makeReference(): Promise<string> {
  const { nodes } = JSON.parse(await output(["doc", "--json", "mod.ts"]));
  const [{ symbols }] = Object.values(nodes) as { symbols: Symbol[] }[];
  const parts = [
    "# Reference",
    "<!-- Generated by `deno task reference` from the descriptions in the sources: edit those. -->",
    "Every option, handler, member and command. The [guide](guide.md) shows how to use them.",
  ];
  for (const [heading, introduction, ...names] of SECTIONS) {
    parts.push(`## ${heading}`, introduction);
    for (const name of names) {
      const symbol = symbols.find((one) => one.name === name);
      if (symbol === undefined) {
        throw new Error(`mod.ts exports no ${name}: see tools/reference.ts`);
      }
      const members = membersOf(symbol);
      if (members.length === 0) throw new Error(`${name} has no members: see tools/reference.ts`);
      parts.push(`### ${name}`, members.join("\n"));
    }
  }
  parts.push("## Commands", Object.entries(COMMANDS).map(commandLine).join("\n"));
  parts.push("## Options of commands", Object.values(OPTIONS).map(optionLine).join("\n"));
  const page = parts.filter((part) => part !== "").join("\n\n");
  return await output(["fmt", "--ext=md", "-"], page);
}

if (import.meta.main) await Deno.writeTextFile(REFERENCE, await makeReference());
