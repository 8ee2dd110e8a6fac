/**
 * Exports models of every kind, and has PyTorch and ONNX Runtime compute what they predict (test/exchange/parity.py): logits over 200 symbols
 * must equal this program's to 1e-5, and so must the log-probabilities of models of pairs.
 *
 *     pip install torch==2.13.0 safetensors onnx onnxruntime
 *     node test/exchange/parity.ts python3
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exportModel } from '../../src/exchange/export.ts';
import { checkpointOf, logitsOf, MODELS, randomSymbols } from './models.ts';
import { logsOf, PAIR_MODELS, pairCheckpointOf, pairOf, TRANSDUCERS } from './pair-models.ts';

const [python = 'python3'] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'rnn-parity-'));
const cases = MODELS.map(({ label, config }, index) => {
  const checkpoint = checkpointOf(config);
  const symbols = randomSymbols(200, checkpoint.model.symbols);
  const files = { safetensors: join(folder, `${index}.safetensors`), onnx: join(folder, `${index}.onnx`) };
  for (const path of Object.values(files)) exportModel(checkpoint, path);
  return { label, config: checkpoint.model, files, symbols, logits: logitsOf(checkpoint, symbols) };
});
const pairCases = [...PAIR_MODELS, ...TRANSDUCERS].map(({ label, config }, index) => {
  const checkpoint = pairCheckpointOf(config);
  const files = { safetensors: join(folder, `pairs-${index}.safetensors`), onnx: join(folder, `pairs-${index}.onnx`) };
  for (const path of Object.values(files)) exportModel(checkpoint, path);
  return { label, config, files, ...pairOf(config), logs: logsOf(checkpoint) };
});
writeFileSync(join(folder, 'cases.json'), JSON.stringify([...cases, ...pairCases]));
const script = fileURLToPath(new URL('parity.py', import.meta.url));
const program = fileURLToPath(new URL('../../src/exchange', import.meta.url));
const { status } = spawnSync(python, [script, join(folder, 'cases.json'), program], { stdio: 'inherit' });
rmSync(folder, { recursive: true });
process.exitCode = status ?? 1;
