/**
 * Values that an application may pass to `send` by mistake, as expressions, so that apps on other
 * runtimes can evaluate them as well.
 *
 * @module
 */

/** Values that are neither text nor bytes, by their name in errors. */
export const WRONG: Readonly<Record<string, string>> = {
  "null": "null",
  "a number (42)": "42",
  "a boolean (true)": "true",
  "a bigint (7)": "7n",
  "a function": "() => 'ok'",
  "a symbol": "Symbol('ok')",
  "an Object": "{ length: 100, byteLength: 100 }",
  "an Array": "[111, 107]",
  "a String": "new String('ok')",
  "an ArrayBuffer": "new ArrayBuffer(100)",
  "a SharedArrayBuffer": "new SharedArrayBuffer(100)",
  "a DataView": "new DataView(new ArrayBuffer(100))",
  "a Uint16Array": "new Uint16Array(100)",
  "a Float64Array": "new Float64Array(100)",
  "a Uint8ClampedArray": "new Uint8ClampedArray(100)",
  "a Blob": "new Blob(['ok'])",
  "an object": "Object.create(Object.create(null))",
};

/** Bytes that claim a length of `said`: by their class, or by their own property. */
export function lying(size: number, said: number): string[] {
  const bytes = `(new Uint8Array(${size}).fill(120))`;
  const getter = `get() { return ${said}; }`;
  return [
    `new (class Other extends Uint8Array { ${getter.replace("get", "get length")}
      ${getter.replace("get", "get byteLength")} })${bytes}`,
    `Object.defineProperty(new Uint8Array${bytes}, "length", { ${getter} })`,
  ];
}

/** The value of an expression. */
export function evaluated<Value>(expression: string): Value {
  return new Function(`return (${expression});`)();
}
