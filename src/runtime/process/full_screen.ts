/**
 * A screen that fills the terminal, and is drawn again and again.
 *
 * The escape codes are those of xterm ("XTerm Control Sequences"). Terminals ignore what they do not
 * know.
 *
 * @module
 */

import process from "node:process";
import { writeStyled } from "./output.ts";
import { exit } from "./process.ts";
import { onSignal, type Signal } from "./signals.ts";
import { outputRows } from "./terminal.ts";

/** Uses the other buffer, hides the cursor, and cuts long lines. */
const ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l";

/** Undoes {@linkcode ENTER}. */
const LEAVE = "\x1b[?7h\x1b[?25h\x1b[?1049l";

/** The terminal shows what is between these at once. */
const BEGIN_UPDATE = "\x1b[?2026h";
const END_UPDATE = "\x1b[?2026l";

/** The exit codes after a signal, as shells have them: 128 and its number. */
const SIGNALS: readonly [Signal, number][] = [["SIGINT", 0], ["SIGTERM", 143], ["SIGHUP", 129]];

/** A screen that fills the terminal. The end of the process restores what was there before. */
export class FullScreen {
  readonly #onKeys: (bytes: Uint8Array) => void;
  readonly #leave = () => this.close();
  #open = true;

  /**
   * Opens the screen. A signal ends this process.
   *
   * @param onKey Receives a key: a character, or the code of a special key, such as `\x1b[A`.
   */
  constructor(onKey: (key: string) => void) {
    const { stdin } = process;
    this.#onKeys = (bytes) => {
      for (const key of keysIn(new TextDecoder().decode(bytes))) onKey(key);
    };
    process.on("exit", this.#leave);
    for (const [signal, code] of SIGNALS) onSignal(signal, () => exit(code));
    writeStyled(ENTER);
    if (!stdin.isTTY) return;
    stdin.setRawMode(true);
    stdin.on("data", this.#onKeys);
    stdin.resume();
  }

  /**
   * Draws a text over the previous one, line by line: a terminal that is cleared first flickers.
   *
   * @param text Printable lines. Those that do not fit are left out.
   * @param footer The last line.
   */
  draw(text: string, footer: string): void {
    if (!this.#open) return;
    const rows = outputRows();
    const lines = text.split("\n").slice(0, rows - 1);
    while (lines.length < rows - 1) lines.push("");
    const drawn = [...lines, footer].map((line) => `${line}\x1b[K`).join("\r\n");
    writeStyled(`${BEGIN_UPDATE}\x1b[H${drawn}${END_UPDATE}`);
  }

  /** Restores the terminal. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    const { stdin } = process;
    process.off("exit", this.#leave);
    if (stdin.isTTY) {
      stdin.off("data", this.#onKeys);
      stdin.setRawMode(false);
      stdin.pause();
    }
    writeStyled(LEAVE);
  }
}

/** The keys in what a terminal has sent: control sequences of ECMA-48, and single characters. */
export function keysIn(text: string): string[] {
  // deno-lint-ignore no-control-regex -- these codes are the keys
  return text.match(/\x1b[[O][0-9;]*[A-Za-z~]|[^]/gu) ?? [];
}
