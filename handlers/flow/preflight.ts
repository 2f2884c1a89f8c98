/** The preflight: checks with reads only whether the function can do its job. */

import type { Ports } from '../ports.ts';
import { toReportable } from '../reporting/failure.ts';
import { downloadKey, replaceUnmanagedKey } from '../reporting/words.ts';
import { type Key, traitsOf } from '../rules/key.ts';
import type { Observation } from '../rules/secret.ts';

import { isoInstant } from '../rules/wake-up.ts';
import type { Check, CheckResult } from './check.ts';
import { checkKeyManagement } from './key-management.ts';
import { NO_BOOKINGS, observe } from './observe.ts';
import { severalAtOnce } from './several-at-once.ts';

export interface PreflightResult {
  readonly outcome: 'preflight';
  /** The secrets that could be read. The preflight command checks the permissions to write them, which the function cannot test. */
  readonly secretArns: readonly string[];
  readonly checks: readonly Check[];
}

/** Returns each finding as a check and does not throw. */
export async function preflight(
  ports: Pick<Ports, 'secrets' | 'wakeUps' | 'issuer' | 'clock' | 'management' | 'place'>,
  { secretNames, scheduleGroupName }: { secretNames: readonly string[]; scheduleGroupName: string },
): Promise<PreflightResult> {
  const perSecret = await severalAtOnce(secretNames, (secretName) => checkSecret(ports, secretName));
  return {
    outcome: 'preflight',
    secretArns: perSecret.flatMap(({ secretArn }) => secretArn ?? []),
    checks: [
      await checkSchedules(ports, scheduleGroupName),
      ...perSecret.flatMap(({ checks }) => checks),
      ...(await checkKeyManagement(ports, secretNames)),
    ],
  };
}

async function checkSchedules(
  { wakeUps, place }: Pick<Ports, 'wakeUps' | 'place'>,
  subject: string,
): Promise<Check> {
  try {
    const { length } = await wakeUps.list();
    return {
      check: 'schedules',
      subject,
      result: 'passed',
      detail: `the group answers, entries in it: ${length}`,
    };
  } catch (error) {
    return { check: 'schedules', subject, result: 'failed', detail: toReportable(error, place).message };
  }
}

async function checkSecret(
  ports: Pick<Ports, 'secrets' | 'wakeUps' | 'issuer' | 'clock' | 'management' | 'place'>,
  secretName: string,
): Promise<{ secretArn?: string | undefined; checks: readonly Check[] }> {
  try {
    const observation = await observe(ports, { secretName, bookings: NO_BOOKINGS });
    return { secretArn: observation.secretArn, checks: await checkContent(ports, observation) };
  } catch (error) {
    const { message } = toReportable(error, ports.place);
    return { checks: [{ check: 'secret', subject: secretName, result: 'failed', detail: message }] };
  }
}

async function checkContent(
  { issuer, clock, management, place }: Pick<Ports, 'issuer' | 'clock' | 'management' | 'place'>,
  { secretName, current, primaryRegion }: Observation,
): Promise<readonly Check[]> {
  const about = (check: Check['check'], result: CheckResult, detail: string): Check => {
    return { check, subject: secretName, result, detail };
  };
  if (primaryRegion !== undefined) {
    const found = `a replica of the secret in ${primaryRegion}, and a replica cannot be written`;
    const todo = `Deploy the stack in that region instead: AWS_REGION=${primaryRegion} npx cdk deploy`;
    return [about('secret', 'failed', `${found}. ${todo}`)];
  }
  const content = current?.content;
  if (content === undefined || content.kind === 'placeholder') {
    const found = content === undefined ? 'readable, without a value' : 'readable, not seeded yet';
    return [about('secret', 'passed', found), about('key', 'to-do', downloadKey(place, secretName))];
  }
  if (content.kind === 'never-expires') {
    return [about('secret', 'passed', 'readable and well-formed; its key never expires and is left alone')];
  }
  const until = isoInstant(content.expiresAt);
  const wellFormed = about('secret', 'passed', `readable and well-formed, valid until ${until}`);
  if (content.expiresAt * 1000 <= clock()) {
    return [wellFormed, about('key', 'failed', `it lapsed at ${until}. ${downloadKey(place, secretName)}`)];
  }
  const { key } = content;
  const lacksToken = key.kind === 'v2' && key.refreshToken === undefined && management === undefined;
  const step = lacksToken ? replaceUnmanagedKey(place, { secretName, ...traitsOf(key.info) }) : '';
  return [
    wellFormed,
    about('key', ...(await proveKey({ issuer, place }, key, secretName))),
    ...(lacksToken
      ? [about('key', 'to-do', `it has no refresh token. A person must replace it before ${until}. ${step}`)]
      : []),
  ];
}

async function proveKey(
  { issuer, place }: Pick<Ports, 'issuer' | 'place'>,
  key: Key,
  secretName: string,
): Promise<[CheckResult, string]> {
  try {
    const proof = await issuer.prove(key);
    if (proof.result === 'accepted') return ['passed', 'Momento accepts it'];
    return proof.result === 'rejected'
      ? ['failed', `Momento rejects it (${proof.detail}). ${downloadKey(place, secretName)}`]
      : [
          'unknown',
          `Momento could not be asked (${proof.detail}): check that the function reaches the internet`,
        ];
  } catch (error) {
    return ['unknown', toReportable(error, place).message];
  }
}
