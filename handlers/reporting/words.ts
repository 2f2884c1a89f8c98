/** What every failure is called in words: what happened, what is still safe, and the command that helps. Pure. */
import type {
  FailureCode,
  FailureFacts,
  IssueFacts,
  IssueFault,
  ReplacementFacts,
  SchedulerFacts,
  SecretFacts,
} from '../errors.ts';
import { MOMENTO_API, RESTORE } from '../names.ts';
import { isoInstant } from '../rules/wake-up.ts';

export interface Words {
  /** Whole sentences, without the full stop at their end. */
  readonly what: string;
  /** Left out if the failure is told with the state of the current key. */
  readonly safe?: string;
  /** What to do. Ends in a whole command. */
  readonly todo: string;
}

const STATUS = 'npm run status';
const DEPLOY = 'npx cdk deploy';

/** Refreshes the key in a secret now. */
function seed(secretName: string): string {
  return `npm run seed -- ${secretName}`;
}

/** Puts a key from the Momento console into the secret, and refreshes it. */
export function putKey(secretName: string): string {
  return `${seed(secretName)} --file momento-key.json`;
}

export function wordsOf<Code extends FailureCode>(code: Code, facts: FailureFacts[Code]): Words {
  return WORDS[code](facts);
}

const WORDS: { readonly [Code in FailureCode]: (facts: FailureFacts[Code]) => Words } = {
  'secret-missing': (facts) => ({
    ...secretFault(facts, 'It does not exist in this account and region'),
    todo:
      'If it is no longer needed, take its name out of the setting secretNames and deploy. Otherwise create it: ' +
      `aws secretsmanager create-secret --name ${facts.secretName} --secret-string file://momento-key.json`,
  }),
  'secret-denied': (facts) => ({
    ...secretFault(facts, "The function's role or the secret's resource policy does not allow it"),
    todo: `Check both: aws secretsmanager get-resource-policy --secret-id ${facts.secretName}`,
  }),
  'kms-key-unusable': (facts) => ({
    ...secretFault(facts, "The secret's KMS key is disabled, or the function may not use it"),
    todo:
      "Check the policy of the key that this command prints, set kmsKeyArn to the key's ARN, and deploy: " +
      `aws secretsmanager describe-secret --secret-id ${facts.secretName} --query KmsKeyId --output text`,
  }),
  'secret-deleted': (facts) => ({
    ...secretFault(
      facts,
      `It is scheduled for deletion${facts.deletesAt === undefined ? '' : ` at ${isoInstant(facts.deletesAt)}`}`,
    ),
    todo: `Restore it: aws secretsmanager restore-secret --secret-id ${facts.secretName}`,
  }),
  'secret-replica': (facts) => ({
    ...secretFault(facts, 'It is a replica, and a replica cannot be written'),
    todo:
      'Deploy the stack in its primary region instead. This command prints that region: ' +
      `aws secretsmanager describe-secret --secret-id ${facts.secretName} --query PrimaryRegion --output text`,
  }),
  'secret-state': (facts) => ({
    ...secretFault(facts, 'Its present state does not allow it'),
    todo: `Look at it: aws secretsmanager describe-secret --secret-id ${facts.secretName}`,
  }),
  'secret-full': (facts) => ({
    ...secretFault(facts, 'It has too many versions or staging labels for now'),
    todo: `Look at them: aws secretsmanager list-secret-version-ids --secret-id ${facts.secretName}`,
  }),
  'secrets-manager-unavailable': (facts) => ({
    ...secretFault(facts, 'Secrets Manager gave no usable answer. This usually passes'),
    todo: `See whether it has: ${STATUS}`,
  }),
  'secret-unmanaged': ({ secretName, managed }) => ({
    what: `Secret "${secretName}" is not managed by this function. Managed are: ${managed.join(', ')}`,
    safe: 'Nothing was done.',
    todo: `To add the secret, put its name into the setting secretNames in cdk.json and deploy: ${DEPLOY}`,
  }),
  'secret-arn-differs': ({ secretName, namedArn, secretArn }) => ({
    what: `"${namedArn}" is not the ARN of a managed secret. Secret "${secretName}" has the ARN ${secretArn}`,
    safe: 'Nothing was done.',
    todo: `Name the secret: ${seed(secretName)}`,
  }),
  'secret-contested': ({ rounds }) => ({
    what: `Newer refreshes, or a person, renewed the secret ${rounds} times while this run worked on it, so it was left as it is`,
    todo: 'Nothing is to be done if the current key works. See whether it does: npm run preflight',
  }),
  'version-ids-taken': ({ secretName, tries }) => ({
    what: `The new key could not be stored: ${tries} versions without a label hold the ids that it could have`,
    todo: `Put a new key into the secret: ${putKey(secretName)}`,
  }),
  'schedule-group-missing': (facts) => ({
    ...schedulerFault(facts, `The group "${facts.groupName}" does not exist`),
    todo: `Create it again: ${RESTORE}`,
  }),
  'schedule-denied': (facts) => ({
    ...schedulerFault(facts, "The function's role does not allow it"),
    todo: `Restore the role: ${RESTORE}`,
  }),
  'schedule-quota': (facts) => ({
    ...schedulerFault(facts, 'The account has as many schedules as it may have'),
    todo: 'Delete schedules that nobody needs. This command lists them: aws scheduler list-schedules',
  }),
  'scheduler-unavailable': (facts) => ({
    ...schedulerFault(facts, 'It gave no usable answer. This usually passes'),
    todo: `See whether it has: ${STATUS}`,
  }),
  'entries-disabled': ({ at }) => ({
    what: `The entries of the minute from ${isoInstant(at)} on are all disabled, so no wake-up was booked`,
    todo: 'Delete the disabled entries. This command lists them: aws scheduler list-schedules --state DISABLED',
  }),
  'issue-rejected': (facts) => ({
    what: `${issueFault('issue-rejected')} (${facts.detail})`,
    todo: `If this goes on, put a new key into the secret before the current one expires: ${putKey(facts.secretName)}`,
  }),
  'issue-spent': (facts) => ({
    what: `${issueFault('issue-spent')} (${facts.detail})`,
    todo: `Put a new key into the secret before the current one expires: ${putKey(facts.secretName)}`,
  }),
  'issue-locked': (facts) => ({
    ...tokenKept('issue-locked', facts),
    todo: `Ask the owner of the account. Then: ${seed(facts.secretName)}`,
  }),
  'issue-refused': (facts) => ({
    what: `${issueFault('issue-refused')} (${facts.detail})`,
    todo: `Put a new key into the secret before the current one expires: ${putKey(facts.secretName)}`,
  }),
  'issue-unusable': (facts) => ({
    what: `${issueFault('issue-unusable')} (${facts.detail})`,
    todo: `Put a new key into the secret: ${putKey(facts.secretName)}`,
  }),
  'issue-not-offered': (facts) => ({
    ...tokenKept('issue-not-offered', facts),
    todo: `Put a new key into the secret before the current one expires: ${putKey(facts.secretName)}`,
  }),
  'issue-key-limit': (facts) => ({
    ...tokenKept('issue-key-limit', facts),
    todo: `Delete a key that nobody needs in the Momento console. Then: ${seed(facts.secretName)}`,
  }),
  'issue-throttled': (facts) => ({
    ...tokenKept('issue-throttled', facts),
    todo: `This usually passes. To try at once: ${seed(facts.secretName)}`,
  }),
  'issue-unanswered': (facts) => ({
    what: `${issueFault('issue-unanswered')} (${facts.detail})`,
    todo: `This usually passes. To try at once: ${seed(facts.secretName)}`,
  }),
  'no-management-key': (facts) => ({
    what: `${issueFault(facts.fault)} (${facts.detail})`,
    todo: replacement(facts),
  }),
  'key-not-listed': (facts) => ({
    what: `${issueFault(facts.fault)} (${facts.detail}), and Momento does not list its key with an expiry`,
    todo: replacement(facts),
  }),
  'successor-refused': (facts) => ({
    what:
      `${issueFault(facts.fault)} (${facts.detail}), and Momento generated no other key with the management key: ` +
      `${issueFault(facts.refusal)} (${facts.refusalDetail})`,
    todo: replacement(facts),
  }),
  'management-key-missing': ({ secretName }) => ({
    what: `The management secret "${secretName}" holds no v2 key with an expiry`,
    todo: `Put one into it whose role has auth_management: ${putKey(secretName)}`,
  }),
  'expiry-unusable': ({ secretName }) => ({
    what: 'Momento returned a key without a usable expiry, so it was not used',
    todo: `If this goes on, put another key into the secret: ${putKey(secretName)}`,
  }),
  'expiry-too-early': ({ secretName, issuedExpiresAt, currentExpiresAt }) => ({
    what:
      `Momento returned a key that is valid until ${isoInstant(issuedExpiresAt)}. That is past, or before the current ` +
      `key's ${isoInstant(currentExpiresAt)}, so it was not used`,
    todo: `If this goes on, put another key into the secret: ${putKey(secretName)}`,
  }),
  'key-not-refreshable': ({ secretName }) => ({
    what: 'Momento returned a key that could not be refreshed again, so it was not used',
    todo: `If this goes on, put another key into the secret: ${putKey(secretName)}`,
  }),
  'new-key-rejected': ({ secretName, detail }) => ({
    what: `Momento rejected the new key (${detail}), so it was not made current`,
    todo: `The next try gets another one. If this goes on, put a new key into the secret: ${putKey(secretName)}`,
  }),
  'new-key-unproven': ({ secretName, detail }) => ({
    what: `Momento could not be asked whether the new key works (${detail}), so it stays pending`,
    todo: `This usually passes. To try at once: ${seed(secretName)}`,
  }),
  'not-a-key': ({ secretName, fault }) => ({
    what:
      `The value of secret "${secretName}" is not a Momento key: ${fault}. ` +
      'It must be the JSON that the Momento console offers for download, with apiKey, refreshToken and validUntil, ' +
      "or the answer of Momento's HTTP API, with api_key, refresh_token and key_info",
    safe: 'Nothing was changed.',
    todo: `Put a key into the secret: ${putKey(secretName)}`,
  }),
  'event-unknown': ({ fault, accepted }) => ({
    what: `The event cannot be understood: ${fault}`,
    safe: 'Nothing was done.',
    todo: `Accepted are: ${accepted.join('; ')}. A command that sends the right event: ${seed('SECRET_NAME')}`,
  }),
  'environment-invalid': ({ faults }) => ({
    what: `The function's environment is not as the stack sets it: ${faults.join(', ')}`,
    safe: 'Nothing was done.',
    todo: `Restore it: ${RESTORE}`,
  }),
  'key-rejected': ({ secretName }) => ({
    what:
      `Momento rejects the current key in secret "${secretName}": it was revoked, or the secret names the expiry of ` +
      'another key. Its readers fail',
    safe: 'Other secrets are not touched.',
    todo: `Make an expiring API key in the Momento console. Then: ${putKey(secretName)}`,
  }),
  'key-short-lived': ({ secretName, expiresAt }) => ({
    what:
      `Momento issued a key for secret "${secretName}" that expires at ${isoInstant(expiresAt)}. A key that lives less than ` +
      '20 minutes is not refreshed again by itself',
    todo: `Put a key with a longer life into the secret: ${putKey(secretName)}`,
  }),
  'key-lapsed': ({ secretName, expiresAt }) => ({
    what:
      `The Momento key in secret "${secretName}" lapsed${expiresAt === undefined ? '' : ` at ${isoInstant(expiresAt)}`}, ` +
      'and Momento refreshes no expired key: a person must put a new one',
    safe: 'The refresher then goes on by itself.',
    todo: `Download an expiring API key from the Momento console. Then: ${putKey(secretName)}`,
  }),
};

