/** The few shapes that the picture is made of, as SVG text. It knows nothing of what they mean. */

export const INK = '#1f2933';

/** About what a line of 11.5 pixels takes: enough to set one beside the next. */
export function widthOf(words: string): number {
  const narrow = words.replace(/[^ijlftr,.' ]/g, '').length;
  const wide = words.replace(/[^mwMWA]/g, '').length;
  return words.length * 6.6 - narrow * 2.6 + wide * 2.8;
}

export function text(
  x: number,
  y: number,
  words: string,
  style: { size?: number; fill?: string; anchor?: string; weight?: number },
): string {
  const { size = 13, fill = INK, anchor = 'start', weight = 400 } = style;
  return `<text x="${round(x)}" y="${y}" font-size="${size}" fill="${fill}" text-anchor="${anchor}" font-weight="${weight}">${words}</text>`;
}

export function round(value: number): number {
  return Math.round(value * 10) / 10;
}
