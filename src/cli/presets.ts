import type { Command } from 'commander';

/** What `rnn train --preset` takes. */
export const PRESETS = ['quick', 'balanced', 'best'] as const;
export type PresetName = (typeof PRESETS)[number];

/**
 * Options by purpose. What a preset doesn't name keeps its default, and what is given on the command line goes before both.
 * src/training/README.md has the loss that each reaches, and what each of its ingredients gains.
 */
const OPTIONS: Record<PresetName, Readonly<Record<string, string | number>>> = {
  /** The defaults: a minute or two, and good for a first look. */
  quick: {},
  /** The least loss that a few minutes give. */
  balanced: { cell: 'gru', members: 2, hidden: 192, batch: 24, lr: 0.0033, dropout: 0.07 },
  /** The least loss that patience gives: some twenty minutes on two cores. */
  best: { cell: 'gru', members: 5, hidden: 256, batch: 24, lr: 0.0027, dropout: 0.1 },
};

/** Groups of options that decide what is learned. */
const GROUPS = ['Model:', 'Training:', 'Dropout:'];

/**
 * Gives a command the values of a preset, but for options that the command line has, and returns all that it then trains with, as
 * options that say the same without a preset.
 */
export function applyPreset(command: Command, name: PresetName): string {
  const given = (key: string): boolean => command.getOptionValueSource(key) === 'cli';
  for (const [key, value] of Object.entries(OPTIONS[name])) {
    if (!given(key)) command.setOptionValueWithSource(key, value, 'preset');
  }
  const values = command.opts<Record<string, unknown>>();
  return command.options
    .filter((option) => GROUPS.includes(option.helpGroupHeading ?? '') && option.attributeName() !== 'preset')
    .flatMap((option) => {
      const value = values[option.attributeName()];
      if (value === undefined || value === false) return [];
      return [value === true ? `${option.long}` : `${option.long} ${value}`];
    })
    .join(' ');
}
