/** Draws widgets of a CloudWatch dashboard as one HTML page: boxes, lines and tables from values that are given. It fetches no data. */

/** As in a DashboardBody: 24 columns; one row is 50 pixels high or so. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Line {
  readonly label: string;
  readonly color: string;
  /** Epoch seconds and value, in order. */
  readonly points: readonly (readonly [number, number])[];
}

export interface GraphOptions {
  readonly from: number;
  readonly to: number;
  readonly annotations: readonly { readonly value: number; readonly label: string; readonly color: string }[];
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}

const COLUMN = 58;
const ROW = 46;
const GAP = 6;
const DAY = 86_400;

export function page(
  widgets: readonly { readonly box: Box; readonly title: string; readonly body: string }[],
): string {
  const height = Math.max(...widgets.map(({ box }) => box.y + box.height)) * ROW;
  const boxes = widgets.map(
    ({ box, title, body }) =>
      `<div class="box" style="left:${box.x * COLUMN}px;top:${box.y * ROW}px;width:${box.width * COLUMN - GAP}px;` +
      `height:${box.height * ROW - GAP}px">${title === '' ? '' : `<h2>${escaped(title)}</h2>`}${body}</div>`,
  );
  return `<!doctype html><meta charset="utf-8"><style>
body{margin:12px;background:#f2f3f3;font:12px/1.4 "DejaVu Sans",Arial,sans-serif;color:#16191f}
main{position:relative;width:${24 * COLUMN}px;height:${height}px}
.box{position:absolute;box-sizing:border-box;background:#fff;border:1px solid #d5dbdb;padding:6px 10px;overflow:hidden}
h2{font-size:13px;margin:0 0 4px}code{font:11px "DejaVu Sans Mono",monospace;background:#f2f3f3;padding:1px 3px}
.alarm{display:inline-block;width:230px;margin:2px 6px 2px 0;padding:4px 8px;border-left:5px solid;background:#fafafa}
.number{display:inline-block;width:45%;margin:14px 0 0 8px}.number b{display:block;font-size:24px;font-weight:400}
table{border-collapse:collapse;width:100%}td,th{text-align:left;border-bottom:1px solid #eaeded;padding:2px 8px 2px 0;white-space:nowrap;max-width:620px;overflow:hidden;text-overflow:ellipsis}
</style><main>${boxes.join('\n')}</main>`;
}

export function table(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[], tag: string) =>
    `<tr>${cells.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join('')}</tr>`;
  return `<table>${row(heading, 'th')}${rows.map((cells) => row(cells, 'td')).join('')}</table>`;
}

export function alarmStates(states: readonly (readonly [name: string, state: string])[]): string {
  const colors: Record<string, string> = { OK: '#1d8102', ALARM: '#d13212', INSUFFICIENT_DATA: '#879596' };
  return states
    .map(
      ([name, state]) =>
        `<span class="alarm" style="border-color:${colors[state]}">${escaped(name)}<br><b style="color:${colors[state]}">${state}</b></span>`,
    )
    .join('');
}

export function numbers(values: readonly (readonly [label: string, value: string])[]): string {
  return values
    .map(([label, value]) => `<span class="number"><b>${escaped(value)}</b>${escaped(label)}</span>`)
    .join('');
}

/** Bold and code of Markdown, the only two that the dashboard uses. */
export function markdown(text: string): string {
  return escaped(text)
    .replaceAll(/\*\*(.+?)\*\*/g, '<b>$1</b>')
    .replaceAll(/`(.+?)`/g, '<code>$1</code>');
}

export function graph({ width, height }: Box, lines: readonly Line[], options: GraphOptions): string {
  const plot = { left: 34, top: 6, width: width * COLUMN - GAP - 70, height: height * ROW - GAP - 86 };
  const values = [
    ...lines.flatMap(({ points }) => points.map(([, value]) => value)),
    ...options.annotations.map(({ value }) => value),
  ];
  const low = options.min ?? Math.min(0, ...values);
  const high = options.max ?? Math.max(1, ...values) * 1.05;
  const x = (at: number) => plot.left + ((at - options.from) / (options.to - options.from)) * plot.width;
  const y = (value: number) => plot.top + (1 - (value - low) / (high - low)) * plot.height;
  const horizontal = (value: number, stroke: string, dash = '') =>
    `<line x1="${plot.left}" x2="${plot.left + plot.width}" y1="${y(value)}" y2="${y(value)}" stroke="${stroke}" ${dash}/>`;
  const ticks = [0, 0.5, 1].map((share) => low + (high - low) * share);
  const days = Array.from(
    { length: Math.floor((options.to - options.from) / DAY / 5) + 1 },
    (_, index) => options.from + index * 5 * DAY,
  );
  return `<svg width="${width * COLUMN - GAP - 24}" height="${height * ROW - GAP - 40}" font-size="10" fill="#545b64">
${ticks.map((value) => `${horizontal(value, '#eaeded')}<text x="2" y="${y(value) + 3}">${Number(value.toPrecision(2))}</text>`).join('')}
${days.map((at) => `<text x="${x(at)}" y="${plot.top + plot.height + 14}">${new Date(at * 1000).toISOString().slice(5, 10)}</text>`).join('')}
${options.annotations.map(({ value, label, color }) => `${horizontal(value, color, 'stroke-dasharray="4"')}<text x="${plot.left + plot.width - 40}" y="${y(value) - 3}" fill="${color}">${escaped(label)}</text>`).join('')}
${lines.map(({ points, color }) => `<polyline fill="none" stroke="${color}" stroke-width="1.6" points="${points.map(([at, value]) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`).join(' ')}"/>${points.length < 60 ? points.map(([at, value]) => `<circle r="2" fill="${color}" cx="${x(at).toFixed(1)}" cy="${y(value).toFixed(1)}"/>`).join('') : ''}`).join('')}
${lines.map(({ label, color }, index) => `<rect x="${plot.left + index * 130}" y="${plot.top + plot.height + 22}" width="9" height="9" fill="${color}"/><text x="${plot.left + 13 + index * 130}" y="${plot.top + plot.height + 30}">${escaped(label)}</text>`).join('')}
</svg>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
