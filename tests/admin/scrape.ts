/**
 * Reads an admin listener, as scrapers do.
 *
 * @module
 */

/** The values of a scrape, by metric and labels as they are written. */
export async function scrape(port: number): Promise<Map<string, number>> {
  const response = await fetch(`http://127.0.0.1:${port}/metrics`);
  const lines = (await response.text()).split("\n");
  return new Map(
    lines.filter((line) => line !== "" && !line.startsWith("#")).map((line) => {
      const space = line.lastIndexOf(" ");
      return [line.slice(0, space), Number(line.slice(space + 1))];
    }),
  );
}

/** Asks for a path; returns the status and the body. */
export async function get(
  url: string,
  headers: Record<string, string> = {},
): Promise<[status: number, body: string]> {
  const response = await fetch(url, { headers });
  return [response.status, await response.text()];
}
