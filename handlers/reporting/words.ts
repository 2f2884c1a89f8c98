/** The words for each failure: what happened, what was not changed, and the command that helps. */
import type {
  FailureCode,
  FailureFacts,
  IssueFacts,
  IssueFault,
  NamedSecret,
  ReplacementFacts,
  SchedulerFacts,
  SecretFacts,
  SuccessorRefusal,
} from '../errors.ts';
import { DEFAULT_FUNCTION_NAME, MOMENTO_API, RESTORE } from '../names.ts';
import { claimsOf, isApiKey } from '../rules/key.ts';
import { isoInstant } from '../rules/wake-up.ts';

export interface Words {
  /** Whole sentences, without the full stop at their end. */
  readonly what: string;
  /** Left out if the failure is told with the state of the current key. */
  readonly safe?: string;
  /** What to do. Ends in a whole command. */
  readonly todo: string;
}

/** Where the function is. The commands name it, so that they reach it from any terminal. */
export interface Place {
  readonly region: string;
  readonly functionName: string;
}

const DEPLOY = 'npx cdk deploy';

/** One of this project's commands. Those that call the function call the default one if none is named. */
export function npmCommand(
  { region, functionName }: Place,
  script: string,
  ...args: readonly string[]
): string {
  const other = functionName === DEFAULT_FUNCTION_NAME ? [] : ['--function-name', functionName];
  return ['npm run', script, '--', ...args, '--region', region, ...other].join(' ');
}

/** What to do about a failure that passes by itself. */
function tryAgain(place: Place, secretName: string): string {
  return `This usually passes. To try at once: ${seed(place, secretName)}`;
}

/** What to do if the account has as many keys as Momento allows. */
function makeRoom(place: Place, secretName: string): string {
  return `In the Momento console, revoke a key that nobody needs. Then: ${seed(place, secretName)}`;
}

/** What to do if the key in the secret cannot be refreshed, or if there is none. */
export function downloadKey(place: Place, secretName: string): string {
  return `Download an expiring API key from the Momento console. Then: ${putKey(place, secretName)}`;
}

function secretCommand({ region }: Place, action: string, { secretName }: NamedSecret): string {
  return `aws secretsmanager ${action} --region ${region} --secret-id ${secretName}`;
}

function listSchedules({ region }: Place): string {
  return `aws scheduler list-schedules --region ${region}`;
}

/** Refreshes the key in a secret now. */
function seed(place: Place, secretName: string): string {
  return npmCommand(place, 'seed', secretName);
}

/** Puts a key from the Momento console into the secret, and refreshes it. */
export function putKey(place: Place, secretName: string): string {
  return npmCommand(place, 'seed', secretName, '--file', 'momento-key.json');
}

function revokePrevious(place: Place, secretName: string): string {
  return npmCommand(place, 'revoke-previous', secretName);
}

export function wordsOf<Code extends FailureCode>(
  code: Code,
  facts: FailureFacts[Code],
  place: Place,
): Words {
  return WORDS[code](facts, place);
}

