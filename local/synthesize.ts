/** A process of its own: bundles the function and synthesizes the stack, so that the tools' output stays out of the local run. */
import { ensureBundle } from '../stack/bundle.ts';
import { synthesizeInto } from './synthesized-template.ts';

const [, , outdir = '', settings = '{}'] = process.argv;
await ensureBundle();
synthesizeInto(outdir, JSON.parse(settings));
