/** Formats a table as plain text, and times for people. */
import { stripVTControlCharacters } from 'node:util';

/** @param rows the first is the heading; cells may contain colour codes */
export function textTable(rows: readonly (readonly string[])[]): string {
  const widths = columnWidths(rows);
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - width(cell)))
        .join(COLUMN_GAP)
        .trimEnd(),
    )
    .join('\n');
}

export const COLUMN_GAP = '  ';

export function columnWidths(rows: readonly (readonly string[])[]): number[] {
  return (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => width(row[column] ?? ''))));
}

function width(cell: string): number {
  return stripVTControlCharacters(cell).length;
}

/** `3 d 4 h`, `28 d`, `2 h 5 min`, `45 s`: the largest unit of a time in seconds, and the next one if the first is below ten. */
export function duration(seconds: number): string {
  const units: readonly [string, number][] = [
    ['d', Math.floor(seconds / 86_400)],
    ['h', Math.floor(seconds / 3600) % 24],
    ['min', Math.floor(seconds / 60) % 60],
    ['s', Math.floor(seconds) % 60],
  ];
  const first = units.findIndex(([, amount]) => amount > 0);
  const [[largest, amount] = ['s', 0], next] = units.slice(first);
  const text = `${amount} ${largest}`;
  return amount < 10 && next !== undefined && next[1] > 0 ? `${text} ${next[1]} ${next[0]}` : text;
}

/** `in 3 d 4 h`, `3 d ago`: an instant in seconds from now. A past instant has only one unit. */
export function fromNow(seconds: number): string {
  if (seconds >= 0) return `in ${duration(seconds)}`;
  const [amount, unit] = duration(-seconds).split(' ');
  return `${amount} ${unit} ago`;
}
