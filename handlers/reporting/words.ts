/** What every failure is called in words: what happened, what is still safe, and the command that helps. Pure. */
import type { FailureCode, FailureFacts, SecretFacts } from '../errors.ts';

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
function putKey(secretName: string): string {
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
    ...secretFault(facts, 'It is scheduled for deletion'),
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
  'secret-contested': ({ secretName, rounds }) => ({
    what: `Others changed the secret ${rounds} times while this run worked on it`,
    todo: `See which key is current, then refresh it if need be: ${seed(secretName)}`,
  }),
  'version-ids-taken': ({ secretName, tries }) => ({
    what: `The new key could not be stored: ${tries} versions without a label hold the ids that it could have`,
    todo: `Put a new key into the secret: ${putKey(secretName)}`,
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
