/** The behaviours of the local Momento server that the tests of the issuer and of the account do not check. */
import {
  AllDataReadWrite,
  AuthClient,
  AuthClientConfigurations,
  CredentialProvider,
  ExpiresIn,
  type GenerateApiKey,
  NoopMomentoLoggerFactory,
} from '@gomomento/sdk';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { MomentoKeyIssuer } from '../../handlers/adapters/momento-key-issuer.ts';
import { Momento } from '../../local/momento/momento.ts';
import { type RunningMomento, startMomentoServer } from '../../local/momento/momento-server.ts';
import { seededRandom } from '../../local/serving/randomness.ts';

let momento: Momento;
let server: RunningMomento;

beforeEach(async () => {
  momento = new Momento({ clock: () => 1_767_225_600_000, random: seededRandom(7) });
  server = await startMomentoServer(momento);
  onTestFinished(() => server.close());
});

function prove(): Promise<unknown> {
  const { apiKey } = momento.generateKey({ lifetimeSeconds: 60 });
  return new MomentoKeyIssuer(server.url).prove({ apiKey });
}

it('the local Momento server answers an unexpected error as an internal error', async () => {
  momento.gate.faultHook = () => {
    throw new Error('inside');
  };
  expect(await prove()).toEqual({ result: 'unproven', detail: 'INTERNAL_SERVER_ERROR' });
});

it('the local Momento server refuses a method that it does not offer', async () => {
  const { apiKey } = momento.generateKey({ lifetimeSeconds: 60 });
  const endpoints = { controlEndpoint: server.url, cacheEndpoint: server.url, tokenEndpoint: server.url };
  const endpointOverrides = { ...endpoints, secureConnection: false };
  const client = new AuthClient({
    credentialProvider: CredentialProvider.fromString({ apiKey, endpointOverrides }),
    configuration: AuthClientConfigurations.Default.latest(new NoopMomentoLoggerFactory()),
  });
  const response = (await client.generateApiKey(
    AllDataReadWrite,
    ExpiresIn.hours(1),
  )) as GenerateApiKey.Error;
  expect(response.errorCode()).toBe('BAD_REQUEST_ERROR');
});

it('a closed local Momento server frees its port', async () => {
  const port = Number(server.url.split(':')[1]);
  await server.close();
  expect(await prove()).toEqual({ result: 'unproven', detail: 'SERVER_UNAVAILABLE' });
  server = await startMomentoServer(momento, { port });
  expect([server.url, await prove()]).toEqual([`127.0.0.1:${port}`, { result: 'accepted' }]);
});
