import { readFileSync } from 'node:fs';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SCHEDULER_BEHAVIOURS } from './scheduler-contract.ts';
import { SECRETS_MANAGER_BEHAVIOURS } from './secrets-manager-contract.ts';
import { findTargets, type RunningTarget } from './targets.ts';

const targets = findTargets(process.env);
const ran: Record<string, number> = {};

describe.each(targets)('with the services of $name,', ({ name, start }) => {
  let running: RunningTarget;
  const clients = {} as { secretsManager: SecretsManagerClient; scheduler: SchedulerClient };

  beforeAll(async () => {
    running = await start();
    const settings = {
      endpoint: running.url,
      region: 'us-east-1',
      ...(name === 'AWS_ENDPOINT_URL' ? {} : { credentials: { accessKeyId: 'x', secretAccessKey: 'x' } }),
    };
    clients.secretsManager = new SecretsManagerClient(settings);
    clients.scheduler = new SchedulerClient(settings);
  }, 60_000);

  afterAll(async () => {
    clients.secretsManager?.destroy();
    clients.scheduler?.destroy();
    await running?.close();
  });

  const expectedHere = (expected: unknown, moto: unknown) =>
    name === 'moto' && moto !== undefined ? moto : expected;

  it.each(SECRETS_MANAGER_BEHAVIOURS)('$sentence', async ({ run, expected, moto }) => {
    expect(await run(clients.secretsManager)).toEqual(expectedHere(expected, moto));
    ran[name] = (ran[name] ?? 0) + 1;
  });

  it.each(SCHEDULER_BEHAVIOURS)('$sentence', async ({ run, expected, moto }) => {
    expect(await run(clients.scheduler)).toEqual(expectedHere(expected, moto));
    ran[name] = (ran[name] ?? 0) + 1;
  });
});

describe('the contract suite', () => {
  const all = [...SECRETS_MANAGER_BEHAVIOURS, ...SCHEDULER_BEHAVIOURS];
  const different = all.filter(({ moto }) => moto !== undefined);

  it('expects another result of moto only where it differs, and CONTRACT.md lists those behaviours', () => {
    for (const { sentence, expected, moto } of different) expect(moto, sentence).not.toEqual(expected);
    const page = readFileSync(new URL('../../docs/CONTRACT.md', import.meta.url), 'utf8');
    const listed = [...page.matchAll(/^\| (.+?) \| /gm)].map(([, title]) => title);
    expect(listed.slice(2)).toEqual(different.map(({ sentence }) => sentence));
  });

  it('runs against the local services, and in CI also against moto', () => {
    const report = targets.map(({ name }) => `${name} ${ran[name] ?? 0} of ${all.length}`);
    const missing = ran.moto === undefined ? ' (moto_server is not installed: its part did not run)' : '';
    console.log(`contract: ${report.join(', ')} behaviours hold${missing}`);
    for (const { sentence, moto } of ran.moto === undefined ? [] : different) {
      console.log(`  moto is different: ${sentence}: ${JSON.stringify(moto)}`);
    }
    expect(ran.local).toBe(all.length);
    const mustBe = process.env.CI !== undefined && process.env.CI !== '' && process.env.CI !== 'false';
    expect(ran.moto, 'CI must have moto_server, and it must answer').toBe(
      mustBe || ran.moto !== undefined ? all.length : undefined,
    );
  });
});