/** By code. The runbook has a section for each code. */
export const WORDS: { readonly [Code in FailureCode]: (facts: FailureFacts[Code], place: Place) => Words } = {
  'secret-missing': (facts, place) => ({
    ...secretFault(facts, 'It does not exist in this account and region'),
    todo:
      'If it is no longer needed, take its name out of the setting secretNames and deploy. Otherwise create it: ' +
      `aws secretsmanager create-secret --region ${place.region} --name ${facts.secretName} ` +
      '--secret-string file://momento-key.json',
  }),
  'secret-denied': (facts, place) => ({
    ...secretFault(facts, "The function's role or the secret's resource policy does not allow it"),
    todo:
      'If the role was changed, deploy with --revert-drift to restore it. Look at the resource policy: ' +
      secretCommand(place, 'get-resource-policy', facts),
  }),
  'kms-key-unusable': (facts, place) => ({
    ...secretFault(facts, "The secret's KMS key is disabled, or the function may not use it"),
    todo:
      'Enable the key, or set kmsKeyArn to its ARN and deploy. This command prints the key: ' +
      `${secretCommand(place, 'describe-secret', facts)} --query KmsKeyId --output text`,
  }),
  'secret-deleted': (facts, place) => ({
    ...secretFault(
      facts,
      `It is scheduled for deletion${facts.deletesAt === undefined ? '' : ` at ${isoInstant(facts.deletesAt)}`}`,
    ),
    todo: `Restore it: ${secretCommand(place, 'restore-secret', facts)}`,
  }),
  'secret-replica': (facts, place) => ({
    ...secretFault(facts, 'It is a replica, and a replica cannot be written'),
    todo:
      'Deploy the stack in its primary region instead. This command prints that region: ' +
      `${secretCommand(place, 'describe-secret', facts)} --query PrimaryRegion --output text`,
  }),
  'secret-state': (facts, place) => ({
    ...secretFault(facts, 'Its present state does not allow it'),
    todo: `Look at it: ${secretCommand(place, 'describe-secret', facts)}`,
  }),
  'secret-full': (facts, place) => ({
    ...secretFault(facts, 'It has too many versions or staging labels for now'),
    todo: `Look at them: ${secretCommand(place, 'list-secret-version-ids', facts)}`,
  }),
  'secrets-manager-unavailable': (facts, place) => ({
    ...secretFault(facts, 'Secrets Manager gave no usable answer. This usually passes'),
    todo: `See whether it has: ${npmCommand(place, 'status')}`,
  }),
  'secret-unmanaged': ({ secretName, managed }) => ({
    what: `Secret "${secretName}" is not managed by this function. Managed are: ${managed.join(', ')}`,
    safe: 'Nothing was done.',
    todo: `To add the secret, put its name into the setting secretNames in cdk.json and deploy: ${DEPLOY}`,
  }),
  'secret-arn-differs': ({ secretName, namedArn, secretArn }, place) => ({
    what: `"${namedArn}" is not the ARN of a managed secret. Secret "${secretName}" has the ARN ${secretArn}`,
    safe: 'Nothing was done.',
    todo: `Name the secret: ${seed(place, secretName)}`,
  }),
  'secret-contested': ({ rounds }, place) => ({
    what: `Other refreshes or a person changed the secret ${rounds} times while this run worked on it, so it was left as it is`,
    todo:
      'Nothing is to be done if the current key works. See whether it does: ' +
      npmCommand(place, 'preflight'),
  }),
  'version-ids-taken': ({ secretName, tries }, place) => ({
    what: `The new key could not be stored: ${tries} versions without a label hold the ids that it could have`,
    todo: `Put a new key into the secret: ${putKey(place, secretName)}`,
  }),
  'schedule-group-missing': (facts) => ({
    ...schedulerFault(facts, `The group "${facts.groupName}" does not exist`),
    todo: `Create it again: ${RESTORE}`,
  }),
  'schedule-denied': (facts) => ({
    ...schedulerFault(facts, "The function's role does not allow it"),
    todo: `Restore the role: ${RESTORE}`,
  }),
  'schedule-quota': (facts, place) => ({
    ...schedulerFault(facts, 'The account has as many schedules as it may have'),
    todo:
      `Delete schedules that nobody needs, but none of the group "${facts.groupName}". This command lists all: ` +
      listSchedules(place),
  }),
  'scheduler-unavailable': (facts, place) => ({
    ...schedulerFault(facts, 'It gave no usable answer. This usually passes'),
    todo: `See whether it has: ${npmCommand(place, 'status')}`,
  }),
  'entries-disabled': ({ at }, place) => ({
    what: `The entries of the minute from ${isoInstant(at)} on are all disabled, so no wake-up was booked`,
    todo:
      "Delete the disabled entries of the function's group, but not the sweep. This command lists those of all groups: " +
      `${listSchedules(place)} --state DISABLED`,
  }),
  'issue-rejected': (facts, place) => ({
    what: `${issueFault('issue-rejected')} (${facts.detail})`,
    todo: `If this goes on, put a new key into the secret before the current one expires: ${putKey(place, facts.secretName)}`,
  }),
  'issue-spent': (facts, place) => ({
    what: `${issueFault('issue-spent')} (${facts.detail})`,
    todo: `Put a new key into the secret before the current one expires: ${putKey(place, facts.secretName)}`,
  }),
  'issue-locked': (facts, place) => ({
    ...tokenKept('issue-locked', facts),
    todo: `Ask the owner of the account. Then: ${seed(place, facts.secretName)}`,
  }),
  'issue-refused': (facts, place) => ({
    what: `${issueFault('issue-refused')} (${facts.detail})`,
    todo: `Put a new key into the secret before the current one expires: ${putKey(place, facts.secretName)}`,
  }),
  'issue-unusable': (facts, place) => ({
    what: `${issueFault('issue-unusable')} (${facts.detail})`,
    todo: `Put a new key into the secret: ${putKey(place, facts.secretName)}`,
  }),
  'issue-no-token': (facts, place) => ({
    what: `${issueFault('issue-no-token')} (${facts.detail})`,
    todo: `Put a key with a refresh token into the secret: ${putKey(place, facts.secretName)}`,
  }),
  'issue-not-offered': (facts, place) => ({
    ...tokenKept('issue-not-offered', facts),
    todo: `Put a new key into the secret before the current one expires: ${putKey(place, facts.secretName)}`,
  }),
  'issue-key-limit': (facts, place) => ({
    ...tokenKept('issue-key-limit', facts),
    todo: makeRoom(place, facts.secretName),
  }),
  'issue-throttled': (facts, place) => ({
    ...tokenKept('issue-throttled', facts),
    todo: tryAgain(place, facts.secretName),
  }),
  'issue-unanswered': (facts, place) => ({
    what: `${issueFault('issue-unanswered')} (${facts.detail})`,
    todo: tryAgain(place, facts.secretName),
  }),
  'no-management-key': (facts, place) => ({
    what: `${issueFault(facts.fault)} (${facts.detail})`,
    todo: replaceUnmanagedKey(place, facts),
  }),
  'key-not-listed': (facts, place) => ({
    what: `${issueFault(facts.fault)} (${facts.detail}), and Momento does not list its key with an expiry`,
    todo: replaceKey(place, facts),
  }),
  'successor-refused': (facts, place) => ({
    what:
      `${issueFault(facts.fault)} (${facts.detail}), and Momento generated no other key with the management key: ` +
      `${REFUSALS[facts.refusal].what} (${facts.refusalDetail})`,
    todo: REFUSALS[facts.refusal].todo(facts, place),
  }),
  'successors-rejected': (facts, place) => ({
    what:
      `${issueFault(facts.fault)} (${facts.detail}), and Momento rejected two keys that it issued in its place, ` +
      'so no third one is asked for',
    todo: replaceKey(place, facts),
  }),
  'no-time-left': ({ secretName }, place) => ({
    what: 'Less than a minute of this run was left, too little to store a new key, so none was asked for',
    todo: `The next try has its whole time. To try at once: ${seed(place, secretName)}`,
  }),
  'management-key-missing': ({ secretName }, place) => ({
    what:
      `The management secret "${secretName}" holds no v2 key with an expiry. A key that never expires is not used, because ` +
      'a copy of it would work for ever',
    todo: `Put an expiring one into it whose role has auth_management: ${putKey(place, secretName)}`,
  }),
  'expiry-unusable': ({ secretName }, place) => ({
    what: 'Momento returned a key without a usable expiry, so it was not used',
    todo: `If this goes on, put another key into the secret: ${putKey(place, secretName)}`,
  }),
  'expiry-too-early': ({ secretName, issuedExpiresAt, currentExpiresAt }, place) => ({
    what:
      `Momento returned a key that is valid until ${isoInstant(issuedExpiresAt)}. That is past, or before the current ` +
      `key's ${isoInstant(currentExpiresAt)}, so it was not used`,
    todo: `If this goes on, put another key into the secret: ${putKey(place, secretName)}`,
  }),
  'key-not-refreshable': ({ secretName }, place) => ({
    what: 'Momento returned a key that could not be refreshed again, so it was not used',
    todo: `If this goes on, put another key into the secret: ${putKey(place, secretName)}`,
  }),
  'new-key-rejected': ({ secretName, detail }, place) => ({
    what: `Momento rejected the new key (${detail}), so it was not made current`,
    todo:
      'The next try gets another one. If this goes on, put a new key into the secret: ' +
      putKey(place, secretName),
  }),
  'new-key-unproven': ({ secretName, detail }, place) => ({
    what: `Momento could not be asked whether the new key works (${detail}), so it stays pending`,
    todo: tryAgain(place, secretName),
  }),
  'current-key-unproven': ({ secretName, detail }, place) => ({
    what: `Momento could not be asked whether the current key works (${detail}), so the management key was not used`,
    todo: tryAgain(place, secretName),
  }),
  'not-a-key': ({ secretName, fault }, place) => ({
    what:
      `The value of secret "${secretName}" is not a Momento key: ${fault}. ` +
      'It must be the JSON that the Momento console offers for download, with apiKey, refreshToken and validUntil, ' +
      "or the answer of Momento's HTTP API, with api_key, refresh_token and key_info",
    safe: 'Nothing was changed.',
    todo: `Put a key into the secret: ${putKey(place, secretName)}`,
  }),
  'event-unknown': ({ fault, accepted }, place) => ({
    what: `The event cannot be understood: ${fault}`,
    safe: 'Nothing was done.',
    todo: `Accepted are: ${accepted.join('; ')}. A command that sends the right event: ${seed(place, 'SECRET_NAME')}`,
  }),
  'environment-invalid': ({ faults }) => ({
    what: `The function's environment is not as the stack sets it: ${faults.join(', ')}`,
    safe: 'Nothing was done.',
    todo: `Restore it: ${RESTORE}`,
  }),
  'key-rejected': ({ secretName }, place) => ({
    what:
      `Momento rejects the current key in secret "${secretName}": it was revoked, or the secret names the expiry of ` +
      'another key. Its readers fail',
    safe: 'Other secrets are not touched.',
    todo: downloadKey(place, secretName),
  }),
  'key-short-lived': ({ secretName, expiresAt }, place) => ({
    what:
      `Secret "${secretName}" was refreshed, but Momento issued a key that expires at ${isoInstant(expiresAt)}. ` +
      'A key that lives less than 20 minutes is not refreshed again by itself',
    todo: `Put a key with a longer life into the secret: ${putKey(place, secretName)}`,
  }),
  'key-lapsed': ({ secretName, expiresAt }, place) => ({
    what:
      `The Momento key in secret "${secretName}" lapsed${expiresAt === undefined ? '' : ` at ${isoInstant(expiresAt)}`}, ` +
      'and Momento refreshes no expired key: a person must put a new one',
    safe: 'The refresher then goes on by itself.',
    todo: downloadKey(place, secretName),
  }),
  'rotation-unseeded': ({ secretName }, place) => ({
    what: 'The secret holds no key yet',
    todo: downloadKey(place, secretName),
  }),
  'rotation-never-expires': (facts, place) => ({
    what: 'The key never expires, and Momento refreshes only keys that expire',
    todo: `Turn off the rotation of this secret: ${secretCommand(place, 'cancel-rotate-secret', facts)}`,
  }),
  'rotation-not-started': (facts, place) => ({
    what: 'No key is stored under the id that Secrets Manager chose',
    todo: `To start the rotation again: ${secretCommand(place, 'rotate-secret', facts)}`,
  }),
  'rotation-contested': ({ secretName }, place) => ({
    what: 'Another refresh of this secret is half-way. Its next run finishes it, and then the rotation can go on',
    todo: `To finish it now: ${seed(place, secretName)}`,
  }),
  'rotation-unfinished': ({ secretName }, place) => ({
    what: 'The new key is stored and is not current yet',
    todo: `To make it current now: ${seed(place, secretName)}`,
  }),
  'rotation-foreign': (facts, place) => ({
    what: 'The version with the id that Secrets Manager chose holds a value that this program did not store, so it was left as it is',
    todo: `Look at the versions: ${secretCommand(place, 'list-secret-version-ids', facts)}`,
  }),
  'rotation-id-taken': (facts, place) => ({
    what: 'Another run stored a key under the same id at the same time',
    todo: `See whether that run has finished: ${secretCommand(place, 'describe-secret', facts)}`,
  }),
  'revoke-arn-differs': ({ secretName }, place) => ({
    ...notRevoked(secretName, 'The ARN in the event is not its ARN'),
    todo: `Name the secret: ${revokePrevious(place, secretName)}`,
  }),
  'revoke-no-key': (facts, place) => ({
    ...notRevoked(facts.secretName, 'It has no version AWSPREVIOUS with a key'),
    todo: `Look at its versions: ${secretCommand(place, 'list-secret-version-ids', facts)}`,
  }),
  'revoke-v1-key': ({ secretName }, place) => ({
    ...notRevoked(secretName, 'v1 keys cannot be revoked through an API'),
    todo: `Delete the key in the Momento console, or let it expire. To see until when the current key works: ${npmCommand(place, 'status')}`,
  }),
  'revoke-other-key': ({ secretName, keyId }) => ({
    ...notRevoked(secretName, `AWSPREVIOUS holds another key than the one with the id ${keyId}`),
    todo:
      'Revoke that key itself, if nobody needs it: ' +
      `curl -f -X DELETE ${MOMENTO_API}/api-keys/${keyId} -H "Authorization: $MOMENTO_MANAGEMENT_KEY"`,
  }),
  'revoke-no-management-key': ({ secretName }, place) => ({
    ...notRevoked(secretName, 'That needs a management key'),
    todo:
      'Revoke the key in the Momento console, or deploy with the setting managementSecretName. Then: ' +
      revokePrevious(place, secretName),
  }),
  'revoke-key-in-use': ({ secretName, holder }, place) => ({
    ...notRevoked(secretName, `The current or the pending version of secret "${holder}" holds the same key`),
    todo: `Refresh that secret first: ${seed(place, holder)}`,
  }),
  'revoke-newer-key': (facts, place) => ({
    ...notRevoked(
      facts.secretName,
      'The key under AWSPREVIOUS is newer than the current one, as after a rollback, or Momento does not tell its age',
    ),
    todo:
      'If that key leaked, revoke it in the Momento console. Look at the versions: ' +
      secretCommand(place, 'list-secret-version-ids', facts),
  }),
  'revoke-current-unproven': ({ secretName }, place) => ({
    ...notRevoked(
      secretName,
      'The current key could not be proved, and its readers would be left without a key',
    ),
    todo: `Refresh the secret first: ${seed(place, secretName)}`,
  }),
  'revoke-previous-unproven': ({ secretName }, place) => ({
    ...notRevoked(secretName, 'Momento could not be asked whether the key under AWSPREVIOUS works'),
    todo: `This usually passes. Then: ${revokePrevious(place, secretName)}`,
  }),
  'management-key-unreadable': ({ secretName, detail }, place) => ({
    what: `The management key in secret "${secretName}" could not be read (${detail})`,
    todo: `See what is wrong with its secret: ${npmCommand(place, 'preflight')}`,
  }),
  'registry-rejected': ({ secretName, detail }, place) => ({
    what: `Momento rejects the management key in secret "${secretName}" (${detail})`,
    todo: `Put another one into it: ${putKey(place, secretName)}`,
  }),
  'registry-denied': ({ secretName, detail }, place) => ({
    what:
      `The role of the management key in secret "${secretName}" may not manage keys (${detail}). ` +
      'It needs auth_management with read, write and list',
    todo: `Put a key with such a role into it: ${putKey(place, secretName)}`,
  }),
  'registry-unanswered': ({ detail }, place) => ({
    what: `Momento did not list or revoke keys (${detail})`,
    todo: `This usually passes. See whether it has: ${npmCommand(place, 'preflight')}`,
  }),
  unexpected: ({ kind }, place) => ({
    what: `A fault in this program stopped the run (${kind})`,
    todo: `Keep the line of the log and report it. See how the secrets stand: ${npmCommand(place, 'status')}`,
  }),
};

