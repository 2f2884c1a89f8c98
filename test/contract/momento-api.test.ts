/** The documented behaviours of Momento's HTTP API for API keys that the refresher relies on. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { claimsOf } from '../../handlers/rules/key.ts';
import type { KeyAnswer, KeyInfo } from '../../local/momento/account.ts';
import { encodeApiKey } from '../../local/momento/momento.ts';
import { findApiTargets, type RunningApi } from './momento-api-targets.ts';

const HOUR = 3600;
/** Momento allows five calls a second. */
const PAUSE_MS = 250;

interface Answer {
  readonly status: number;
  // biome-format: the shape of a JSON answer that a test looks into
  readonly body: KeyAnswer & { readonly refresh_token: string; readonly next_token?: string };
}

const now = () => Math.floor(Date.now() / 1000);

describe.each(findApiTargets(process.env))("Momento's HTTP API ($name)", ({ name, start }) => {
  let api: RunningApi;
  const made: string[] = [];

  beforeAll(async () => {
    api = await start();
  });

  afterAll(async () => {
    for (const id of made) await revoke(id);
    await api.close();
  });

  async function call(
    method: string,
    path: string,
    authorization: string | undefined,
    body?: unknown,
  ): Promise<Answer> {
    if (name !== 'local') await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
    if (body !== undefined) headers['content-type'] = 'application/json';
    const response = await fetch(`${api.url}${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const answer = { status: response.status, body: (await response.json()) as Answer['body'] };
    if (answer.body.api_key !== undefined) made.push(answer.body.key_info.key_id);
    return answer;
  }

  const generate = (changes: object = {}, authorization: string = api.managementKey) =>
    call('POST', '/api-keys', authorization, {
      role_id: api.roleId,
      description: 'contract test',
      expiry: now() + HOUR,
      ...changes,
    });
  const refresh = (token: string | undefined, body?: unknown) =>
    call('POST', '/api-keys/refresh', token, body);
  const list = (query: string, authorization: string = api.managementKey) =>
    call('GET', `/api-keys${query}`, authorization);
  const revoke = (id: string) => call('DELETE', `/api-keys/${id}`, api.managementKey);

  it('generates a key with a refresh token and its description', async () => {
    const expiry = now() + HOUR;
    const { status, body } = await generate({ expiry });
    expect(status).toBe(200);
    expect(body).toEqual({
      api_key: expect.any(String),
      refresh_token: expect.any(String),
      key_info: {
        key_id: expect.any(String),
        account_id: expect.any(String),
        description: 'contract test',
        role_id: api.roleId,
        expires_at_epoch_seconds: expiry,
        issued_at_epoch_seconds: expect.any(Number),
      },
    });
    expect(Math.abs(body.key_info.issued_at_epoch_seconds - now())).toBeLessThan(60);
  });

  it('returns keys and tokens with the claims t, jti and akid', async () => {
    const { body } = await generate();
    expect(claimsOf(body.api_key)).toMatchObject({ t: 'g', jti: body.key_info.key_id });
    expect(claimsOf(body.refresh_token)).toMatchObject({ t: 'gr', akid: body.key_info.key_id });
  });

  it('returns no expiry and no refresh token for a key that never expires', async () => {
    const { status, body } = await generate({ expiry: 'never' });
    // At once, because a run that is stopped does not reach the end of the suite.
    await revoke(body.key_info.key_id);
    expect(status).toBe(200);
    expect(body).not.toHaveProperty('refresh_token');
    expect(body.key_info).not.toHaveProperty('expires_at_epoch_seconds');
  });

  it('returns no refresh token if exclude_refresh_token is set', async () => {
    const { body } = await generate({ exclude_refresh_token: true });
    expect(body).not.toHaveProperty('refresh_token');
    expect(body.key_info.expires_at_epoch_seconds).toEqual(expect.any(Number));
  });

  it.each([
    ['no role', { role_id: undefined }],
    ['no description', { description: undefined }],
    ['no expiry', { expiry: undefined }],
    ['an expiry in words', { expiry: 'tomorrow' }],
  ])('refuses to generate a key with %s', async (_, changes) => {
    const { status, body } = await generate(changes);
    expect(status).toBe(400);
    expect(body).toMatchObject({ code: expect.any(String), message: expect.any(String) });
  });

  it('refuses a body that is not JSON', async () => {
    expect(await call('POST', '/api-keys', api.managementKey, '{"role_id":')).toMatchObject({ status: 400 });
  });

  it('answers 404 for a role that the account does not have', async () => {
    expect(await generate({ role_id: 'r-does-not-exist' })).toMatchObject({ status: 404 });
  });

  it.each([
    ['an empty string', () => ''],
    ['a word', () => 'rubbish'],
    ['the management key behind the word Bearer', () => `Bearer ${api.managementKey}`],
    ['a v1 key', () => encodeApiKey('cell-1.example.com', 'inner')],
  ])('refuses %s as a credential', async (_, authorization) => {
    expect(await list('', authorization())).toMatchObject({
      status: 401,
      body: { code: expect.any(String), message: expect.any(String) },
    });
  });

  it('refuses to generate or list keys for a key without auth management', async () => {
    const { body } = await generate();
    expect(await generate({}, body.api_key)).toMatchObject({ status: 403 });
    expect(await list('', body.api_key)).toMatchObject({ status: 403 });
  });

  it('refreshes a key with the same role, description and lifetime, and the old key stays valid', async () => {
    const old = (await generate()).body;
    const { expires_at_epoch_seconds: expiresAt = 0, issued_at_epoch_seconds: issuedAt } = old.key_info;
    const { status, body } = await refresh(old.refresh_token);
    expect(status).toBe(200);
    expect(body).toEqual({
      api_key: expect.any(String),
      refresh_token: expect.any(String),
      key_info: {
        ...old.key_info,
        key_id: expect.any(String),
        expires_at_epoch_seconds: body.key_info.issued_at_epoch_seconds + expiresAt - issuedAt,
        issued_at_epoch_seconds: expect.any(Number),
      },
      previous_key_id: old.key_info.key_id,
    });
    expect(body.key_info.key_id).not.toBe(old.key_info.key_id);
    expect(await list('', old.api_key)).toMatchObject({ status: 403 });
  });

  it('accepts an empty object as the body of a refresh, and the new token refreshes again', async () => {
    const old = (await generate()).body;
    const next = await refresh(old.refresh_token, {});
    expect(next.status).toBe(200);
    expect(await refresh(next.body.refresh_token)).toMatchObject({ status: 200 });
  });

  it('accepts a refresh token only once', async () => {
    const { body } = await generate();
    await refresh(body.refresh_token);
    expect(await refresh(body.refresh_token)).toMatchObject({
      status: 403,
      body: { code: expect.any(String), message: expect.any(String) },
    });
  });

  it.each([
    ['an API key', (key: Answer['body']) => key.api_key],
    ['a word', () => 'rubbish'],
    ['no credential', () => undefined],
  ])('refuses %s as a refresh token', async (_, credential) => {
    const { body } = await generate();
    expect(await refresh(credential(body))).toMatchObject({ status: 401 });
  });

  it('refuses a refresh token as an API key', async () => {
    const { body } = await generate();
    expect(await list('', body.refresh_token)).toMatchObject({ status: 401 });
  });

  it('refuses the refresh token of a revoked key', async () => {
    const { body } = await generate();
    await revoke(body.key_info.key_id);
    expect(await refresh(body.refresh_token)).toMatchObject({ status: 401 });
  });

  it.each([
    ['in the past', () => now() - HOUR],
    ['later than the lifetime allows', () => now() + 3 * HOUR],
  ])('refuses an expiry %s', async (_, expiry) => {
    const { body } = await generate();
    const wish = { expiration_epoch_seconds: expiry() };
    expect(await refresh(body.refresh_token, wish)).toMatchObject({ status: 400 });
  });

  it('lists the ids of the keys in pages, without the keys', async () => {
    const first = (await generate()).body;
    const second = (await generate()).body;
    const ids: string[] = [];
    let query = '?limit=1';
    for (let page = 0; page < 200 && query !== ''; page++) {
      const { body } = await list(query);
      ids.push(...(body.key_info as unknown as KeyInfo[]).map(({ key_id }) => key_id));
      expect(JSON.stringify(body)).not.toContain(first.api_key);
      query =
        body.next_token === undefined ? '' : `?limit=1&next_token=${encodeURIComponent(body.next_token)}`;
    }
    expect(ids).toEqual(expect.arrayContaining([first.key_info.key_id, second.key_info.key_id]));
  });

  it.each(['0', '101', '-1', 'ten'])('refuses a page size of %s', async (limit) => {
    expect(await list(`?limit=${limit}`)).toMatchObject({ status: 400 });
  });

  it('revokes a key at once, and answers 404 for an unknown id', async () => {
    const { body } = await generate();
    expect(await revoke(body.key_info.key_id)).toEqual({ status: 200, body: {} });
    expect(await list('', body.api_key)).toMatchObject({ status: 401 });
    expect(await revoke('no-such-key')).toMatchObject({ status: 404 });
  });
});
