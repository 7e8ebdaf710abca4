/**
 * Load from wrk, of the Debian package with that name.
 *
 * @module
 */

/** Options of {@linkcode wrk}. */
export interface WrkOptions {
  /** How long, in seconds. @default 3 */
  seconds?: number;
  /** Keep-alive connections. @default 100 */
  connections?: number;
  /** A Lua script. */
  script?: string;
  /** Additional request headers, as `"name: value"`. */
  headers?: string[];
}

/**
 * Loads `url` with one thread of wrk.
 *
 * @returns The number of responses.
 * @throws If a request failed.
 */
export async function wrk(url: string, options: WrkOptions = {}): Promise<number> {
  const { seconds = 3, connections = 100, script, headers = [] } = options;
  const { success, stdout, stderr } = await new Deno.Command("wrk", {
    args: [
      "--threads=1",
      `--connections=${connections}`,
      `--duration=${seconds}s`,
      // A busy machine is slow to respond, which is not what is measured.
      "--timeout=30s",
      ...script === undefined ? [] : [`--script=${script}`],
      ...headers.map((header) => `--header=${header}`),
      url,
    ],
  }).output();
  const report = new TextDecoder().decode(stdout);
  if (!success) throw new Error(`Cannot run wrk: ${new TextDecoder().decode(stderr)}${report}`);
  const trouble = /Socket errors:.*|Non-2xx.*/.exec(report);
  if (trouble !== null) throw new Error(`wrk of ${url}: ${trouble[0]}`);
  return Number(/(\d+) requests in/.exec(report)![1]);
}