function notRevoked(secretName: string, why: string): Omit<Words, 'todo'> {
  return { what: `No key of secret "${secretName}" was revoked. ${why}` };
}

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
    case 'issue-no-token':
      return 'The current key cannot be refreshed at Momento';
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

/** Why Momento generated no successor, and what to do. */
const REFUSALS: {
  readonly [Refusal in SuccessorRefusal]: {
    readonly what: string;
    todo(facts: FailureFacts['successor-refused'], place: Place): string;
  };
} = {
  rejected: {
    what: 'Momento rejects the management key',
    todo: ({ managementSecretName }, place) =>
      `Put another management key into its secret: ${putKey(place, managementSecretName)}`,
  },
  denied: {
    what: 'The role of the management key may not generate keys',
    todo: ({ managementSecretName }, place) =>
      'Put a management key whose role has auth_management with read, write and list into its secret: ' +
      putKey(place, managementSecretName),
  },
  locked: {
    what: 'Momento has locked the account',
    todo: ({ secretName }, place) => `Ask the owner of the account. Then: ${seed(place, secretName)}`,
  },
  'no-such-role': {
    what: 'The role of the current key does not exist any more',
    todo: (facts, place) =>
      `Choose another role for the next key. ${replaceKey(place, { ...facts, roleId: undefined })}`,
  },
  refused: { what: 'Momento refused the request', todo: (facts, place) => replaceKey(place, facts) },
  'key-limit': {
    what: issueFault('issue-key-limit'),
    todo: ({ secretName }, place) => makeRoom(place, secretName),
  },
  throttled: {
    what: issueFault('issue-throttled'),
    todo: ({ secretName }, place) => tryAgain(place, secretName),
  },
  unanswered: {
    what: issueFault('issue-unanswered'),
    todo: ({ secretName }, place) => tryAgain(place, secretName),
  },
};

