import { assertEquals } from "@std/assert";
import ts from "typescript";
import { files, importsOf, nodes, parse, position } from "./sources.ts";

/**
 * What the files of a folder may import, besides their own folder: a file, a folder (it ends in
 * `/`), or a library (`@std/http/`). The longest matching folder counts. Type imports count as
 * well.
 */
const ALLOWED: Record<string, readonly string[]> = {
  // The contract: what a protocol is, and how it uses its connection.
  "src/protocol/": [],
  "src/bytes/": ["src/protocol/"],
  "protocols/": [
    "@std/http/",
    "@std/media-types/",
    "pako",
    "src/bytes/",
    "src/calls.ts",
    "src/clients/",
    "src/errors.ts",
    "src/numbers.ts",
    "src/option_types.ts",
    "src/printable.ts",
    "src/promises.ts",
    "src/protocol/",
    // The boundary: everything that protocols need from a runtime.
    "src/runtime/bytes/compression.ts",
    "src/runtime/bytes/decoding.ts",
    "src/runtime/bytes/digest.ts",
    "src/runtime/bytes/text.ts",
    "src/runtime/files/content_files.ts",
  ],
  // Who a client is, and how much it may do.
  "src/clients/": [
    "ipaddr.js",
    "src/errors.ts",
    "src/numbers.ts",
    "src/option_types.ts",
    "src/protocol/",
    "src/runtime/bytes/text.ts",
    "src/runtime/runtime.ts",
    "src/runtime/sockets/endpoint.ts",
  ],
  "src/runtime/": [
    "node:",
    "socks",
    "src/errors.ts",
    "src/line_splitter.ts",
    "src/numbers.ts",
    "src/printable.ts",
    "src/protocol/connection.ts",
    "src/start_info.ts",
  ],
  "src/timer/": [
    "croner",
    "src/calls.ts",
    "src/errors.ts",
    "src/numbers.ts",
    "src/option_types.ts",
    "src/promises.ts",
    "src/runtime/process/native_timer.ts",
    "src/runtime/process/process_wide.ts",
    "src/start_info.ts",
  ],
  "src/connection/": [
    "src/bytes/",
    "src/calls.ts",
    "src/clients/",
    "src/errors.ts",
    "src/histogram.ts",
    "src/log_record.ts",
    "src/numbers.ts",
    "src/option_types.ts",
    "src/promises.ts",
    "src/protocol/",
    "src/runtime/runtime.ts",
    "src/runtime/sockets/endpoint.ts",
    "src/runtime/sockets/system_queue.ts",
    "src/timer/timers.ts",
  ],
  "src/outgoing/": [
    "tarn",
    "protocols/websocket/connection.ts",
    "src/address.ts",
    "src/bytes/outgoing.ts",
    "src/calls.ts",
    "src/connection/",
    "src/errors.ts",
    "src/numbers.ts",
    "src/option_types.ts",
    "src/promises.ts",
    "src/protocol/",
    "src/runtime/mod.ts",
    "src/runtime/runtime.ts",
    "src/runtime/sockets/endpoint.ts",
    "src/timer/timers.ts",
  ],
  "src/transport/": [
    "src/address.ts",
    "src/calls.ts",
    "src/clients/",
    "src/connection/",
    "src/errors.ts",
    "src/protocol/connection.ts",
    "src/runtime/mod.ts",
    "src/runtime/runtime.ts",
    "src/runtime/sockets/endpoint.ts",
    "src/runtime/sockets/socket_file.ts",
    "src/timer/timers.ts",
  ],
  // A driver knows its broker, and nothing about groups.
  "src/cluster/drivers/": [
    "@nats-io/transport-node",
    "@redis/client",
    "src/errors.ts",
    "src/numbers.ts",
    "src/runtime/bytes/buffer.ts",
    "src/shapes.ts",
    "src/timer/timers.ts",
  ],
  "src/cluster/": [
    "src/bytes/outgoing.ts",
    "src/calls.ts",
    "src/cluster/drivers/",
    "src/connection/background_work.ts",
    "src/connection/send_options.ts",
    "src/connection/service.ts",
    "src/errors.ts",
    "src/numbers.ts",
    "src/option_types.ts",
    "src/promises.ts",
    "src/protocol/connection.ts",
    "src/runtime/process/process_wide.ts",
    "src/start_info.ts",
    "src/timer/timers.ts",
  ],
  // A service, and the code for all folders. Only entry.ts knows the supervisor and the command
  // line.
  "src/": [
    "deno.json",
    "protocols/",
    "src/bytes/",
    "src/clients/",
    "src/outgoing/",
    "src/connection/",
    "src/entry.ts",
    "src/cluster/",
    "src/protocol/",
    "src/runtime/",
    "src/timer/timers.ts",
    "src/transport/",
  ],
  "src/entry.ts": [
    "src/cli/run_command.ts",
    "src/errors.ts",
    "src/runtime/program/launch.ts",
    "src/start_info.ts",
    "src/worker/",
  ],
  // The state machine uses only values: no process, no socket.
  "src/supervisor/machine/": [
    "src/numbers.ts",
    "src/supervisor/ipc/messages.ts",
  ],
  // The supervisor never loads the app, so it imports nothing of a worker.
  "src/supervisor/": [
    "dotenv",
    "src/bytes/receive_buffer.ts",
    "src/bounded_writer.ts",
    "src/errors.ts",
    "src/cluster/",
    "src/cluster/drivers/",
    "src/histogram.ts",
    "src/line_splitter.ts",
    "src/log.ts",
    "src/log_record.ts",
    "src/numbers.ts",
    "src/printable.ts",
    "src/process_options.ts",
    "src/runtime/",
    "src/shapes.ts",
    "src/stack_frames.ts",
    "src/start_info.ts",
    "src/supervisor/machine/",
  ],
  // Runs in the supervisor, but is loaded only if the app wants it: it is served with Goer itself.
  "src/admin/": [
    "protocols/http/mod.ts",
    "src/address.ts",
    "src/connection/",
    "src/errors.ts",
    "src/histogram.ts",
    "src/printable.ts",
    "src/protocol/",
    "src/runtime/",
    "src/supervisor/admin.ts",
    "src/supervisor/ipc/messages.ts",
    "src/supervisor/workers/status.ts",
    "src/transport/stream_transport.ts",
  ],
  "src/worker/": [
    "src/address.ts",
    "src/bounded_writer.ts",
    "src/calls.ts",
    "src/connection/stream.ts",
    "src/error_text.ts",
    "src/errors.ts",
    "src/histogram.ts",
    "src/cluster/",
    "src/cluster/drivers/",
    "src/log.ts",
    "src/numbers.ts",
    "src/options.ts",
    "src/printable.ts",
    "src/process_options.ts",
    "src/runtime/",
    "src/server.ts",
    "src/start_info.ts",
    "src/supervisor/ipc/",
    "src/supervisor/output/log_file.ts",
    "src/timer/",
  ],
  "src/cli/": [
    "@std/jsonc",
    "src/admin/admin.ts",
    "src/app.ts",
    "src/errors.ts",
    "src/line_splitter.ts",
    "src/log.ts",
    "src/log_record.ts",
    "src/numbers.ts",
    "src/printable.ts",
    "src/process_options.ts",
    "src/runtime/",
    "src/shapes.ts",
    "src/start_info.ts",
    "src/suggestion.ts",
    "src/supervisor/",
    "src/version.ts",
    "src/worker/serve_app.ts",
  ],
};

