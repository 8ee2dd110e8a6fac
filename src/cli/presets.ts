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
  balanced: { cell: 'gru', hidden: 256, lr: 0.004, dropout: 0.1, ema: 0.99 },
  /** The least loss that patience gives: a quarter of an hour for a megabyte. */
  best: { cell: 'gru', hidden: 512, lr: 0.003, dropout: 0.35, dropconnect: 0.15, ema: 0.995, epochs: 9 },
};

/** Any of these says how long a run is, and so takes the place of a preset's. */
const LIMITS: readonly string[] = ['epochs', 'steps', 'time'];

/** Groups of options that decide what is learned. */
const GROUPS = ['Model:', 'Training:', 'Dropout:'];

/**
 * Gives a command the values of a preset, but for options that the command line has, and returns all that it then trains with, as
 * options that say the same without a preset.
 */
export function applyPreset(command: Command, name: PresetName): string {
  const given = (key: string): boolean => command.getOptionValueSource(key) === 'cli';
  const limited = LIMITS.some(given);
  for (const [key, value] of Object.entries(OPTIONS[name])) {
    if (!given(key) && !(limited && LIMITS.includes(key))) command.setOptionValueWithSource(key, value, 'preset');
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
