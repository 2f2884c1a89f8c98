/** Before all tests: the stack takes the function's code from the bundle's folder, which may not be there yet. */
export { ensureBundle as setup } from '../stack/bundle.ts';