/** Names that belong to one runtime. */
const RUNTIME_NAMES = new Set(["Deno", "Bun", "process", "Buffer"]);

Deno.test("each folder imports only what it may, and every permission is used", async () => {
  const violations: string[] = [];
  const unused = new Set<string>();
  for (const [folder, allowed] of Object.entries(ALLOWED)) {
    for (const entry of allowed) unused.add(`${folder} may import ${entry}`);
  }
  for (const path of await files(".ts")) {
    const folder = longest(Object.keys(ALLOWED), path);
    if (folder === undefined) continue;
    for (const { module } of importsOf(await parse(path))) {
      if (longest(Object.keys(ALLOWED), module) === folder) continue;
      const entry = longest(ALLOWED[folder], module);
      if (entry === undefined) violations.push(`${path} imports ${module}`);
      else unused.delete(`${folder} may import ${entry}`);
    }
  }
  assertEquals({ violations, unused: [...unused] }, { violations: [], unused: [] });
});

/** The longest of `entries` that is `path` or contains it. */
function longest(entries: readonly string[], path: string): string | undefined {
  return entries.filter((entry) => path === entry || isIn(path, entry))
    .sort((a, b) => b.length - a.length)[0];
}

function isIn(path: string, entry: string): boolean {
  return path.startsWith(/[/:]$/.test(entry) ? entry : `${entry}/`);
}

Deno.test("only src/runtime names a runtime", async () => {
  const violations: string[] = [];
  for (const path of await files(".ts")) {
    if (!/^(src\/(?!runtime\/)|protocols\/|mod\.ts|cli\.ts)/.test(path)) continue;
    const source = await parse(path);
    for (const node of nodes(source)) {
      if (namesRuntime(node)) violations.push(`${position(source, node)}: ${node.getText(source)}`);
    }
  }
  assertEquals(violations, []);
});

/**
 * True for `Deno`, `globalThis.Bun`, `"node:net"`; not for a property or a local variable named
 * `process`.
 */
function namesRuntime(node: ts.Node): boolean {
  if (ts.isStringLiteral(node)) return node.text.startsWith("node:");
  if (!ts.isIdentifier(node) || !RUNTIME_NAMES.has(node.text)) return false;
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent) && parent.name === node) {
    return ts.isIdentifier(parent.expression) && parent.expression.text === "globalThis";
  }
  return ts.isPropertyAccessExpression(parent) || ts.isCallExpression(parent) ||
    ts.isNewExpression(parent) || ts.isTypeReferenceNode(parent) || ts.isTypeOfExpression(parent);
}
