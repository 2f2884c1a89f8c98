import { readFileSync } from 'node:fs';
import * as scheduler from '@aws-sdk/client-scheduler';
import * as secretsmanager from '@aws-sdk/client-secrets-manager';
import { expect, it } from 'vitest';
import {
  type CodedError,
  ConfigurationError,
  EventError,
  KeyIssueError,
  KeyLapsedError,
  KeyProofError,
  KeyRegistryError,
  RotationStateError,
  type SchedulerFacts,
  SecretAccessError,
  SecretContentError,
  SecretNameError,
  SecretWriteError,
  UnexpectedError,
  WakeUpError,
} from '../../handlers/errors.ts';
import { toReportable } from '../../handlers/reporting/failure.ts';
import { V2_TOKEN } from '../worlds/keys.ts';
import { PLACE } from '../worlds/names.ts';

const secretName = 'a/b';
const read = (awsCode: string) => ({ secretName, task: 'read', awsCode }) as const;
const store = (awsCode: string) => ({ secretName, task: 'store', awsCode }) as const;
const momento = (detail: string) => ({ secretName, detail });
const entry = (task: SchedulerFacts['task'], awsCode: string) => {
  return { task, name: 'a-b-1', groupName: 'refresher', awsCode };
};

const FAILURES: readonly [CodedError, string][] = [
  [
    new SecretAccessError('secret-missing', read('ResourceNotFoundException')),
    'Secret "a/b" cannot be read (ResourceNotFoundException). It does not exist in this account and region. ' +
      'Nothing was changed. If it is no longer needed, take its name out of the setting secretNames and deploy. ' +
      'Otherwise create it: aws secretsmanager create-secret --region us-east-1 --name a/b --secret-string file://momento-key.json',
  ],
  [
    new SecretAccessError('secret-denied', read('AccessDeniedException')),
    'Secret "a/b" cannot be read (AccessDeniedException). The function\'s role or the secret\'s resource policy does not ' +
      'allow it. Nothing was changed. If the role was changed, deploy with --revert-drift to restore it. ' +
      'Look at the resource policy: aws secretsmanager get-resource-policy --region us-east-1 --secret-id a/b',
  ],
  [
    new SecretAccessError('kms-key-unusable', read('DecryptionFailure')),
    'Secret "a/b" cannot be read (DecryptionFailure). The secret\'s KMS key is disabled, or the function may not use it. ' +
      'Nothing was changed. Enable the key, or set kmsKeyArn to its ARN and deploy. This command prints the key: ' +
      'aws secretsmanager describe-secret --region us-east-1 --secret-id a/b --query KmsKeyId --output text',
  ],
  [
    new SecretNameError('secret-unmanaged', { secretName, managed: ['c', 'd'] }),
    'Secret "a/b" is not managed by this function. Managed are: c, d. Nothing was done. ' +
      'To add the secret, put its name into the setting secretNames in cdk.json and deploy: npx cdk deploy',
  ],
  [
    new SecretNameError('secret-arn-differs', { secretName, namedArn: 'arn:x', secretArn: 'arn:y' }),
    '"arn:x" is not the ARN of a managed secret. Secret "a/b" has the ARN arn:y. Nothing was done. ' +
      'Name the secret: npm run seed -- a/b --region us-east-1',
  ],
  [
    new SecretWriteError('secret-deleted', store('InvalidRequestException')),
    'The new key could not be stored (InvalidRequestException). It is scheduled for deletion. ' +
      'Restore it: aws secretsmanager restore-secret --region us-east-1 --secret-id a/b',
  ],
  [
    new SecretWriteError('secret-replica', store('InvalidRequestException')),
    'The new key could not be stored (InvalidRequestException). It is a replica, and a replica cannot be ' +
      'written. Deploy the stack in its primary region instead. This command prints that region: ' +
      'aws secretsmanager describe-secret --region us-east-1 --secret-id a/b --query PrimaryRegion --output text',
  ],
  [
    new SecretWriteError('secret-state', {
      secretName,
      task: 'promote',
      awsCode: 'InvalidRequestException',
    }),
    'The new key could not be made current (InvalidRequestException). Its present state does not allow it. ' +
      'Look at it: aws secretsmanager describe-secret --region us-east-1 --secret-id a/b',
  ],
  [
    new SecretWriteError('secret-full', { secretName, task: 'label', awsCode: 'LimitExceededException' }),
    'A staging label could not be moved (LimitExceededException). It has too many versions or staging ' +
      'labels for now. Look at them: aws secretsmanager list-secret-version-ids --region us-east-1 --secret-id a/b',
  ],
  [
    new SecretWriteError('secrets-manager-unavailable', store('TimeoutError')),
    'The new key could not be stored (TimeoutError). Secrets Manager gave no usable answer. This usually ' +
      'passes. See whether it has: npm run status -- --region us-east-1',
  ],
  [
    new SecretWriteError('secret-contested', { secretName, rounds: 4 }),
    'Other refreshes or a person changed the secret 4 times while this run worked on it, so it was left as it is. ' +
      'Nothing is to be done if the current key works. See whether it does: npm run preflight -- --region us-east-1',
  ],
  [
    new SecretWriteError('version-ids-taken', { secretName, tries: 3 }),
    'The new key could not be stored: 3 versions without a label hold the ids that it could have. ' +
      'Put a new key into the secret: npm run seed -- a/b --file momento-key.json --region us-east-1',
  ],
  [
    new WakeUpError('schedule-group-missing', entry('book', 'ResourceNotFoundException')),
    'EventBridge Scheduler did not book a-b-1 (ResourceNotFoundException). The group "refresher" does not exist. ' +
      'Create it again: npx cdk deploy --revert-drift',
  ],
  [
    new WakeUpError('schedule-denied', entry('cancel', 'AccessDeniedException')),
    "EventBridge Scheduler did not cancel a-b-1 (AccessDeniedException). The function's role does not allow it. " +
      'Restore the role: npx cdk deploy --revert-drift',
  ],
  [
    new WakeUpError('schedule-quota', entry('book', 'ServiceQuotaExceededException')),
    'EventBridge Scheduler did not book a-b-1 (ServiceQuotaExceededException). The account has as many schedules as it may ' +
      'have. Delete schedules that nobody needs, but none of the group "refresher". This command lists all: ' +
      'aws scheduler list-schedules --region us-east-1',
  ],
  [
    new WakeUpError('scheduler-unavailable', entry('look at', 'ThrottlingException')),
    'EventBridge Scheduler did not look at a-b-1 (ThrottlingException). It gave no usable answer. This usually passes. ' +
      'See whether it has: npm run status -- --region us-east-1',
  ],
  [
    new WakeUpError('entries-disabled', { at: 1_795_449_600 }),
    'The entries of the minute from 2026-11-23T16:00:00Z on are all disabled, so no wake-up was booked. Delete the disabled ' +
      "entries of the function's group, but not the sweep. This command lists those of all groups: " +
      'aws scheduler list-schedules --region us-east-1 --state DISABLED',
  ],
  [
    new KeyLapsedError('key-lapsed', { secretName, expiresAt: 1_795_449_600 }),
    'The Momento key in secret "a/b" lapsed at 2026-11-23T16:00:00Z, and Momento refreshes no expired key: a person must ' +
      'put a new one. The refresher then goes on by itself. Download an expiring API key from the Momento console. ' +
      'Then: npm run seed -- a/b --file momento-key.json --region us-east-1',
  ],
  [
    new KeyIssueError('issue-rejected', momento('AUTHENTICATION_ERROR')),
    'Momento rejected the refresh token or the key that it belongs to (AUTHENTICATION_ERROR). If this goes on, put a new ' +
      'key into the secret before the current one expires: npm run seed -- a/b --file momento-key.json --region us-east-1',
  ],
  [
    new KeyIssueError('issue-spent', momento('403')),
    'The refresh token was used before, and the key that it gave was lost (403). ' +
      'Put a new key into the secret before the current one expires: npm run seed -- a/b --file momento-key.json --region us-east-1',
  ],
  [
    new KeyIssueError('issue-locked', momento('403')),
    'Momento has locked the account (403). The refresh token is not used up. Ask the owner of the account. ' +
      'Then: npm run seed -- a/b --region us-east-1',
  ],
  [
    new KeyIssueError('issue-refused', momento('400')),
    'Momento refused the refresh (400). ' +
      'Put a new key into the secret before the current one expires: npm run seed -- a/b --file momento-key.json --region us-east-1',
  ],
  [
    new KeyIssueError('issue-unusable', momento('it is malformed')),
    'The current key cannot be refreshed at Momento (it is malformed). ' +
      'Put a new key into the secret: npm run seed -- a/b --file momento-key.json --region us-east-1',
  ],
  [
    new KeyIssueError('issue-no-token', momento('it has no refresh token')),
    'The current key cannot be refreshed at Momento (it has no refresh token). ' +
      'Put a key with a refresh token into the secret: npm run seed -- a/b --file momento-key.json --region us-east-1',
  ],
  [
    new KeyIssueError('issue-not-offered', momento('404')),
    'Momento offers this account no refresh of v2 keys (404). The refresh token is not used up. ' +
      'Put a new key into the secret before the current one expires: npm run seed -- a/b --file momento-key.json --region us-east-1',
  ],
  [
    new KeyIssueError('issue-key-limit', momento('429')),
    'The account has as many API keys as Momento allows (429). The refresh token is not used up. ' +
      'In the Momento console, revoke a key that nobody needs. Then: npm run seed -- a/b --region us-east-1',
  ],
  [
    new KeyIssueError('issue-throttled', momento('429')),
    'Momento was called too often (429). The refresh token is not used up. This usually passes. ' +
      'To try at once: npm run seed -- a/b --region us-east-1',
  ],
  [
    new KeyIssueError('issue-unanswered', momento('TIMEOUT')),
    'Momento issued no new key (TIMEOUT). This usually passes. To try at once: npm run seed -- a/b --region us-east-1',
  ],
  [
    new KeyIssueError('no-management-key', {
      ...momento('403'),
      fault: 'issue-spent',
      roleId: 'r-operator',
      description: '$(reboot)',
      lifetimeSeconds: 2_592_000,
    }),
    'The refresh token was used before, and the key that it gave was lost (403). ' +
      'With the setting managementSecretName the refresher replaces such a key by itself. Replace it now: ' +
      '(umask 077; curl -f -X POST https://mga.registry.prod.a.momentohq.com/api-keys -H "Authorization: $MOMENTO_MANAGEMENT_KEY" ' +
      '-H "Content-Type: application/json" ' +
      '-d \'{"role_id":"r-operator","description":"DESCRIPTION","expiry":\'$(($(date +%s) + 2592000))\'}\' > momento-key.json) && ' +
      'npm run seed -- a/b --file momento-key.json --region us-east-1',
  ],
  [
    new KeyIssueError('no-time-left', { secretName }),
    'Less than a minute of this run was left, too little to store a new key, so none was asked for. ' +
      'The next try has its whole time. To try at once: npm run seed -- a/b --region us-east-1',
  ],
  [
    new KeyIssueError('no-management-key', {
      ...momento('403'),
      fault: 'issue-spent',
      roleId: V2_TOKEN,
      description: 'a'.repeat(65),
    }),
    'The refresh token was used before, and the key that it gave was lost (403). ' +
      'With the setting managementSecretName the refresher replaces such a key by itself. Replace it now: ' +
      '(umask 077; curl -f -X POST https://mga.registry.prod.a.momentohq.com/api-keys -H "Authorization: $MOMENTO_MANAGEMENT_KEY" ' +
      '-H "Content-Type: application/json" ' +
      '-d \'{"role_id":"ROLE_ID","description":"DESCRIPTION","expiry":EPOCH_SECONDS}\' > momento-key.json) && ' +
      'npm run seed -- a/b --file momento-key.json --region us-east-1',
  ],
  [
    new KeyIssueError('management-key-missing', { secretName }),
    'The management secret "a/b" holds no v2 key with an expiry. A key that never expires is not used, because a copy of it ' +
      'would work for ever. Put an expiring one into it whose role has auth_management: npm run seed -- a/b --file momento-key.json --region us-east-1',
  ],
  [
    new KeyIssueError('expiry-unusable', { secretName }),
    'Momento returned a key without a usable expiry, so it was not used. ' +
      'If this goes on, put another key into the secret: npm run seed -- a/b --file momento-key.json --region us-east-1',
  ],
  [
    new KeyIssueError('expiry-too-early', {
      secretName,
      issuedExpiresAt: 1_795_449_600,
      currentExpiresAt: 1_795_456_800,
    }),
    "Momento returned a key that is valid until 2026-11-23T16:00:00Z. That is past, or before the current key's " +
      '2026-11-23T18:00:00Z, so it was not used. ' +
      'If this goes on, put another key into the secret: npm run seed -- a/b --file momento-key.json --region us-east-1',
  ],
  [
    new KeyIssueError('key-not-refreshable', { secretName }),
    'Momento returned a key that could not be refreshed again, so it was not used. ' +
      'If this goes on, put another key into the secret: npm run seed -- a/b --file momento-key.json --region us-east-1',
  ],
  [
    new KeyProofError('new-key-rejected', momento('AUTHENTICATION_ERROR')),
    'Momento rejected the new key (AUTHENTICATION_ERROR), so it was not made current. The next try gets another one. ' +
      'If this goes on, put a new key into the secret: npm run seed -- a/b --file momento-key.json --region us-east-1',
  ],
  [
    new KeyProofError('new-key-unproven', momento('TIMEOUT')),
    'Momento could not be asked whether the new key works (TIMEOUT), so it stays pending. This usually passes. ' +
      'To try at once: npm run seed -- a/b --region us-east-1',
  ],
  [
    new KeyProofError('current-key-unproven', momento('TIMEOUT')),
    'Momento could not be asked whether the current key works (TIMEOUT), so the management key was not used. This usually ' +
      'passes. To try at once: npm run seed -- a/b --region us-east-1',
  ],
  [
    new SecretContentError('not-a-key', { secretName, fault: 'it is binary' }),
    'The value of secret "a/b" is not a Momento key: it is binary. It must be the JSON that the Momento console offers for ' +
      "download, with apiKey, refreshToken and validUntil, or the answer of Momento's HTTP API, with api_key, refresh_token " +
      'and key_info. Nothing was changed. Put a key into the secret: npm run seed -- a/b --file momento-key.json --region us-east-1',
  ],
  [
    new EventError('event-unknown', { fault: 'it is not a JSON object', accepted: ['this', 'that'] }),
    'The event cannot be understood: it is not a JSON object. Nothing was done. Accepted are: this; that. ' +
      'A command that sends the right event: npm run seed -- SECRET_NAME --region us-east-1',
  ],
  [
    new ConfigurationError('environment-invalid', {
      faults: ['SWEEP_EVERY is missing', 'SECRET_NAMES is missing'],
    }),
    "The function's environment is not as the stack sets it: SWEEP_EVERY is missing, SECRET_NAMES is missing. " +
      'Nothing was done. Restore it: npx cdk deploy --revert-drift',
  ],
  [
    new RotationStateError('rotation-unseeded', { secretName }),
    'The secret holds no key yet. Download an expiring API key from the Momento console. ' +
      'Then: npm run seed -- a/b --file momento-key.json --region us-east-1',
  ],
  [
    new RotationStateError('rotation-never-expires', { secretName }),
    'The key never expires, and Momento refreshes only keys that expire. Turn off the rotation of this secret: ' +
      'aws secretsmanager cancel-rotate-secret --region us-east-1 --secret-id a/b',
  ],
  [
    new RotationStateError('rotation-not-started', { secretName }),
    'No key is stored under the id that Secrets Manager chose. To start the rotation again: ' +
      'aws secretsmanager rotate-secret --region us-east-1 --secret-id a/b',
  ],
  [
    new RotationStateError('rotation-contested', { secretName }),
    'Another refresh of this secret is half-way. Its next run finishes it, and then the rotation can go on. ' +
      'To finish it now: npm run seed -- a/b --region us-east-1',
  ],
  [
    new RotationStateError('rotation-unfinished', { secretName }),
    'The new key is stored and is not current yet. To make it current now: npm run seed -- a/b --region us-east-1',
  ],
  [
    new RotationStateError('rotation-foreign', { secretName }),
    'The version with the id that Secrets Manager chose holds a value that this program did not store, so it was left as ' +
      'it is. Look at the versions: aws secretsmanager list-secret-version-ids --region us-east-1 --secret-id a/b',
  ],
  [
    new RotationStateError('rotation-id-taken', { secretName }),
    'Another run stored a key under the same id at the same time. See whether that run has finished: ' +
      'aws secretsmanager describe-secret --region us-east-1 --secret-id a/b',
  ],
  [
    new KeyRegistryError('revoke-arn-differs', { secretName }),
    'No key of secret "a/b" was revoked. The ARN in the event is not its ARN. ' +
      'Name the secret: npm run revoke-previous -- a/b --region us-east-1',
  ],
  [
    new KeyRegistryError('revoke-no-key', { secretName }),
    'No key of secret "a/b" was revoked. It has no version AWSPREVIOUS with a key. ' +
      'Look at its versions: aws secretsmanager list-secret-version-ids --region us-east-1 --secret-id a/b',
  ],
  [
    new KeyRegistryError('revoke-v1-key', { secretName }),
    'No key of secret "a/b" was revoked. v1 keys cannot be revoked through an API. Delete the key in the Momento console, ' +
      'or let it expire. To see until when the current key works: npm run status -- --region us-east-1',
  ],
  [
    new KeyRegistryError('revoke-other-key', { secretName, keyId: 'key-1' }),
    'No key of secret "a/b" was revoked. AWSPREVIOUS holds another key than the one with the id key-1. ' +
      'Revoke that key itself, if nobody needs it: curl -f -X DELETE ' +
      'https://mga.registry.prod.a.momentohq.com/api-keys/key-1 -H "Authorization: $MOMENTO_MANAGEMENT_KEY"',
  ],
  [
    new KeyRegistryError('revoke-no-management-key', { secretName }),
    'No key of secret "a/b" was revoked. That needs a management key. Revoke the key in the Momento console, or deploy ' +
      'with the setting managementSecretName. Then: npm run revoke-previous -- a/b --region us-east-1',
  ],
  [
    new KeyRegistryError('revoke-key-in-use', { secretName, holder: 'c' }),
    'No key of secret "a/b" was revoked. The current or the pending version of secret "c" holds the same key. ' +
      'Refresh that secret first: npm run seed -- c --region us-east-1',
  ],
  [
    new KeyRegistryError('revoke-newer-key', { secretName }),
    'No key of secret "a/b" was revoked. The key under AWSPREVIOUS is newer than the current one, as after a rollback, or ' +
      'Momento does not tell its age. If that key leaked, revoke it in the Momento console. Look at the versions: ' +
      'aws secretsmanager list-secret-version-ids --region us-east-1 --secret-id a/b',
  ],
  [
    new KeyRegistryError('revoke-current-unproven', { secretName }),
    'No key of secret "a/b" was revoked. The current key could not be proved, and its readers would be left without a key. ' +
      'Refresh the secret first: npm run seed -- a/b --region us-east-1',
  ],
  [
    new KeyRegistryError('revoke-previous-unproven', { secretName }),
    'No key of secret "a/b" was revoked. Momento could not be asked whether the key under AWSPREVIOUS works. ' +
      'This usually passes. Then: npm run revoke-previous -- a/b --region us-east-1',
  ],
  [
    new KeyRegistryError('management-key-unreadable', momento('AccessDeniedException')),
    'The management key in secret "a/b" could not be read (AccessDeniedException). ' +
      'See what is wrong with its secret: npm run preflight -- --region us-east-1',
  ],
  [
    new KeyRegistryError('registry-rejected', momento('401')),
    'Momento rejects the management key in secret "a/b" (401). ' +
      'Put another one into it: npm run seed -- a/b --file momento-key.json --region us-east-1',
  ],
  [
    new KeyRegistryError('registry-denied', momento('403')),
    'The role of the management key in secret "a/b" may not manage keys (403). It needs auth_management with read, write ' +
      'and list. Put a key with such a role into it: npm run seed -- a/b --file momento-key.json --region us-east-1',
  ],
  [
    new KeyRegistryError('registry-unanswered', momento('TIMEOUT')),
    'Momento did not list or revoke keys (TIMEOUT). ' +
      'This usually passes. See whether it has: npm run preflight -- --region us-east-1',
  ],
  [
    new UnexpectedError(new TypeError('the-key')),
    'A fault in this program stopped the run (TypeError). Keep the line of the log and report it. ' +
      'See how the secrets stand: npm run status -- --region us-east-1',
  ],
];

