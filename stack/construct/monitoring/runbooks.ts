/** The description of each alarm, which is the text of its mail: what is wrong, what is still safe, and what to run. */

import {
  invokeCommand,
  putKeyCommand,
  RESTORE,
  SECRET_NAME_BLANK,
  seedCommand,
  statusCommand,
} from '../commands.ts';
import type { AlarmName } from './alarm-definitions.ts';

export interface RunbookFacts {
  readonly functionName: string;
  readonly region: string;
  readonly scheduleGroupName: string;
  readonly deadLetterQueueUrl: string;
  /** The secret in commands. */
  readonly secretName: string;
  /** Without a section. Absent: the runbook's file. */
  readonly runbookUrl?: string | undefined;
  /** In words, such as "1 hour". */
  readonly sweepEvery: string;
}

/** In a checkout and in the package. */
export const RUNBOOK_FILE = 'docs/RUNBOOK.md';

/** With a longer name a description would be too long. The mail names the secret anyway. */
const MAX_SECRET_NAME_CHARACTERS = 48;

/**
 * The first line says what is wrong and what is still safe, the second is the command that helps, the third names the section of the
 * runbook. CloudWatch takes 1024 characters, whatever the names are.
 */
export function runbooks(facts: RunbookFacts): Readonly<Record<AlarmName, string>> {
  const { functionName, region, scheduleGroupName, deadLetterQueueUrl, sweepEvery } = facts;
  const secretName =
    facts.secretName.length > MAX_SECRET_NAME_CHARACTERS ? SECRET_NAME_BLANK : facts.secretName;
  const target = { functionName, region };
  const where = `--region ${region} --function-name ${functionName}`;
  const section = (anchor: string) => `${facts.runbookUrl ?? RUNBOOK_FILE}#${anchor}`;
  const noClone = (command: string) => `Without a clone of the project: ${command}`;
  const who =
    secretName === SECRET_NAME_BLANK
      ? 'SECRET_NAME is the SecretName under AlarmContributorAttributes in this mail. '
      : '';
  // CloudWatch also sends an OK when a series ends, so every alarm on a flag ends if the function stops.
  const ends =
    'An OK mail means that the trouble is over, unless "no sweep checks the keys" is on or comes within 30 minutes.';
  const lasts = 'Without a new key the OK mail comes up to 3 hours after the cure.';
  return {
    'key-unusable': lines(
      'A Momento key has expired, or Momento rejects it: whoever reads it fails now. Other secrets are safe.',
      `npm run seed -- ${secretName} --file momento-key.json ${where}`,
      section('key-lapsed-or-rejected'),
      `${who}First download a new key from the Momento console as momento-key.json. Nothing can refresh the old one. ` +
        'A v2 key needs the names and the endpoint that the secret has: npm run seed keeps them, the next command does not.',
      noClone(putKeyCommand(secretName, region)),
      ends,
    ),
    'key-unrefreshable': lines(
      'A Momento key works until it expires, and nothing can refresh it: its refresh token is used up or missing.',
      `npm run seed -- ${secretName} --file momento-key.json ${where}`,
      section('key-cannot-be-refreshed'),
      `${who}First make the file. This prints the command for it, with the role and lifetime of this key, and says until when ` +
        `the key works: npm run status -- ${where}`,
      'Without a clone of the project put the new values into the secret under the names that it has.',
      ends,
    ),
    'half-lead-used': lines(
      'A Momento key was not refreshed in time, and half of its lead is gone. It works until it expires. Then its readers fail.',
      `npm run seed -- ${secretName} ${where}`,
      section('key-soon-lapses'),
      `${who}That refreshes it now and says what fails. If it fails again, put a new key before the old one expires: ` +
        'add --file momento-key.json.',
      noClone(seedCommand(target, secretName)),
      ends,
    ),
    'secret-unattended': lines(
      'A secret cannot be read, holds no Momento key, or is no longer managed. Its key is not refreshed. Other secrets are safe.',
      `npm run status -- ${where}`,
      section('secret-unreadable-or-abandoned'),
      'It says which of the three it is, until when the key works if that is known, and what to do.',
      noClone(statusCommand(target)),
      `${ends} ${lasts}`,
    ),
    'sweep-silent': lines(
      `No sweep has checked the keys for two intervals of ${sweepEvery}. Booked wake-ups still refresh keys if the function works.`,
      `npm run preflight -- ${where}`,
      section('no-sweep-checks-the-keys'),
      `The schedule, its role or the function is gone or broken. From a clone this restores them: ${RESTORE}. ` +
        'While this alarm is on, the others may miss trouble, and their OK mails mean nothing.',
      `Sweep now: ${invokeCommand(target, { action: 'sweep' })}`,
      `Schedules: aws scheduler list-schedules --region ${region} --group-name ${scheduleGroupName}`,
      'No mail says that it is over: look at the alarm in the console.',
    ),
    'refresh-failing': lines(
      'A refresh of a Momento key failed or is late. The current key works until it expires, and retries go on.',
      `npm run status -- ${where}`,
      section('refresh-failed'),
      'If an URGENT mail names the same secret, act on that one. Else usually nothing is to be done: Momento or AWS did not ' +
        'answer. An URGENT mail follows if half of the lead is used.',
      noClone(statusCommand(target)),
      `${ends} ${lasts}`,
    ),
    'key-unproven': lines(
      'A new Momento key is in use that could not be proved, because the old one was about to expire. Momento issued it, so it ' +
        'probably works.',
      `npm run preflight -- ${where}`,
      section('key-in-use-unproven'),
      'That proves every key now. If Momento rejects the key, put a new one.',
      noClone(invokeCommand(target, { action: 'preflight' })),
      'The alarm ends by itself within 3 hours, which proves nothing. So no mail tells its end.',
    ),
    'delivery-failed': lines(
      'AWS could not deliver a wake-up, a sweep or a label event to the function. The next sweep does what it would have done.',
      `npm run preflight -- ${where}`,
      section('event-not-delivered'),
      `Usually a role, a rule or the function was changed by hand. From a clone this restores them: ${RESTORE}`,
      `Why (ERROR_MESSAGE): aws sqs receive-message --region ${region} --queue-url ${deadLetterQueueUrl} --message-attribute-names All`,
      'The alarm ends by itself. No mail tells its end.',
    ),
  };
}

function lines(...texts: readonly string[]): string {
  return texts.join('\n');
}
