/**
 * Slightly invalid messages.
 *
 * @module
 */

/** Numbers that are the same in every run (mulberry32). */
export function randomNumbers(seed: number): (below: number) => number {
  return (below) => {
    seed = seed + 0x6d2b79f5 | 0;
    let mixed = Math.imul(seed ^ seed >>> 15, 1 | seed);
    mixed = mixed + Math.imul(mixed ^ mixed >>> 7, 61 | mixed) ^ mixed;
    return ((mixed ^ mixed >>> 14) >>> 0) % below;
  };
}

/** Values of a wrong type or size. */
const STRANGE: readonly string[] = [
  "null",
  "true",
  "[]",
  "{}",
  "-1",
  "0",
  "1.5",
  "1e999",
  "9007199254740993",
  '""',
  '"__proto__"',
  '"constructor"',
  '"\\ud800"',
  '"\\u0000\\u001b[2J"',
  "[[[[[[[[]]]]]]]]",
  '{"__proto__":{"type":"ready"},"constructor":null,"toJSON":1,"length":4294967296}',
];

/** Longer than any text may be. Rarely used, because it takes long. */
const LONG = JSON.stringify("x".repeat(70_000));

const MARK = "\u0001strange\u0001";

/** JSON of a value with one wrong part. The value itself does not change. */
export function mutatedJson(value: unknown, random: (below: number) => number): string {
  const whole: Record<string, unknown> = { value };
  let [parent, key] = [whole, "value"];
  for (let depth = random(6); depth > 0; depth--) {
    const inner = parent[key];
    if (typeof inner !== "object" || inner === null) break;
    const keys = Object.keys(inner);
    if (keys.length === 0) break;
    [parent, key] = [inner as Record<string, unknown>, keys[random(keys.length)]];
  }
  const before = parent[key];
  const [missing, more] = [random(4) === 0, `${key}x`];
  if (missing) delete parent[key];
  else if (random(3) === 0 && !Array.isArray(parent)) parent[more] = MARK;
  else parent[key] = MARK;
  const json = JSON.stringify(whole.value) ?? "";
  delete parent[more];
  parent[key] = before;
  const strange = random(1000) === 0 ? LONG : STRANGE[random(STRANGE.length)];
  return json.replace(JSON.stringify(MARK), () => strange);
}

/** Bytes of which some are changed, missing or repeated. */
export function mutatedBytes(
  bytes: Uint8Array,
  random: (below: number) => number,
): Uint8Array<ArrayBuffer> {
  const result = [...bytes];
  for (let count = 1 + random(4); count > 0; count--) {
    const at = random(result.length + 1);
    const how = random(4);
    if (how === 0) result.splice(at, 1 + random(8));
    else if (how === 1) result.splice(at, 0, ...result.slice(at, at + random(16)));
    else if (how === 2) result.splice(at, 0, random(256));
    else result[at] = random(256);
  }
  return Uint8Array.from(result);
}
