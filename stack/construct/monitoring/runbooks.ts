/** The text that arrives with each alarm: what it means, what is still safe and until when, where to look, what to run. Text only. */

import {
  invokeCommand,
  logCommand,
  putKeyCommand,
  SECRET_NAME_BLANK,
  seedCommand,
  statusCommand,
} from '../commands.ts';
import type { AlarmName } from './alarm-definitions.ts';

export interface RunbookFacts {
  readonly functionName: string;
  readonly logGroupName: string;
  readonly scheduleGroupName: string;
  readonly deadLetterQueueUrl: string;
  /** As commands call it. */
  readonly secretName: string;
  /** Both in words. */
  readonly sweepEvery: string;
  readonly failureWindow: string;
}

/** Longer ones would push a description over its limit: whoever has such a name knows it. */
const LONGEST_SECRET_NAME = 48;
/** How is not said: the construct can be in any app. */
const DEPLOY_AGAIN = 'deploy the stack again';

/** CloudWatch takes 1024 characters, whatever the names are. docs/RUNBOOK.md says more. */
export function runbooks(facts: RunbookFacts): Readonly<Record<AlarmName, string>> {
  const { functionName, logGroupName, scheduleGroupName, deadLetterQueueUrl, sweepEvery, failureWindow } =
    facts;
  const secretName = facts.secretName.length > LONGEST_SECRET_NAME ? SECRET_NAME_BLANK : facts.secretName;
  const whichSecret =
    secretName === SECRET_NAME_BLANK ? [`${SECRET_NAME_BLANK}: status and log name it.`] : [];
  const state = `State of all keys: ${statusCommand(functionName)}`;
  const errors = `Errors: ${logCommand(logGroupName, 'ERROR')}`;
  const refresh = `Refresh now: ${seedCommand(functionName, secretName)}`;
  const putKey = `Put a new key from the Momento console: ${putKeyCommand(secretName)}`;
  return {
    'rotation-failed': lines(
      'A refresh of a Momento key failed.',
      'Still safe: the current key works until it expires; a retry is booked. Wait, unless refresh-overdue or half-lead-used ' +
        'follows.',
      'But SecretContentError, SecretAccessError: no retry is booked, readers may be failing: look now.',
      `Clears ${failureWindow} after the last failure.`,
      state,
      errors,
      `Then: ${seedCommand(functionName, secretName)}`,
      ...whichSecret,
    ),
    'refresh-overdue': lines(
      'A key should have been refreshed more than an hour ago and was not: retries keep failing, or its wake-up was lost.',
      'Still safe: the current key works until it expires (see expiresInSeconds). Retries go on at least hourly.',
      'Clears when the key has been refreshed.',
      state,
      errors,
      refresh,
      ...whichSecret,
    ),
    'half-lead-used': lines(
      'URGENT. More than half of the time between the planned refresh and the expiry of a key is gone.',
      'Still safe: until the expiry that status shows. After that nothing can refresh this key, and its readers fail.',
      'Clears when the key has been refreshed.',
      state,
      refresh,
      `If that fails, do not wait. ${putKey}`,
      ...whichSecret,
    ),
    'key-lapsed': lines(
      'A key HAS EXPIRED: its readers are failing now. Momento refreshes no expired key, so no retry can help.',
      'Other keys go on: refresh-overdue, half-lead-used and rotation-failed still tell of them. But while this alarm is on, ' +
        'no second mail comes if another key lapses: status shows them all.',
      'Clears when no secret holds an expired key; the refresher then goes on by itself.',
      `Which: ${statusCommand(functionName)}`,
      putKey,
      refresh,
      ...whichSecret,
    ),
    'secret-unreadable': lines(
      'URGENT. A secret could not be read, or holds no Momento key record: its readers may be failing now. Its key is not ' +
        'refreshed, and no other alarm will tell of its expiry.',
      'Still safe: the other secrets.',
      'Clears within ten minutes of a sweep that could read every secret.',
      `Which: ${statusCommand(functionName)}`,
      errors,
      `SecretContentError: ${putKeyCommand(secretName)}`,
      `SecretAccessError: missing, being deleted or denied: undo that. Role changed: ${DEPLOY_AGAIN}`,
      ...whichSecret,
    ),
    'unproven-key': lines(
      'A new key was made current unproved: Momento could not be asked and the old key was about to expire.',
      'Probably all is well: Momento issued the key. Until it is proved, readers may be failing.',
      'OK only means that an hour has passed. Prove the key yourself:',
      invokeCommand(functionName, { action: 'preflight' }),
      `If Momento rejects it: ${putKeyCommand(secretName)}`,
      ...whichSecret,
    ),
    'sweep-silent': lines(
      `No sweep has gone through all secrets for more than two intervals of ${sweepEvery}: the function, its schedule or the ` +
        'role that starts it is gone or broken. On a first deployment it may show until the first sweep.',
      'Still safe: booked wake-ups refresh keys without it, if the function works. ' +
        'The alarms about keys may be blind now: look at the state.',
      'Clears at the next sweep.',
      state,
      `Sweep now: ${invokeCommand(functionName, { action: 'sweep' })}`,
      `Its schedule (enabled?): aws scheduler list-schedules --group-name ${scheduleGroupName}`,
      `Restore all: ${DEPLOY_AGAIN}`,
    ),
    'function-errors': lines(
      'The function ended in an error, a crash or a timeout. If rotation-failed or secret-unreadable is on too, it is the ' +
        'same failure: follow that one.',
      'Still safe: keys that can be read work until they expire; an event is tried twice more, then the sweep takes over.',
      `Clears ${failureWindow} after the last error.`,
      state,
      `All lines: ${logCommand(logGroupName)}`,
      'SecretContentError, SecretAccessError: readers may be failing, look now. EventError: an event of unknown form. ' +
        `Timeouts: are Momento and AWS in reach? ConfigurationError: ${DEPLOY_AGAIN}`,
    ),
    'function-throttled': lines(
      'Lambda refused to start the function: the account has used up its concurrency.',
      'Still safe: the event is kept and tried again for an hour, then the sweep takes over; keys work until they expire.',
      `Clears some time after the last refusal, ${failureWindow} at least.`,
      state,
      'The limit: aws lambda get-account-settings',
      'Who uses it up: CloudWatch console, Metrics, Lambda, By Function Name, ConcurrentExecutions. Stop that one, or ask for a ' +
        'higher limit in Service Quotas.',
    ),
    'delivery-failed': lines(
      'EventBridge Scheduler gave up a wake-up or a sweep: it could not invoke the function.',
      'Still safe: the sweep refreshes what a lost wake-up would have; if it cannot be delivered either, sweep-silent follows.',
      'OK only means that no further one was given up.',
      state,
      `Why (ERROR_MESSAGE): aws sqs receive-message --queue-url ${deadLetterQueueUrl} --message-attribute-names All`,
      `Usual cause: the role or the function was changed by hand: ${DEPLOY_AGAIN}`,
      `Then: ${invokeCommand(functionName, { action: 'sweep' })}`,
    ),
    'dead-letters': lines(
      'An event lies in the dead-letter queue: three tries of it failed, or it could not be delivered.',
      'Still safe: the retry that is booked and the sweep go on without it; a letter is a trace, nothing is to be replayed.',
      'Clears when the queue is empty; letters go by themselves after 14 days.',
      `Read: aws sqs receive-message --queue-url ${deadLetterQueueUrl} --message-attribute-names All`,
      errors,
      `When the cause is mended: aws sqs purge-queue --queue-url ${deadLetterQueueUrl}`,
    ),
  };
}

function lines(...texts: readonly string[]): string {
  return texts.join('\n');
}
