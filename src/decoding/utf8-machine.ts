import type { DFA } from 'refa';
import type { Machine } from './automaton.ts';

type Node = DFA.ReadonlyNode;

/** The ranges of code points by their number of bytes. Surrogates have no bytes, and are left out. */
const EQUALLY_LONG = [
  { bytes: 1, least: 0, most: 0x7f },
  { bytes: 2, least: 0x80, most: 0x7ff },
  { bytes: 3, least: 0x800, most: 0xd7ff },
  { bytes: 3, least: 0xe000, most: 0xffff },
  { bytes: 4, least: 0x10000, most: 0x10ffff },
] as const;

/** A place within a character or, if no byte is missing, between two characters. */
interface State {
  /** The state before the character. If all characters that are still possible lead to the same state, that state. */
  readonly node: Node;
  /** Bytes that are still missing. */
  readonly missing: number;
  /** The code points that are still possible. Undefined if all of them lead to the same state. */
  readonly low?: number;
  readonly high?: number;
}

/**
 * Turns a deterministic automaton over code points into one over the bytes of their UTF-8. The bytes at the start of a character are
 * remembered only while the characters that they can begin lead to different states. The automaton therefore has few states, although a
 * class such as \p{L} has thousands of byte sequences.
 *
 * @param bytesOf the bytes of each symbol, [V]: usually one; none if the symbol is in no text
 */
export function utf8Machine(dfa: DFA, bytesOf: readonly (readonly number[])[]): Machine<State> {
  const finals: ReadonlySet<Node> = dfa.finals;
  const numbers = new Map<Node, number>([...dfa.nodes()].map((node, index) => [node, index]));
  const edges = new Map<Node, readonly Edge[]>(
    [...dfa.nodes()].map((node) => [node, [...node.out].map(([{ min, max }, to]) => ({ min, max, to }))]),
  );
  const step = ({ node, missing, low = 0, high = 0x10ffff }: State, byte: number): State | undefined => {
    if (missing === 0) return begin(node, byte, edges);
    if (byte < 0x80 || byte > 0xbf) return undefined;
    if (low === 0 && high === 0x10ffff) return { node, missing: missing - 1 };
    const size = 64 ** (missing - 1);
    const first = Math.floor(low / (64 * size)) * 64 * size + (byte & 0x3f) * size;
    return settle(node, missing - 1, first, Math.max(low, first), Math.min(high, first + size - 1), edges);
  };
  return {
    start: { node: dfa.initial, missing: 0 },
    classes: bytesOf.map((bytes, symbol) => (bytes.length === 0 ? -1 : symbol)),
    next: (state, symbol) => {
      let at: State | undefined = bytesOf[symbol]!.length === 0 ? undefined : state;
      for (const byte of bytesOf[symbol]!) at = at && step(at, byte);
      return at;
    },
    accepts: ({ node, missing }) => missing === 0 && finals.has(node),
    key: ({ node, missing, low, high }) => `${numbers.get(node)} ${missing} ${low} ${high}`,
  };
}

interface Edge {
  readonly min: number;
  readonly max: number;
  readonly to: Node;
}

/** After a character's first byte. */
function begin(node: Node, byte: number, edges: ReadonlyMap<Node, readonly Edge[]>): State | undefined {
  const bytes = byte < 0x80 ? 1 : byte < 0xc0 ? 0 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : byte < 0xf8 ? 4 : 0;
  const size = 64 ** (bytes - 1);
  const first = (bytes === 1 ? byte : byte & (0x7f >> bytes)) * size;
  const range = EQUALLY_LONG.find(
    ({ bytes: length, least, most }) => length === bytes && first <= most && first + size > least,
  );
  if (!range) return undefined;
  return settle(node, bytes - 1, first, Math.max(first, range.least), Math.min(first + size - 1, range.most), edges);
}

/**
 * The state in which the characters from `low` to `high` are still possible. If all of them lead to one state, and they are all that the
 * missing bytes can make from `first` on, it is that state.
 */
function settle(
  node: Node,
  missing: number,
  first: number,
  low: number,
  high: number,
  edges: ReadonlyMap<Node, readonly Edge[]>,
): State | undefined {
  if (low > high) return undefined;
  const reached = edges.get(node)!.filter(({ min, max }) => min <= high && max >= low);
  const [edge] = reached;
  if (!edge) return undefined;
  const isWhole = low === first && high === first + 64 ** missing - 1;
  return isWhole && edge.min <= low && edge.max >= high ? { node: edge.to, missing } : { node, missing, low, high };
}
