/** The names, instants and events that the tests share. */

export const ACCOUNT = '123456789012';
export const SECRET = 'momento/authentication-token';
export const GROUP = 'momento-key-refresher';
export const FUNCTION_ARN = `arn:aws:lambda:us-east-1:${ACCOUNT}:function:momento-key-refresher`;
/** Where the function is. */
export const PLACE = { region: 'us-east-1', functionName: 'momento-key-refresher' };
export const SCHEDULER_ROLE_ARN = `arn:aws:iam::${ACCOUNT}:role/scheduler`;
export const DEAD_LETTER_QUEUE_ARN = `arn:aws:sqs:us-east-1:${ACCOUNT}:dead-letters`;

export const DAY = 86_400;
/** 2026-01-01T00:00:00Z */
export const START = 1_767_225_600;

/** A person asks for a refresh now. */
export const MANUAL = { momento_auth_token_secret_name: SECRET };
export const SWEEP = { action: 'sweep' };
export const STATUS = { action: 'status' };
export const PREFLIGHT = { action: 'preflight' };

/** EventBridge says that AWSCURRENT has moved. */
export function labelUpdated(secretName = SECRET) {
  return {
    source: 'aws.secretsmanager',
    'detail-type': 'Secret Label Updated',
    detail: { name: secretName, labelUpdated: 'AWSCURRENT' },
  };
}

/** The steps of a rotation by Secrets Manager, in their order. */
export const ROTATION_STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'];
/** The version id that Secrets Manager chooses in the tests of single steps. */
export const TOKEN = '99999999-9999-4999-8999-999999999999';
