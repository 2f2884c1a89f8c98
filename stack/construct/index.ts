/** What the npm package offers. */
export {
  type KeyRefreshedOptions,
  MomentoKeyRefresher,
  type MomentoKeyRefresherProps,
} from './momento-key-refresher.ts';
export { RefreshBefore } from './refresh-before.ts';
