export {
  type BeamRequest,
  beamSchema,
  constraintSchema,
  type SampleRequest,
  type ScoreRequest,
  sampleSchema,
  scoreSchema,
} from '../decoding/options.ts';
