import { expect, it } from 'vitest';
import { LOCAL_ACCOUNT, LOCAL_REGION, synthesizeTemplate } from '../../local/synthesized-template.ts';
import { roleMay, rolePolicies } from './policies.ts';

const template = synthesizeTemplate({ secretNames: 'a/one,b', createSecrets: false, nativeRotation: true });
const role = rolePolicies(template, String(template.resource('AWS::Lambda::Function').properties.Role));

/** The ARNs of existing secrets end in six characters that are not known at deployment, so the policy has a pattern. */
it.each([
  ['a/one-AbCdEf', 'allowed'],
  ['a/one-XyZ123', 'allowed'],
  ['b-AbCdEf', 'allowed'],
  ['b-extra-AbCdEf', 'denied'],
  ['b-AbCdEf-AbCdEf', 'denied'],
  ['b-AbCdE', 'denied'],
  ['bb-AbCdEf', 'denied'],
  ['x/b-AbCdEf', 'denied'],
  ['a/one/two-AbCdEf', 'denied'],
  ['a/two-AbCdEf', 'denied'],
])(
  'access to secret %s is %s if the stack manages the existing secrets a/one and b',
  async (secret, answer) => {
    for (const operation of [
      'GetSecretValue',
      'PutSecretValue',
      'UpdateSecretVersionStage',
      'DescribeSecret',
    ]) {
      const resource = `arn:aws:secretsmanager:${LOCAL_REGION}:${LOCAL_ACCOUNT}:secret:${secret}`;
      const call = { action: `secretsmanager:${operation}`, resource, context: {} };
      expect(await roleMay(role, call), operation).toBe(answer === 'allowed');
    }
  },
);
