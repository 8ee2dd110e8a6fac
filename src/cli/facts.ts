import { cellLabel, type ModelFacts } from '../library/inspect.ts';
import { grouped } from '../library/words.ts';
import { lossText } from './text.ts';

/** A model in short: lstm 2 × 128; an ensemble of five: 5 of gru 2 × 256. */
export function modelName({
  cell,
  layers,
  hidden,
  members,
}: Pick<ModelFacts['model'], 'cell' | 'layers' | 'hidden' | 'members'>): string {
  return `${members > 1 ? `${members} of ` : ''}${cell} ${layers} × ${hidden}`;
}

/** What a model is and how it was trained, by name, in words. */
export function factRows({ path, model, parameters, vocabulary, ...run }: ModelFacts): [string, string][] {
  const { recipe, corpus } = run;
  const { optimizer } = recipe;
  const [ensemble, all] = model.members > 1 ? [`ensemble of ${model.members}, each `, ' in all'] : ['', ''];
  const input = model.embedding > 0 ? `embedding of ${model.embedding}` : 'one-hot';
  const best = Math.min(...run.history.map((point) => point.validation ?? Number.POSITIVE_INFINITY));
  const held = `${grouped(corpus.trainSymbols)} symbols to train on, ${grouped(corpus.validationSymbols)} to validate, ${grouped(corpus.testSymbols)} to test`;
  const symbols = shortened(vocabulary.symbols.join(' '), 200);
  const rows: [string, string][] = [
    ['checkpoint', path],
    [
      'model',
      `${ensemble}${cellLabel(model)}, ${model.layers} × ${model.hidden} units, ${input} input, ${grouped(parameters)} parameters${all}`,
    ],
    ['vocabulary', `${vocabulary.size} symbols (${vocabulary.unit}s): ${symbols}`],
    ['corpus', `${corpus.mode} mode, ${grouped(corpus.characters)} characters: ${held}`],
    [
      'training',
      `${optimizer.name}, rate ${recipe.rate}, ${recipe.schedule.name} schedule, batch ${recipe.batch ?? 'fitted'}, BPTT ${recipe.bptt}, seed ${recipe.seed}`,
    ],
    ['done', `${grouped(run.step)} steps, ${run.epoch.toFixed(2)} epochs`],
  ];
  if (Number.isFinite(best)) rows.push(['validation', `${lossText(best)} a symbol at best`]);
  return rows;
}

function shortened(value: string, length: number): string {
  return value.length <= length ? value : `${value.slice(0, length)} …`;
}
