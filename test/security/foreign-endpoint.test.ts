import dns from 'node:dns';
import { Socket } from 'node:net';
import { beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest';
import { MomentoKeyIssuer } from '../../handlers/adapters/momento-key-issuer.ts';
import { jwt, v1Key } from '../worlds/keys.ts';

const keyAt = (endpoint: unknown) => v1Key(endpoint, 'canary-key');

let connections: MockInstance;
let lookups: MockInstance;

beforeEach(() => {
  lookups = vi.spyOn(dns.promises, 'lookup').mockRejectedValue(new Error('the network is out of bounds'));
  connections = vi.spyOn(Socket.prototype, 'connect').mockImplementation(() => {
    throw new Error('a connection was opened');
  });
});

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

describe('MomentoKeyIssuer', () => {
  const hosts = ['momento.example.invalid'];

  it.each(FOREIGN.map((endpoint) => [JSON.stringify(endpoint), endpoint]))(
    'sends nothing if the endpoint in a v1 key is %s',
    async (_, endpoint) => {
      await assertRefused(new MomentoKeyIssuer(), keyAt(endpoint));
    },
  );

  it.each([
    [
      'a legacy key names a foreign control endpoint',
      { cp: 'control.evil.com', c: 'cache.cell.momentohq.com' },
    ],
    [
      'a legacy key names a foreign cache endpoint',
      { cp: 'control.cell.momentohq.com', c: 'cache.evil.com' },
    ],
    ['a legacy key names no endpoint', {}],
    ['a legacy key names lists', { cp: ['control.cell.momentohq.com'], c: ['cache.cell.momentohq.com'] }],
    ['a v2 key names endpoints', { t: 'g', cp: 'control.cell.momentohq.com', c: 'cache.cell.momentohq.com' }],
  ])('sends nothing if %s', async (_, claims) => {
    await assertRefused(new MomentoKeyIssuer(), jwt({ sub: 'me', ...claims }));
  });

  it.each(['', 'x', 'e30=', '..', '{}'])('sends nothing if the key is "%s"', async (apiKey) => {
    await assertRefused(new MomentoKeyIssuer(), apiKey);
  });

  it.each(['evilmomento.example.invalid', 'example.invalid', 'momento.example.invalid.evil.com'])(
    'sends nothing to %s if the host momento.example.invalid is allowed',
    async (endpoint) => {
      await assertRefused(new MomentoKeyIssuer(undefined, hosts), keyAt(endpoint));
    },
  );

  it.each([
    ['control.cell.momentohq.com', keyAt('cell.momentohq.com')],
    ['control.cell-us-east-1-1.prod.a.momentohq.com', keyAt('cell-us-east-1-1.prod.a.momentohq.com')],
    ['control.CELL.MomentoHQ.com', keyAt('CELL.MomentoHQ.com')],
    [
      'control.cell.momentohq.com',
      jwt({ sub: 'me', cp: 'control.cell.momentohq.com', c: 'cache.cell.momentohq.com' }),
    ],
    ['control.momento.example.invalid', keyAt('momento.example.invalid')],
    ['control.cell.momento.example.invalid', keyAt('cell.momento.example.invalid')],
  ])('calls %s if a key names it and its domain is allowed', async (host, apiKey) => {
    const proof = await new MomentoKeyIssuer(undefined, hosts).prove({ apiKey });
    expect(proof).toMatchObject({ result: 'unproven' });
    expect(lookups).toHaveBeenCalledWith(host, expect.anything());
  });
});
