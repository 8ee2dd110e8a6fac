/** How often each label is taken for each other one. */
export interface Confusion {
  /** [target][predicted] counts, of labels 0 … V − 1. */
  readonly matrix: readonly (readonly number[])[];
  readonly total: number;
  /** Σ of the diagonal / total. */
  readonly accuracy: number;
  readonly labels: readonly LabelFigures[];
  /** The mean of F1 over the labels that are a target or a prediction anywhere. */
  readonly macroF1: number;
}

/** What is measured of one label. Rates whose denominator is 0 are 0. */
export interface LabelFigures {
  readonly label: number;
  /** How often it is the target, and how often it is predicted. */
  readonly support: number;
  readonly predicted: number;
  /** Right predictions of the label / predictions of the label. */
  readonly precision: number;
  /** Right predictions of the label / targets of the label. */
  readonly recall: number;
  /** 2 · precision · recall / (precision + recall). */
  readonly f1: number;
}

/** The confusion matrix of V labels and what follows from it. The accuracy of nothing is NaN, and so is its macro-F1. */
export function confusionOf(
  labels: number,
  pairs: Iterable<{ readonly target: number; readonly predicted: number }>,
): Confusion {
  const matrix = Array.from({ length: labels }, () => Array<number>(labels).fill(0));
  for (const { target, predicted } of pairs) matrix[target]![predicted]!++;
  const figures = matrix.map((_, label) => figuresOf(matrix, label));
  const occurring = figures.filter(({ support, predicted }) => support + predicted > 0);
  const total = figures.reduce((sum, { support }) => sum + support, 0);
  const right = matrix.reduce((sum, row, label) => sum + row[label]!, 0);
  const macroF1 = occurring.reduce((sum, { f1 }) => sum + f1, 0) / occurring.length;
  return { matrix, total, accuracy: right / total, labels: figures, macroF1 };
}

function figuresOf(matrix: readonly (readonly number[])[], label: number): LabelFigures {
  const right = matrix[label]![label]!;
  const support = matrix[label]!.reduce((sum, count) => sum + count, 0);
  const predicted = matrix.reduce((sum, row) => sum + row[label]!, 0);
  const [precision, recall] = [ratio(right, predicted), ratio(right, support)];
  // Equal to 2PR / (P + R), and defined where both are 0.
  return { label, support, predicted, precision, recall, f1: ratio(2 * right, support + predicted) };
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
