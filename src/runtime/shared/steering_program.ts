/**
 * The program by which Linux distributes new connections among the sockets of one address
 * (SO_ATTACH_REUSEPORT_CBPF in socket(7)): classic BPF, which needs no privilege. It returns the
 * index of a socket. Index 0 is the first socket of the address for as long as it is open: when
 * another one closes, the last one takes its index.
 *
 * @module
 */

type Instruction = [code: number, jumpTrue: number, jumpFalse: number, operand: number];

/** `BPF_LD | BPF_W | BPF_ABS` at `SKF_AD_OFF + SKF_AD_RANDOM` (linux/filter.h): a random number. */
const LOAD_RANDOM: Instruction = [0x20, 0, 0, -0x1000 + 56];

/** `BPF_ALU | BPF_MOD | BPF_K`: the remainder of a division. */
function modulo(divisor: number): Instruction {
  return [0x94, 0, 0, divisor];
}

/** `BPF_ALU | BPF_ADD | BPF_K`. */
function add(summand: number): Instruction {
  return [0x04, 0, 0, summand];
}

/** `BPF_RET | BPF_A`: returns the number at hand. */
const RETURN_NUMBER: Instruction = [0x16, 0, 0, 0];

/** `BPF_RET | BPF_K`. */
function returnConstant(value: number): Instruction {
  return [0x06, 0, 0, value];
}

/** The size of a `struct sock_filter`, in bytes. */
const INSTRUCTION_SIZE = 8;

/** A program in memory. */
export interface Program {
  /** A `struct sock_fprog`, which lacks the address of the instructions, at byte 8. */
  header: Uint8Array<ArrayBuffer>;
  /** Its instructions. */
  instructions: Uint8Array<ArrayBuffer>;
}

/**
 * Encodes the program.
 *
 * @param others 0 sends all connections to the first socket. Otherwise, each of this many sockets
 * after the first one gets its share, and the first one none.
 */
export function steeringProgram(others: number): Program {
  const program = others === 0
    ? [returnConstant(0)]
    : [LOAD_RANDOM, modulo(others), add(1), RETURN_NUMBER];
  const instructions = new Uint8Array(program.length * INSTRUCTION_SIZE);
  const view = new DataView(instructions.buffer);
  program.forEach(([code, jumpTrue, jumpFalse, operand], index) => {
    const offset = index * INSTRUCTION_SIZE;
    view.setUint16(offset, code, true);
    view.setUint8(offset + 2, jumpTrue);
    view.setUint8(offset + 3, jumpFalse);
    view.setInt32(offset + 4, operand, true);
  });
  const header = new Uint8Array(16);
  new DataView(header.buffer).setUint16(0, program.length, true);
  return { header, instructions };
}
