import { stripVTControlCharacters } from 'node:util';
import stringWidth from 'string-width';
import { describe, expect, test } from 'vitest';
import { paint } from '../../src/cli/output.ts';
import { terminalChart } from '../../src/cli/terminal-chart.ts';
import type { Chart, Series } from '../../src/insight/chart.ts';

const UNIT = { scale: 'linear', include: [0, 1] } as const;

function chartOf(...series: Series[]): Chart {
  return { title: 'T', x: { label: 'x', ...UNIT }, y: { label: 'y', ...UNIT }, series };
}

/** The rows of the plot alone, without the axis and what is left of it. */
function plotted(drawn: string): string[] {
  return drawn.split('\n').flatMap((line) => /^[^┤│]*[┤│](.*)$/.exec(line)?.[1] ?? []);
}

/** Row (from the top) and column of every mark. */
function places(drawn: string, mark: string): [number, number][] {
  return plotted(drawn).flatMap((row, at) =>
    [...row].flatMap((cell, column) => (cell === mark ? [[at, column] as [number, number]] : [])),
  );
}

describe('a chart in characters', () => {
  test('has points where they belong: corners in the corners, the middle in the middle', () => {
    const dots: Series = {
      name: 'a',
      kind: 'points',
      points: [
        [0, 0],
        [0.5, 0.5],
        [1, 1],
      ],
    };
    const line: Series = { name: 'b', points: [] };
    const found = places(terminalChart(chartOf(dots, line), 52), '●');
    expect(found).toHaveLength(3);
    expect(found[0]).toEqual([0, 39]); // 52 columns, less 12 beside
    expect(found[1]![0]).toBeOneOf([7, 8]);
    expect(found[1]![1]).toBeOneOf([19, 20]);
    expect(found[2]).toEqual([15, 0]);
  });

  test('joins the points of a line in every column, along the lowest row and the highest, too', () => {
    for (const level of [0, 0.4, 1]) {
      const flat: Series = {
        name: 'a',
        points: [
          [0, level],
          [1, level],
        ],
      };
      const found = places(terminalChart(chartOf(flat, { name: 'b', points: [] }), 52), '●');
      expect(found.map(([, column]) => column)).toEqual(Array.from({ length: 40 }, (_, column) => column));
      expect(new Set(found.map(([row]) => row))).toEqual(new Set([Math.round((1 - level) * 15)]));
    }
  });

  test('labels rows and columns where their values are', () => {
    const drawn = terminalChart(
      chartOf({
        name: 'a',
        points: [
          [0, 0],
          [1, 1],
        ],
      }),
      52,
    ).split('\n');
    expect(drawn[1]).toMatch(/^1\.0┤/);
    expect(drawn[16]).toMatch(/^0\.0┤/);
    const [axis, labels] = [drawn[17]!, drawn[18]!];
    expect([...axis].lastIndexOf('┬')).toBe(43);
    expect(labels).toMatch(/^ *0\.0 .* 1\.0$/);
    expect(drawn.at(-1)!.trim()).toBe('x');
  });

  test('tells series apart without colour, and fits a narrow terminal', () => {
    const series = Array.from(
      { length: 4 },
      (_, index): Series => ({
        name: `s${index}`,
        points: [
          [0, index / 4],
          [1, index / 4],
        ],
      }),
    );
    const drawn = terminalChart(chartOf(...series), 40);
    for (const mark of '●▲■◆') expect(places(drawn, mark).length).toBeGreaterThan(10);
    expect(drawn).toMatch(/\n● s0 {3}▲ s1 {3}■ s2 {3}◆ s3$/);
    expect(Math.max(...drawn.split('\n').map((line) => line.length))).toBeLessThanOrEqual(40);
  });

  test('shows points and lines in its legend as they are drawn, in colours too', () => {
    const series: Series[] = [
      { name: 'line', points: [] },
      { name: 'sink', kind: 'points', points: [[0, 0]] },
    ];
    const { level } = paint;
    try {
      paint.level = 3;
      expect(
        stripVTControlCharacters(terminalChart(chartOf(...series), 60))
          .split('\n')
          .at(-1),
      ).toBe('━━ line   ● sink');
    } finally {
      paint.level = level;
    }
  });

  test('tells twelve series apart, in colours and without, and wraps their names', () => {
    const series = Array.from(
      { length: 12 },
      (_, index): Series => ({
        name: `run ${index}`,
        points: [
          [0, index],
          [1, index],
        ],
      }),
    );
    const drawn = terminalChart(chartOf(...series), 60);
    const marks = new Set(plotted(drawn).flatMap((row) => [...row.trim()].filter((cell) => cell !== ' ')));
    expect(marks.size).toBe(12);
    for (const line of drawn.split('\n')) expect(stringWidth(line)).toBeLessThanOrEqual(60);
    for (const { name } of series) expect(drawn).toContain(` ${name}`);
    for (const level of [2, 3] as const) {
      paint.level = level;
      // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are what it looks for
      const colours = terminalChart(chartOf(...series), 60).match(/\u001b\[38;[\d;]+m/g);
      paint.level = 0;
      expect(new Set(colours).size).toBe(12);
    }
  });

  test('without points says so', () => {
    expect(terminalChart(chartOf({ name: 'a', points: [] }), 80)).toBe('T: y\n(no points)');
  });
});
