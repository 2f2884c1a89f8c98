import dns from 'node:dns';
import { Socket } from 'node:net';
import { beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest';
import { MomentoKeyIssuer } from '../../handlers/adapters/momento-key-issuer.ts';

/** A key as Momento's console gives it. */
function keyFor(endpoint: unknown): string {
  return Buffer.from(JSON.stringify({ endpoint, api_key: 'canary-key' })).toString('base64');
}

/** A key of the kind before: a JWT that names its control and cache endpoints. */
function legacyKeyFor(claims: Record<string, unknown>): string {
  const part = (content: object) => Buffer.from(JSON.stringify(content)).toString('base64url');
  return `${part({ alg: 'HS512' })}.${part({ sub: 'me', ...claims })}.canary-signature`;
}

let connections: MockInstance;
let lookups: MockInstance;

beforeEach(() => {
  lookups = vi.spyOn(dns.promises, 'lookup').mockRejectedValue(new Error('the network is out of bounds'));
  connections = vi.spyOn(Socket.prototype, 'connect').mockImplementation(() => {
    throw new Error('a connection was opened');
  });
});

/** Nothing is sent to anybody, and nobody is told what the key was. */
async function assertRefused(issuer: MomentoKeyIssuer, apiKey: string): Promise<void> {
  const detail = expect.stringMatching(/^(its endpoint is not one of Momento's|it is malformed)$/);
  expect(await issuer.issue({ apiKey, refreshToken: 'canary-token' })).toEqual({
    result: 'unusable',
    detail,
  });
  expect(await issuer.prove({ apiKey })).toEqual({ result: 'rejected', detail });
  expect(lookups).not.toHaveBeenCalled();
  expect(connections).not.toHaveBeenCalled();
}

const FOREIGN = [
  'evil.com',
  'evil.com/.momentohq.com',
  'evil.com#.momentohq.com',
  'evil.com?.momentohq.com',
  'evil.com\\.momentohq.com',
  'evil.com:443/.momentohq.com',
  'user@evil.com',
  'cell.momentohq.com@evil.com',
  'evil.com:443@cell.momentohq.com',
  'momentohq.com.evil.com',
  'evilmomentohq.com',
  'cell.momentohq.com:8443',
  'cell.momentohq.com.',
  'cell..momentohq.com',
  '-cell.momentohq.com',
  'cell.momentohq.com\n.evil.com',
  'evil.com\n.momentohq.com',
  'evil.com\0.momentohq.com',
  'evil.com%00.momentohq.com',
  'cell.momentohq.cоm',
  'cell。momentohq.com',
  '127.0.0.1',
  '[::1]',
  'unix:/tmp/socket.momentohq.com',
  'dns:///evil.com/cell.momentohq.com',
  ' cell.momentohq.com',
  'cell.momentohq.com ',
  ['cell.momentohq.com', 'evil.com'],
  { host: 'cell.momentohq.com' },
  42,
  true,
];

describe('a key whose endpoint is not Momento sends nothing to anybody', () => {
  it.each(FOREIGN.map((endpoint) => [JSON.stringify(endpoint), endpoint]))('%s', async (_, endpoint) => {
    await assertRefused(new MomentoKeyIssuer(), keyFor(endpoint));
  });

  it.each([
    ['a stranger for the control plane', { cp: 'control.evil.com', c: 'cache.cell.momentohq.com' }],
    ['a stranger for the cache', { cp: 'control.cell.momentohq.com', c: 'cache.evil.com' }],
    ['no endpoint at all', {}],
    ['a list', { cp: ['control.cell.momentohq.com'], c: ['cache.cell.momentohq.com'] }],
    ['a v2 key', { t: 'g', cp: 'control.cell.momentohq.com', c: 'cache.cell.momentohq.com' }],
  ])('a legacy key that names %s', async (_, claims) => {
    await assertRefused(new MomentoKeyIssuer(), legacyKeyFor(claims));
  });

  it.each(['', 'x', 'e30=', '..', '{}'])('what is no key at all: "%s"', async (apiKey) => {
    await assertRefused(new MomentoKeyIssuer(), apiKey);
  });
});

describe('a key is asked about where its endpoint says, at the hosts that are allowed', () => {
  const hosts = ['momento.example.invalid'];

  it.each([
    { key: keyFor('cell.momentohq.com'), host: 'control.cell.momentohq.com' },
    {
      key: keyFor('cell-us-east-1-1.prod.a.momentohq.com'),
      host: 'control.cell-us-east-1-1.prod.a.momentohq.com',
    },
    { key: keyFor('CELL.MomentoHQ.com'), host: 'control.CELL.MomentoHQ.com' },
    {
      key: legacyKeyFor({ cp: 'control.cell.momentohq.com', c: 'cache.cell.momentohq.com' }),
      host: 'control.cell.momentohq.com',
    },
    { key: keyFor('momento.example.invalid'), host: 'control.momento.example.invalid' },
    { key: keyFor('cell.momento.example.invalid'), host: 'control.cell.momento.example.invalid' },
  ])('$host', async ({ key, host }) => {
    const proof = await new MomentoKeyIssuer(undefined, hosts).prove({ apiKey: key });
    expect(proof).toMatchObject({ result: 'unproven' });
    expect(lookups).toHaveBeenCalledWith(host, expect.anything());
  });

  it.each(['evilmomento.example.invalid', 'example.invalid', 'momento.example.invalid.evil.com'])(
    'and nowhere else: %s',
    async (endpoint) => {
      await assertRefused(new MomentoKeyIssuer(undefined, hosts), keyFor(endpoint));
    },
  );
});
