/** Prints configurations and metadata of models of pairs, as `rnn export` writes them: test/golden/exchange.py saves them with PyTorch's own numbers. */
import { writeMetadata } from '../../src/exchange/metadata.ts';
import { PAIR_MODELS, pairCheckpointOf, pairOf } from '../exchange/pair-models.ts';

const FILES: Readonly<Record<string, string>> = {
  'tagger, GRU, fused, embedding': 'tagger',
  'classifier, tanh RNN, ensemble': 'classifier',
  'transducer, LSTM, additive, fused, context': 'transducer',
};

const models = PAIR_MODELS.flatMap(({ label, config }) =>
  FILES[label]
    ? [
        {
          ...{ file: `${FILES[label]}.safetensors`, config, ...pairOf(config) },
          metadata: Object.fromEntries(writeMetadata(pairCheckpointOf(config))),
        },
      ]
    : [],
);
console.log(JSON.stringify(models));
