import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { afterAll, afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { MomentoKeyIssuer } from '../../handlers/adapters/momento-key-issuer.ts';
import type { IssuedKey } from '../../handlers/rules/key.ts';
import { encodeApiKey, Momento, MomentoError } from '../../local/momento/momento.ts';
import { type RunningMomento, startMomentoServer } from '../../local/momento/momento-server.ts';
import { seededRandom } from '../../local/serving/randomness.ts';
import { ASSET_FOLDER, INDEX } from '../../stack/bundle.ts';

let now: number;
let model: Momento;
let server: RunningMomento;
let issuer: MomentoKeyIssuer;

const folder = mkdtempSync(join(tmpdir(), 'momento-key-issuer-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The adapter over the file of the asset that holds Momento's SDK. */
function deployedIssuer(): typeof MomentoKeyIssuer {
  const outfile = join(folder, 'issuer.js');
  const entryPoints = ['handlers/adapters/momento-key-issuer.ts'];
  buildSync({ ...INDEX, entryPoints, outfile, sourcemap: false, write: true });
  copyFileSync(join(ASSET_FOLDER, 'momento.js'), join(folder, 'momento.js'));
  return createRequire(import.meta.url)(outfile).MomentoKeyIssuer;
}

/** The connections that this process opens from now on. */
function watchSockets(): readonly Socket[] {
  const sockets: Socket[] = [];
  const add = (message: unknown) => sockets.push((message as { socket: Socket }).socket);
  subscribe('net.client.socket', add);
  onTestFinished(() => {
    unsubscribe('net.client.socket', add);
  });
  return sockets;
}

async function closed(sockets: readonly Socket[]): Promise<void> {
  for (const socket of sockets) {
    if (!socket.closed) await once(socket, 'close');
  }
}

describe.each([
  ["Momento's whole SDK", MomentoKeyIssuer],
  ["the deployed part of Momento's SDK", deployedIssuer()],
])('with %s', (_, Issuer) => {
  beforeEach(async () => {
    now = 1_767_225_600;
    model = new Momento({ clock: () => now * 1000, random: seededRandom(1) });
    server = await startMomentoServer(model);
    issuer = new Issuer(server.url);
  });

  afterEach(async () => {
    await server.close();
  });

  describe('MomentoKeyIssuer.issue', () => {
    it('returns a new key that lives as long as the old one, counted from now, and keeps the old one valid', async () => {
      const old = model.generateKey({ lifetimeSeconds: 3600 });
      now += 600;
      const outcome = await issuer.issue(old);
      expect(outcome).toMatchObject({ result: 'issued', key: { expiresAt: 1_767_225_600 + 600 + 3600 } });
      const { key } = outcome as { key: IssuedKey };
      expect(await issuer.prove(key)).toEqual({ result: 'accepted' });
      expect(model.accepts(key.apiKey)).toBe(true);
      expect(model.accepts(old.apiKey)).toBe(true);
      expect(key.refreshToken).not.toBe(old.refreshToken);
    });

    it.each([
      ['a wrong refresh token', (key: { apiKey: string }) => ({ ...key, refreshToken: 'wrong' })],
      [
        'the refresh token of another key',
        (key: { apiKey: string }) => ({
          ...key,
          refreshToken: model.generateKey({ lifetimeSeconds: 3600 }).refreshToken,
        }),
      ],
      [
        'an unknown key',
        (key: { refreshToken: string }) => ({ ...key, apiKey: encodeApiKey(model.endpoint, 'unknown') }),
      ],
    ])('returns "rejected" for %s', async (_, spoil) => {
      const key = model.generateKey({ lifetimeSeconds: 3600 });
      expect(await issuer.issue({ ...key, ...spoil(key) })).toEqual({
        result: 'rejected',
        detail: 'AUTHENTICATION_ERROR',
      });
    });

    it('sends nothing if the key names a foreign host, even to the Momento of a local run', async () => {
      const key = model.generateKey({ lifetimeSeconds: 3600 });
      const apiKey = encodeApiKey('momentohq.example.com', 'inner');
      expect(await issuer.issue({ ...key, apiKey })).toEqual({
        result: 'unusable',
        detail: "its endpoint is not one of Momento's",
      });
    });

    it('returns "rejected" for an expired key', async () => {
      const key = model.generateKey({ lifetimeSeconds: 3600 });
      now += 3600;
      expect(await issuer.issue(key)).toEqual({ result: 'rejected', detail: 'AUTHENTICATION_ERROR' });
    });

    it.each([
      [3, 'refused', 'INVALID_ARGUMENT_ERROR'],
      [5, 'refused', 'NOT_FOUND_ERROR'],
      [9, 'refused', 'FAILED_PRECONDITION_ERROR'],
      [7, 'refused', 'PERMISSION_ERROR'],
      [8, 'throttled', 'LIMIT_EXCEEDED_ERROR'],
      [13, 'unanswered', 'INTERNAL_SERVER_ERROR'],
      [14, 'unanswered', 'SERVER_UNAVAILABLE'],
    ])('returns for gRPC status %i the result "%s" with %s', async (code, result, detail) => {
      const key = model.generateKey({ lifetimeSeconds: 3600 });
      model.gate.faultHook = () => {
        throw Object.assign(new MomentoError('UNAVAILABLE', 'as the test wants it'), { code });
      };
      expect(await issuer.issue(key)).toEqual({ result, detail });
    });

    it('closes its connection after an answer', async () => {
      const sockets = watchSockets();
      expect((await issuer.issue(model.generateKey({ lifetimeSeconds: 3600 }))).result).toBe('issued');
      expect(sockets.length).toBe(1);
      await closed(sockets);
    });

    it('closes its connection after an error', async () => {
      const sockets = watchSockets();
      const key = { ...model.generateKey({ lifetimeSeconds: 3600 }), refreshToken: 'wrong' };
      expect((await issuer.issue(key)).result).toBe('rejected');
      expect(sockets.length).toBe(1);
      await closed(sockets);
    });

    it('returns "unusable" for a malformed key and does not quote it', async () => {
      expect(await issuer.issue({ apiKey: 'canary', refreshToken: 'canary' })).toEqual({
        result: 'unusable',
        detail: 'it is malformed',
      });
    });
  });

  describe('MomentoKeyIssuer.prove', () => {
    it('accepts a good key', async () => {
      const { apiKey } = model.generateKey({ lifetimeSeconds: 3600 });
      expect(await issuer.prove({ apiKey })).toEqual({ result: 'accepted' });
    });

    it('closes its connection', async () => {
      const sockets = watchSockets();
      const { apiKey } = model.generateKey({ lifetimeSeconds: 3600 });
      expect(await issuer.prove({ apiKey })).toEqual({ result: 'accepted' });
      expect(sockets.length).toBe(1);
      await closed(sockets);
    });

    it('accepts a good key whose scope does not allow ListCaches', async () => {
      const { apiKey } = model.generateKey({ lifetimeSeconds: 3600, narrow: true });
      expect(await issuer.prove({ apiKey })).toEqual({ result: 'accepted' });
    });

    it('rejects a revoked key', async () => {
      const { apiKey } = model.generateKey({ lifetimeSeconds: 3600 });
      model.revoke(apiKey);
      expect(await issuer.prove({ apiKey })).toEqual({ result: 'rejected', detail: 'AUTHENTICATION_ERROR' });
      expect(model.accepts(apiKey)).toBe(false);
    });

    it('rejects an expired key', async () => {
      const { apiKey } = model.generateKey({ lifetimeSeconds: 3600 });
      now += 3600;
      expect(await issuer.prove({ apiKey })).toEqual({ result: 'rejected', detail: 'AUTHENTICATION_ERROR' });
      expect(model.accepts(apiKey)).toBe(false);
    });

    it('rejects a malformed key', async () => {
      expect(await issuer.prove({ apiKey: 'rubbish' })).toEqual({
        result: 'rejected',
        detail: 'it is malformed',
      });
    });

    it('returns "unproven" while Momento is unreachable', async () => {
      const { apiKey } = model.generateKey({ lifetimeSeconds: 3600 });
      model.outage = true;
      expect(await issuer.prove({ apiKey })).toEqual({ result: 'unproven', detail: 'SERVER_UNAVAILABLE' });
    });

    it('returns "unproven" while Momento throttles', async () => {
      const { apiKey } = model.generateKey({ lifetimeSeconds: 3600 });
      model.gate.throttling = { requestsPerSecond: 0 };
      expect(await issuer.prove({ apiKey })).toEqual({ result: 'unproven', detail: 'LIMIT_EXCEEDED_ERROR' });
    });
  });
});