it.each(FAILURES)(
  'the message of %s says what happened, what is safe and which command helps',
  (error, message) => {
    expect(toReportable(error, PLACE)).toBe(error);
    expect(error.message).toBe(message);
  },
);

it('every npm script and every AWS CLI command in a failure exists', () => {
  const messages = FAILURES.map(([, message]) => message).join('\n');
  const { scripts } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  const named = [...messages.matchAll(/npm run ([\w-]+)/g)].map(([, script]) => script);
  expect(new Set(named)).toEqual(new Set(['preflight', 'revoke-previous', 'seed', 'status']));
  expect(Object.keys(scripts)).toEqual(expect.arrayContaining(named));

  // The AWS CLI's name of an action is the API's, in lower case and with hyphens.
  const actions = Object.entries({ scheduler, secretsmanager }).flatMap(([service, client]) =>
    Object.keys(client)
      .filter((name) => name.endsWith('Command'))
      .map((name) => `${service}${name.replace(/Command$/, '').replace(/[A-Z]/g, '-$&')}`.toLowerCase()),
  );
  const called = [...messages.matchAll(/\baws (\w+) ([\w-]+)/g)].map(
    ([, service, action]) => `${service}-${action}`,
  );
  expect(called.length).toBeGreaterThan(5);
  expect(actions).toEqual(expect.arrayContaining(called));
});

it('a command for a function that has another name than the default one names that function', () => {
  const error = new KeyIssueError('issue-throttled', momento('429'));
  const place = { region: 'eu-west-1', functionName: 'payments-keys' };
  expect(toReportable(error, place).message).toMatch(
    /: npm run seed -- a\/b --region eu-west-1 --function-name payments-keys$/,
  );
});
