/** Which hosts are Momento's: a key and its refresh token are sent to no other, whatever endpoint a secret names. */

const MOMENTO_DOMAIN = 'momentohq.com';

const HOST_NAME = /^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/i;

/**
 * @param more host names in small letters beside Momento's: they and the hosts below them are accepted too
 * @returns whether the host lies below one of them, as a plain name: no port, no user
 */
export function isMomentoHost(host: string, more: readonly string[]): boolean {
  const name = host.toLowerCase();
  return HOST_NAME.test(name) && [MOMENTO_DOMAIN, ...more].some((domain) => name.endsWith(`.${domain}`));
}
