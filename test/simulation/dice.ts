/** Choices by seed: every random decision of a simulation is made here, and none anywhere else. */
import { type Random, seededRandom } from '../../local/serving/randomness.ts';

export class Dice {
  readonly random: Random;

  /** @param stream names what the dice are for: two streams of one seed do not disturb each other */
  constructor(seed: number, stream: string) {
    this.random = seededRandom(mixed(seed, stream));
  }

  chance(probability: number): boolean {
    return probability > 0 && this.random() < probability;
  }

  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + Math.floor(this.random() * (high - low + 1));
  }

  /** As `between`, each order of magnitude as likely as the next: seconds as often as hours. */
  acrossScales(low: number, high: number): number {
    return Math.round(low * (high / low) ** this.random());
  }

  /** The time to the next of events that come by chance, so many a day on average; in milliseconds. */
  nextArrivalMs(perDay: number): number {
    return Math.ceil((-Math.log(1 - this.random()) / perDay) * 86_400_000);
  }

  pick<T>(items: readonly [T, ...T[]]): T {
    return items[Math.floor(this.random() * items.length)] ?? items[0];
  }

  /** @param weighted pairs of an item and its weight */
  pickWeighted<T>(weighted: readonly (readonly [T, number])[]): T {
    let rest = this.random() * weighted.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [item, weight] of weighted) {
      rest -= weight;
      if (rest < 0) return item;
    }
    throw new Error('nothing to pick from');
  }
}

/** FNV-1a over the stream's name, on top of the seed. */
function mixed(seed: number, stream: string): number {
  let hash = (seed ^ 0x811c9dc5) >>> 0;
  for (const character of stream) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193) >>> 0;
  return hash;
}
