/** A table as plain text, its columns as wide as they need to be. It knows nothing of what is in it. */

/** @param rows the first is the heading */
export function textTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** `3 d 4 h`, `2 h 5 min`, `45 s`: the two largest units of a time in seconds; minus where it is past. */
export function duration(seconds: number): string {
  const size = Math.abs(seconds);
  const units: readonly [string, number][] = [
    ['d', Math.floor(size / 86_400)],
    ['h', Math.floor(size / 3600) % 24],
    ['min', Math.floor(size / 60) % 60],
    ['s', Math.floor(size) % 60],
  ];
  const first = units.findIndex(([, amount]) => amount > 0);
  const shown = first === -1 ? units.slice(-1) : units.slice(first, first + 2);
  const text = shown.flatMap(([unit, amount], index) =>
    index > 0 && amount === 0 ? [] : `${amount} ${unit}`,
  );
  return `${seconds < 0 ? '-' : ''}${text.join(' ')}`;
}
