/** Simulates with one safety measure off until an invariant breaks: every other module gets a stand-in for the function that carries it. */
import { registerHooks } from 'node:module';
import { MEASURES } from './measures.ts';

export interface Search {
  /** The measure's place in `MEASURES`: a function cannot be sent to another process. */
  readonly measure: number;
  readonly seeds: readonly number[];
  readonly days: number;
}

export interface Finding {
  readonly seed: number;
  readonly invariant: number;
  readonly message: string;
}

export interface Found {
  readonly finding?: Finding | undefined;
}

Error.stackTraceLimit = 2;
const { measure, seeds, days }: Search = JSON.parse(process.argv[2] ?? '');
const { off: replacement, invariant } = MEASURES[measure] ?? {};
if (replacement === undefined) throw new Error(`there is no measure ${measure}`);
const original = new URL(`../../handlers/${replacement.module}`, import.meta.url).href;
const substitute = `${original}?substitute`;
let isUsed = false;

/** The module again, with one export replaced: an export of its own hides the one of the same name from `export *`. */
const SOURCE = `
  import * as original from ${JSON.stringify(original)};
  import { MEASURES } from ${JSON.stringify(new URL('./measures.ts', import.meta.url).href)};
  export * from ${JSON.stringify(original)};
  export const ${replacement.name} = MEASURES[${measure}].off.replace(original.${replacement.name});
`;

registerHooks({
  resolve(specifier, context, nextResolve) {
    const resolved = nextResolve(specifier, context);
    if (resolved.url !== original || context.parentURL === substitute) return resolved;
    isUsed = true;
    return { ...resolved, url: substitute };
  },
  load(url, context, nextLoad) {
    if (url !== substitute) return nextLoad(url, context);
    return { format: 'module', source: SOURCE, shortCircuit: true };
  },
});

const { simulate } = await import('./simulation.ts');
if (!isUsed) throw new Error(`no module imports ${replacement.module}`);
process.send?.({ finding: await search() } satisfies Found);

async function search(): Promise<Finding | undefined> {
  for (const seed of seeds) {
    const { violation } = await simulate(seed, { days });
    // Without the measure another invariant can break first, in another run.
    if (violation !== undefined && violation.invariant === invariant)
      return { seed, invariant: violation.invariant, message: violation.message };
  }
  return undefined;
}
