export {
  type BeamRequest,
  beamSchema,
  constraintSchema,
  type SampleRequest,
  type ScoreRequest,
  sampleSchema,
  scoreSchema,
  type TargetBeamRequest,
} from '../decoding/options.ts';
