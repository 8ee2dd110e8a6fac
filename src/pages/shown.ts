import type { ShownPart } from '../text/byte-spelling.ts';
import { element } from './dom.ts';

/** The nodes of parts of a text. Escapes look otherwise than text. */
export function nodesOf(parts: readonly ShownPart[]): (Node | string)[] {
  return parts.map(({ text, isEscape }) => (isEscape ? element('span', { className: 'escape' }, text) : text));
}

/** What a reader sees of a symbol that is shown alone: a space has a sign. */
export function symbolText(label: string): string {
  return label === ' ' ? '␣' : label;
}
