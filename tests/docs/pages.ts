/**
 * The pages for users, and the code in them.
 *
 * @module
 */

import { files, read } from "../rules/sources.ts";

/** A block of code of a page. */
export interface Block {
  /** Where it begins: `docs/guide.md:7`. */
  place: string;
  /** The info string after the fence: `ts`, `sh`, `ts ignore`. */
  language: string;
  code: string;
}

/** The text of each page, by its path. */
export const PAGES: ReadonlyMap<string, string> = new Map(
  await Promise.all(
    (await files(".md")).filter((path) => /^(docs\/|README)/.test(path))
      .map(async (path) => [path, await read(path)] as const),
  ),
);

/** The blocks of code of all pages, or of pages whose path matches. */
export function blocks(pages: RegExp = /./): Block[] {
  return [...PAGES].filter(([path]) => pages.test(path)).flatMap(([path, text]) =>
    Array.from(text.matchAll(/^```(\w.*)\n([^]*?)^```$/gm), ({ index, 1: language, 2: code }) => {
      const line = text.slice(0, index).split("\n").length;
      return { place: `${path}:${line}`, language, code };
    })
  );
}
