import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DIFFERENCES } from './differences.ts';
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

  const expectedHere = (sentence: string, expected: unknown) =>
    name === 'moto' ? (differenceOf(sentence)?.moto ?? expected) : expected;

  it.each(SECRETS_MANAGER_BEHAVIOURS)('$sentence', async ({ sentence, run, expected }) => {
    expect(await run(clients.secretsManager)).toEqual(expectedHere(sentence, expected));
    ran[name] = (ran[name] ?? 0) + 1;
  });

  it.each(SCHEDULER_BEHAVIOURS)('$sentence', async ({ sentence, run, expected }) => {
    expect(await run(clients.scheduler)).toEqual(expectedHere(sentence, expected));
    ran[name] = (ran[name] ?? 0) + 1;
  });
});

function differenceOf(sentence: string) {
  return DIFFERENCES.find(({ behaviour }) => behaviour === sentence);
}

describe('the contract suite', () => {
  const all = [...SECRETS_MANAGER_BEHAVIOURS, ...SCHEDULER_BEHAVIOURS];

  it('lists each difference of moto once, and only real ones', () => {
    const sentences = DIFFERENCES.map(({ behaviour }) => behaviour);
    expect(sentences).toEqual([...new Set(sentences)]);
    for (const { behaviour, moto, source } of DIFFERENCES) {
      const expected = all.find(({ sentence }) => sentence === behaviour)?.expected;
      expect(expected, behaviour).toBeDefined();
      expect(moto, behaviour).not.toEqual(expected);
      expect(source.length, behaviour).toBeGreaterThan(20);
    }
  });

  it('runs against the local services, and in CI also against moto', () => {
    const report = targets.map(({ name }) => `${name} ${ran[name] ?? 0} of ${all.length}`);
    const missing = ran.moto === undefined ? ' (moto_server is not installed: its part did not run)' : '';
    console.log(`contract: ${report.join(', ')} behaviours hold${missing}`);
    for (const { behaviour, moto } of ran.moto === undefined ? [] : DIFFERENCES) {
      console.log(`  moto is different: ${behaviour}: ${JSON.stringify(moto)}`);
    }
    expect(ran.local).toBe(all.length);
    const mustBe = process.env.CI !== undefined && process.env.CI !== '' && process.env.CI !== 'false';
    expect(ran.moto, 'CI must have moto_server, and it must answer').toBe(
      mustBe || ran.moto !== undefined ? all.length : undefined,
    );
  });
});
