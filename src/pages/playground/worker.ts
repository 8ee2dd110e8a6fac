import { serve } from '../channel.ts';
import type { Choices, News, ReadRequest, Settings } from './protocol.ts';
import { Session } from './session.ts';

const session = new Session();

/** What the playground asks its worker. */
const service = {
  read: (request: ReadRequest) => session.read(request),
  begin: (choices: Choices) => session.begin(choices),
  tune: (choices: Choices) => session.tune(choices),
  extend: (steps: number) => session.extend(steps),
  open: ({ file, name }: { readonly file: Blob; readonly name: string }) => session.open(file, name),
  run: (_: undefined, give: (news: News) => void) => session.run(give),
  pause: (_: undefined) => session.pause(),
  step: (_: undefined) => session.step(),
  setRate: (rate: number) => session.setRate(rate),
  watch: (settings: Settings) => session.watch(settings),
  look: (_: undefined) => session.look(),
  save: (_: undefined) => session.save(),
};

export type PlaygroundService = typeof service;

/** What the fields of the form are called: messages of the library name them by their keys. */
const FIELDS: Readonly<Record<string, string>> = {
  rate: 'the learning rate',
  validation: 'the held-out part',
  bptt: 'the steps back',
  batch: 'the number of texts side by side',
  steps: 'the number of steps',
  layers: 'the number of layers',
  hidden: 'the number of units',
};

serve(service, (key) => FIELDS[key.split('.').at(-1)!] ?? key);
