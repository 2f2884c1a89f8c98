/** Recognizes Momento's hosts. Keys and refresh tokens are sent to no other host, whatever endpoint a secret names. */

const MOMENTO_DOMAIN = 'momentohq.com';

const HOST_NAME = /^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/i;

/**
 * @param more host names in small letters that are accepted too, with their subdomains
 * @returns whether the text is the name of an accepted host, without a port or a user
 */
export function isMomentoHost(host: string, more: readonly string[]): boolean {
  const name = host.toLowerCase();
  return HOST_NAME.test(name) && [MOMENTO_DOMAIN, ...more].some((domain) => name.endsWith(`.${domain}`));
}
