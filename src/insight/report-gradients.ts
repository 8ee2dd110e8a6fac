import { base64, faint, type InteractiveSection, needsScript, section } from './report-section.ts';
import { MOST_BACK } from './symbol-gradients.ts';

/** The colour goes from the largest gradient of the symbol that is picked down to 1/1000 of it, on a logarithmic scale. */
const DECADES = 3;

/** The byte that stands for the largest gradient. 0 stands for what is less than the smallest that is shown. */
const FULL = 255;

/** What the page needs to colour the symbols before the one that is picked. */
interface GradientData {
  readonly decades: number;
  /** For each symbol, the largest gradient; 0 where there is none. */
  readonly largest: readonly number[];
  /** For each symbol, a byte for each symbol before it, the nearest first, in base64. */
  readonly back: readonly string[];
}

/** What each prediction depends on: a click on a symbol colours the symbols before it. */
export function gradientSection(
  gradients: readonly ArrayLike<number>[],
  shown: number,
  notes: readonly string[],
): InteractiveSection {
  const extent = gradients.length < shown ? `the first ${gradients.length} of ${shown} symbols` : 'the whole text';
  return {
    markup: section(
      'memory',
      'What a prediction depends on',
      faint(
        'Click on a symbol s, or move to it with the arrow keys. Each earlier symbol k is then coloured by ‖∂\u00a0log\u00a0p(s)/∂x_k‖, where x_k is what the network reads of k, and p(s) is the probability that it gave to s: the stronger the colour, the more the prediction depends on k (Madsen 2019).',
      ),
      faint(
        `This is for ${extent}, and for at most ${MOST_BACK} symbols back. A model of lines forgets everything at the start of a line.`,
      ),
      ...notes.map(faint),
      needsScript('Picking a symbol'),
      '<p class="key faint"><span>1/1000 of the largest</span><i class="ramp gradient"></i><span>the largest<span id="largest"></span></span></p>',
      '<pre class="text" id="gradient" role="listbox" aria-label="Symbols of the text" aria-orientation="horizontal"></pre>',
      '<p class="faint" id="told" role="status"></p>',
    ),
    data: gradientData(gradients),
  };
}

function gradientData(gradients: readonly ArrayLike<number>[]): GradientData {
  const largest = gradients.map((row) => Number(Math.max(0, ...Array.from(row)).toPrecision(3)));
  return {
    decades: DECADES,
    largest,
    back: gradients.map((row, at) => base64(Uint8Array.from(row, (value) => byteOf(value, largest[at]!)))),
  };
}

/** 1 for 10^−DECADES of the largest, and 255 for the largest. */
function byteOf(value: number, largest: number): number {
  if (largest === 0 || value === 0) return 0;
  const place = 1 + Math.log10(value / largest) / DECADES;
  return place < 0 ? 0 : Math.min(FULL, 1 + Math.round(place * (FULL - 1)));
}
