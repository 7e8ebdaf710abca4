/**
 * Compressed data that is valid and expensive (RFC 1951, section 3.2).
 *
 * @module
 */

/** Writes bits, the lowest of each byte first. */
class BitWriter {
  readonly #bytes: number[] = [];
  #bits = 0;
  #count = 0;

  write(value: number, count: number): void {
    for (let bit = 0; bit < count; bit++) {
      this.#bits |= (value >> bit & 1) << this.#count;
      if (++this.#count === 8) this.align();
    }
  }

  /** Writes a Huffman code, whose highest bit comes first. */
  writeCode(code: number, count: number): void {
    for (let bit = count - 1; bit >= 0; bit--) this.write(code >> bit & 1, 1);
  }

  align(): void {
    if (this.#count === 0) return;
    this.#bytes.push(this.#bits);
    this.#bits = this.#count = 0;
  }

  bytes(): Uint8Array {
    this.align();
    return Uint8Array.from(this.#bytes);
  }
}

/** The order of the lengths of the codes for lengths. */
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/** Blocks without content, which each end with a code of the fixed table. */
export function fixedBlocks(count: number, final: boolean): Uint8Array {
  const writer = new BitWriter();
  for (let block = 0; block < count; block++) {
    writer.write(final ? 1 : 0, 1);
    writer.write(1, 2);
    writer.writeCode(0, 7);
    if (final) writer.align();
  }
  return writer.bytes();
}

function beginDynamicBlock(writer: BitWriter, lengthOf: (symbol: number) => number): void {
  writer.write(0, 1);
  writer.write(2, 2);
  writer.write(29, 5);
  writer.write(29, 5);
  writer.write(ORDER.length - 4, 4);
  for (const symbol of ORDER) writer.write(lengthOf(symbol), 3);
}

/** Blocks without content, each with its own table of a single code. */
export function smallTables(count: number): Uint8Array {
  const writer = new BitWriter();
  const zeros = (number: number) => {
    writer.writeCode(1, 1);
    writer.write(number - 11, 7);
  };
  for (let block = 0; block < count; block++) {
    // The code 0 means the length 1, and 1 a run of zeros.
    beginDynamicBlock(writer, (symbol) => symbol === 1 || symbol === 18 ? 1 : 0);
    zeros(138);
    zeros(118);
    writer.writeCode(0, 1);
    zeros(29 + 30);
    writer.writeCode(0, 1);
  }
  return writer.bytes();
}

/** Blocks without content, each with its own tables of maximum size. */
export function largeTables(count: number): Uint8Array {
  const writer = new BitWriter();
  const codes: Record<number, number> = { 4: 4, 5: 5, 8: 6, 9: 7 };
  /** `number` codes of a length: one, then runs of up to six more. */
  const lengths = (length: number, number: number) => {
    writer.writeCode(codes[length], 3);
    for (let left = number - 1; left > 0;) {
      const run = Math.min(6, left);
      if (run < 3) writer.writeCode(codes[length], 3);
      else {
        writer.writeCode(0, 1);
        writer.write(run - 3, 2);
      }
      left -= run < 3 ? 1 : run;
    }
  };
  for (let block = 0; block < count; block++) {
    beginDynamicBlock(writer, (symbol) => symbol === 16 ? 1 : symbol in codes ? 3 : 0);
    lengths(8, 226);
    lengths(9, 60);
    lengths(4, 2);
    lengths(5, 28);
    // The end of the block is the 31st symbol of those with nine bits.
    writer.writeCode(2 * 226 + 30, 9);
  }
  return writer.bytes();
}
