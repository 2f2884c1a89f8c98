/** What the npm package offers. */
export { MomentoKeyRefresher } from './momento-key-refresher.ts';
export type { KeyRefreshedOptions, MomentoKeyRefresherProps } from './props.ts';
export { RefreshBefore } from './refresh-before.ts';