/** As `replaceKey`, if no management key is deployed. */
export function replaceUnmanagedKey(place: Place, facts: Parameters<typeof replaceKey>[1]): string {
  return `With the setting managementSecretName the refresher replaces such a key by itself. ${replaceKey(place, facts)}`;
}

/**
 * The commands that replace a v2 key that cannot be refreshed. Role and description may come from the secret, so they are put in only
 * if no shell can misread them and they are not a key or a token. Other users of the machine must not read the file, hence `umask`.
 */
export function replaceKey(
  place: Place,
  {
    secretName,
    roleId,
    description,
    lifetimeSeconds,
  }: Omit<ReplacementFacts, keyof IssueFacts | 'fault'> & { readonly secretName: string },
): string {
  const plain = (text = '', otherwise: string) =>
    /^[\w .-]{1,64}$/.test(text) && claimsOf(text) === undefined && !isApiKey(text) ? text : otherwise;
  const body =
    `{"role_id":"${plain(roleId, 'ROLE_ID')}","description":"${plain(description, 'DESCRIPTION')}",` +
    `"expiry":${lifetimeSeconds === undefined ? 'EPOCH_SECONDS' : `'$(($(date +%s) + ${lifetimeSeconds}))'`}}`;
  return (
    `Replace it now: (umask 077; curl -f -X POST ${MOMENTO_API}/api-keys -H "Authorization: $MOMENTO_MANAGEMENT_KEY" ` +
    `-H "Content-Type: application/json" -d '${body}' > momento-key.json) && ${putKey(place, secretName)}`
  );
}
