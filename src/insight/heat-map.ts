import { escapeMarkup } from './escape.ts';

/** Numbers in [0, 1], in rows and columns that have names. */
export interface HeatMap {
  readonly title: string;
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  /** [row][column] */
  readonly values: readonly (readonly number[])[];
}

const CELL = 24;
const TITLE = 30;
const MARGIN = 6;
/** The approximate width of a character. A name that is longer than `LONGEST` characters is cut. */
const CHARACTER = 7.6;
const LONGEST = 16;
const FONT = 'font-family="ui-monospace, Menlo, Consolas, monospace" font-size="12"';

/** A value is shown as this colour, as strong as the value is large, so that it can be read on light and dark grounds. */
const COLOUR = '#0072b2';

/** Maps one below another, as an SVG file, on white. */
export function heatMapFile(maps: readonly HeatMap[]): string {
  const sizes = maps.map(sizeOf);
  const width = Math.max(0, ...sizes.map((size) => size.width));
  const height = sizes.reduce((sum, size) => sum + size.height, 0);
  let top = 0;
  const drawings = maps.map((map, index) => {
    const drawing = `<g transform="translate(0 ${top})">\n${marks(map)}\n</g>`;
    top += sizes[index]!.height;
    return drawing;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" ${FONT} color="#222222">`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    ...drawings,
    '</svg>\n',
  ].join('\n');
}

/** A map for a page, in its own size, which a narrow page scrolls. */
export function inlineHeatMap(map: HeatMap): string {
  const { width, height } = sizeOf(map);
  const label = escapeMarkup(map.title);
  const drawing = `<svg style="width:${width}px;max-width:none" viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}" ${FONT}>\n${marks(map)}\n</svg>`;
  return `<div class="scroll">${drawing}</div>`;
}

function marks({ title, rows, columns, values }: HeatMap): string {
  const { left, top } = placeOf({ rows, columns });
  const names = columns.map((name, column) => columnName(name, left + (column + 0.5) * CELL, top, columns));
  const lines = rows.flatMap((name, row) => [
    text(shortened(name), `x="${left - 8}" y="${top + (row + 0.5) * CELL}" dy="0.35em" text-anchor="end"`),
    ...columns.map((column, at) => cell(values[row]![at]!, `${name}: ${column}`, left + at * CELL, top + row * CELL)),
  ]);
  return [text(title, `x="${MARGIN}" y="18" font-weight="600"`), ...names, ...lines].join('\n');
}

/** Names stand upright where each is one character, and otherwise read from below. */
function columnName(name: string, middle: number, top: number, columns: readonly string[]): string {
  const isUpright = columns.every((each) => [...each].length === 1);
  return isUpright
    ? text(name, `x="${middle}" y="${top - 8}" text-anchor="middle"`)
    : text(shortened(name), `transform="translate(${middle + 4} ${top - 6}) rotate(-90)"`);
}

function cell(value: number, name: string, x: number, y: number): string {
  return (
    `<rect x="${x}" y="${y}" width="${CELL}" height="${CELL}" fill="${COLOUR}" fill-opacity="${value.toFixed(3)}" stroke="currentColor" stroke-opacity="0.15">` +
    `<title>${escapeMarkup(name)} ${value.toFixed(3)}</title></rect>`
  );
}

/** The corner of the first cell: beside the names of the rows, and below the title and the names of the columns. */
function placeOf({ rows, columns }: Pick<HeatMap, 'rows' | 'columns'>): { left: number; top: number } {
  return { left: MARGIN + longest(rows) + 8, top: TITLE + longest(columns) + 8 };
}

function sizeOf(map: HeatMap): { width: number; height: number } {
  const { left, top } = placeOf(map);
  const width = Math.max(left + map.columns.length * CELL, [...map.title].length * CHARACTER + MARGIN) + MARGIN;
  return { width: Math.ceil(width), height: Math.ceil(top + map.rows.length * CELL + 3 * MARGIN) };
}

/** The width of the longest name, in units of the drawing. */
function longest(names: readonly string[]): number {
  return Math.ceil(CHARACTER * Math.max(1, ...names.map((name) => [...shortened(name)].length)));
}

function text(content: string, attributes: string): string {
  return `<text ${attributes} fill="currentColor">${escapeMarkup(content)}</text>`;
}

function shortened(name: string): string {
  const characters = [...name];
  return characters.length <= LONGEST ? name : `${characters.slice(0, LONGEST - 1).join('')}…`;
}
