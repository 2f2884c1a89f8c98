import { expect, it } from 'vitest';
import { SecretAccessError, SecretWriteError } from '../../handlers/errors.ts';
import { toReportable } from '../../handlers/reporting/failure.ts';

const secretName = 'a/b';
const read = (awsCode: string) => ({ secretName, task: 'read', awsCode }) as const;
const store = (awsCode: string) => ({ secretName, task: 'store', awsCode }) as const;

it.each([
  [
    new SecretAccessError('secret-missing', read('ResourceNotFoundException')),
    'Secret "a/b" cannot be read (ResourceNotFoundException). It does not exist in this account and region. ' +
      'Nothing was changed. If it is no longer needed, take its name out of the setting secretNames and deploy. ' +
      'Otherwise create it: aws secretsmanager create-secret --name a/b --secret-string file://momento-key.json',
  ],
  [
    new SecretAccessError('secret-denied', read('AccessDeniedException')),
    'Secret "a/b" cannot be read (AccessDeniedException). The function\'s role or the secret\'s resource policy does not ' +
      'allow it. Nothing was changed. Check both: aws secretsmanager get-resource-policy --secret-id a/b',
  ],
  [
    new SecretAccessError('kms-key-unusable', read('DecryptionFailure')),
    'Secret "a/b" cannot be read (DecryptionFailure). The secret\'s KMS key is disabled, or the function may not use it. ' +
      "Nothing was changed. Check the policy of the key that this command prints, set kmsKeyArn to the key's ARN, and " +
      'deploy: aws secretsmanager describe-secret --secret-id a/b --query KmsKeyId --output text',
  ],
  [
    new SecretAccessError('secret-unmanaged', { secretName, managed: ['c', 'd'] }),
    'Secret "a/b" is not managed by this function. Managed are: c, d. Nothing was done. ' +
      'To add the secret, put its name into the setting secretNames in cdk.json and deploy: npx cdk deploy',
  ],
  [
    new SecretAccessError('secret-arn-differs', { secretName, namedArn: 'arn:x', secretArn: 'arn:y' }),
    '"arn:x" is not the ARN of a managed secret. Secret "a/b" has the ARN arn:y. Nothing was done. ' +
      'Name the secret: npm run seed -- a/b',
  ],
  [
    new SecretWriteError('secret-deleted', store('InvalidRequestException')),
    'The new key could not be stored (InvalidRequestException). It is scheduled for deletion. ' +
      'Restore it: aws secretsmanager restore-secret --secret-id a/b',
  ],
  [
    new SecretWriteError('secret-replica', store('InvalidRequestException')),
    'The new key could not be stored (InvalidRequestException). It is a replica, and a replica cannot be ' +
      'written. Deploy the stack in its primary region instead. This command prints that region: ' +
      'aws secretsmanager describe-secret --secret-id a/b --query PrimaryRegion --output text',
  ],
  [
    new SecretWriteError('secret-state', {
      secretName,
      task: 'promote',
      awsCode: 'InvalidRequestException',
    }),
    'The new key could not be made current (InvalidRequestException). Its present state does not allow it. ' +
      'Look at it: aws secretsmanager describe-secret --secret-id a/b',
  ],
  [
    new SecretWriteError('secret-full', { secretName, task: 'label', awsCode: 'LimitExceededException' }),
    'A staging label could not be moved (LimitExceededException). It has too many versions or staging ' +
      'labels for now. Look at them: aws secretsmanager list-secret-version-ids --secret-id a/b',
  ],
  [
    new SecretWriteError('secrets-manager-unavailable', store('TimeoutError')),
    'The new key could not be stored (TimeoutError). Secrets Manager gave no usable answer. This usually ' +
      'passes. See whether it has: npm run status',
  ],
  [
    new SecretWriteError('secret-contested', { secretName, rounds: 4 }),
    'Others changed the secret 4 times while this run worked on it. ' +
      'See which key is current, then refresh it if need be: npm run seed -- a/b',
  ],
  [
    new SecretWriteError('version-ids-taken', { secretName, tries: 3 }),
    'The new key could not be stored: 3 versions without a label hold the ids that it could have. ' +
      'Put a new key into the secret: npm run seed -- a/b --file momento-key.json',
  ],
])('%s is told with what happened, what is safe and the command that helps', (error, message) => {
  expect(toReportable(error)).toBe(error);
  expect(error.message).toBe(message);
});
