/**
 * What the WebAssembly module exports. The contract describes these functions; `wasm.ts` makes the few from them whose parameters
 * differ. Addresses count numbers here, as in the contract; inside the other files they count bytes.
 */
export {
  logisticBackward,
  logisticForward,
  reluBackward,
  reluForward,
  tanhBackward,
  tanhForward,
} from './activations';
export { additiveScores, additiveScoresBackward } from './attention';
export { dropout } from './dropout';
export { multiply8, multiply16, multiplyTransposed8, multiplyTransposed16 } from './gemm';
export {
  gruAfterBackward,
  gruAfterForward,
  gruBackward,
  gruForward,
  gruResetBackward,
  gruResetForward,
} from './gru';
export { lstmBackward, lstmForward } from './lstm';
export { adam, adaptive, average, clamp, sgd, sumOfSquares } from './optimizer';
export { pack, packTransposed } from './pack';
export { addKeptRows, fill, gatherRows, keepRows, moveRows, restoreRows, scatterRows, sumRows } from './rows';
export { SCRATCH_FLOATS, setScratch } from './scratch';
export { softmaxBackward, softmaxCrossEntropy, softmaxForward } from './softmax';
