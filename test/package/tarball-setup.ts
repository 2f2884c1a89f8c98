/** Packages the construct once, before the tests of the package. */
import type { TestProject } from 'vitest/node';
import { packageConstruct } from '../../stack/package.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The path of the npm package. */
    tarball: string;
  }
}

export async function setup({ provide }: TestProject): Promise<void> {
  provide('tarball', await packageConstruct());
}