function secretFault({ secretName, task, awsCode }: SecretFacts, why: string): Omit<Words, 'todo'> {
  switch (task) {
    case 'read':
      return {
        what: `Secret "${secretName}" cannot be read (${awsCode}). ${why}`,
        safe: 'Nothing was changed.',
      };
    case 'store':
      return { what: `The new key could not be stored (${awsCode}). ${why}` };
    case 'promote':
      return { what: `The new key could not be made current (${awsCode}). ${why}` };
    case 'label':
      return { what: `A staging label could not be moved (${awsCode}). ${why}` };
  }
}

function schedulerFault({ task, name, awsCode }: SchedulerFacts, why: string): Omit<Words, 'todo'> {
  return { what: `EventBridge Scheduler did not ${task} ${name} (${awsCode}). ${why}` };
}

function tokenKept(fault: IssueFault, { detail }: IssueFacts): Omit<Words, 'todo'> {
  return { what: `${issueFault(fault)} (${detail}). The refresh token is not used up` };
}

function issueFault(fault: IssueFault): string {
  switch (fault) {
    case 'issue-rejected':
      return 'Momento rejected the refresh token or the key that it belongs to';
    case 'issue-spent':
      return 'The refresh token was used before, and the key that it gave was lost';
    case 'issue-locked':
      return 'Momento has locked the account';
    case 'issue-refused':
      return 'Momento refused the refresh';
    case 'issue-unusable':
      return 'The current key cannot be used with Momento';
    case 'issue-not-offered':
      return 'Momento offers this account no refresh of v2 keys';
    case 'issue-key-limit':
      return 'The account has as many API keys as Momento allows';
    case 'issue-throttled':
      return 'Momento was called too often';
    case 'issue-unanswered':
      return 'Momento issued no new key';
  }
}

/** The commands that replace a v2 key that cannot be refreshed. Texts of Momento are put in only if no shell can misread them. */
function replacement({ secretName, roleId, description }: ReplacementFacts): string {
  const plain = (text: string | undefined, otherwise: string) =>
    text !== undefined && /^[\w .-]+$/.test(text) ? text : otherwise;
  const body =
    `{"role_id":"${plain(roleId, 'ROLE_ID')}","description":"${plain(description, 'DESCRIPTION')}",` +
    '"expiry":EPOCH_SECONDS}';
  return (
    'With the setting managementSecretName the refresher replaces such a key by itself. Replace it now: ' +
    `curl -X POST ${MOMENTO_API}/api-keys -H "Authorization: $MOMENTO_MANAGEMENT_KEY" ` +
    `-H "Content-Type: application/json" -d '${body}' > momento-key.json && ${putKey(secretName)}`
  );
}
