/**
 * Supervisors that a test starts itself, as the `start --daemon` command does. This saves one process
 * per start, of which there are hundreds.
 *
 * @module
 */

import { environmentFor } from "../../src/supervisor/role.ts";

/** A supervisor in the background that has started its app. */
export class StartedSupervisor {
  readonly #child: Deno.ChildProcess;

  private constructor(child: Deno.ChildProcess) {
    this.#child = child;
  }

  /** Starts it by the words of the command, and waits until its app is ready. */
  static async start(
    [executable, ...args]: string[],
    { environment, folder }: { environment?: Record<string, string>; folder?: string },
  ): Promise<StartedSupervisor> {
    const child = new Deno.Command(executable, {
      args,
      env: { ...environmentFor({ role: "supervisor", detached: true }), ...environment },
      clearEnv: true,
      cwd: folder,
      detached: true,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const outcome = await outcomeOf(child.stdout);
    if (!outcome?.ok) {
      const text = await new Response(child.stderr).text();
      await child.status;
      throw new Error(`the app does not start: ${outcome?.text ?? ""}${text}`);
    }
    await child.stderr.cancel();
    return new StartedSupervisor(child);
  }

  /** Waits for its end. */
  async ended(): Promise<void> {
    await this.#child.status;
  }
}

/** The report that ends the start: lines before it are about the progress. */
async function outcomeOf(
  output: ReadableStream<Uint8Array<ArrayBuffer>>,
): Promise<{ ok: boolean; text: string } | undefined> {
  let text = "";
  for await (const part of output.pipeThrough(new TextDecoderStream())) {
    text += part;
    const line = /^\{.*"outcome".*\}$/m.exec(text);
    if (line !== null) return JSON.parse(line[0]);
  }
}
