/**
 * Writes metrics in the OpenMetrics format (RFC draft "OpenMetrics 1.0") and in the text format of
 * Prometheus 0.0.4, which most scrapers without a preference read.
 *
 * @module
 */

import { BUCKETS } from "../histogram.ts";

/** Measured times: the counts of the buckets, and the sum in seconds. */
export interface Distribution {
  counts: readonly number[];
  sum: number;
}

/** A value with its labels. */
export interface Sample {
  labels?: Readonly<Record<string, string>>;
  value: number | Distribution;
}

/** A metric. */
export interface Family {
  /** The name, without `_total` and the like. */
  name: string;
  type: "counter" | "gauge" | "histogram" | "summary";
  /** The unit, with which the name ends: `bytes`, `seconds`. */
  unit?: string;
  help: string;
  samples: readonly Sample[];
}

/** The types of the two formats, for `Content-Type`. */
export const CONTENT_TYPES = {
  openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
  prometheus: "text/plain; version=0.0.4; charset=utf-8",
} as const;

/** Writes metrics as OpenMetrics. */
export function openMetrics(families: readonly Family[]): string {
  const texts = families.map((family) => {
    const { name, type, unit, help } = family;
    const unitLine = unit === undefined ? "" : `# UNIT ${name} ${unit}\n`;
    return `# TYPE ${name} ${type}\n${unitLine}# HELP ${name} ${escape(help)}\n${samples(family)}`;
  });
  return `${texts.join("")}# EOF\n`;
}

/** Writes metrics as Prometheus 0.0.4, where the name of a counter has its suffix. */
export function prometheusText(families: readonly Family[]): string {
  return families.map((family) => {
    const name = family.name + (family.type === "counter" ? "_total" : "");
    return `# HELP ${name} ${escape(family.help)}\n# TYPE ${name} ${family.type}\n${
      samples(family)
    }`;
  }).join("");
}

function samples({ name, type, samples }: Family): string {
  return samples.map(({ labels = {}, value }) => {
    if (typeof value !== "number") return distribution(name, type, labels, value);
    return line(name + (type === "counter" ? "_total" : ""), labels, value);
  }).join("");
}

function distribution(
  name: string,
  type: Family["type"],
  labels: Readonly<Record<string, string>>,
  { counts, sum }: Distribution,
): string {
  let count = 0;
  let text = "";
  for (let index = 0; index <= BUCKETS.length; index++) {
    count += counts[index] ?? 0;
    const le = index === BUCKETS.length ? "+Inf" : decimal(BUCKETS[index]);
    if (type === "histogram") text += line(`${name}_bucket`, { ...labels, le }, count);
  }
  return `${text}${line(`${name}_sum`, labels, sum)}${line(`${name}_count`, labels, count)}`;
}

function line(name: string, labels: Readonly<Record<string, string>>, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escape(text)}"`);
  return `${name}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} ${value}\n`;
}

/** A bound, in the canonical form of a floating-point number. */
function decimal(bound: number): string {
  return Number.isInteger(bound) ? `${bound}.0` : String(bound);
}

function escape(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
}
