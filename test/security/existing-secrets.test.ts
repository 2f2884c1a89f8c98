import { expect, it } from 'vitest';
import { LOCAL_ACCOUNT, LOCAL_REGION, synthesizeTemplate } from '../../local/synthesized-template.ts';
import { roleMay, rolePolicies } from './policies.ts';

const template = synthesizeTemplate({ secretNames: 'a/one,b', createSecrets: false, nativeRotation: true });
const role = rolePolicies(template, String(template.resource('AWS::Lambda::Function').properties.Role));

/** Their ARNs end in six characters that are not known at deployment: the policy has a pattern for them. */
it.each([
  ['a/one-AbCdEf', true],
  ['a/one-XyZ123', true],
  ['b-AbCdEf', true],
  ['b-extra-AbCdEf', false],
  ['b-AbCdEf-AbCdEf', false],
  ['b-AbCdE', false],
  ['bb-AbCdEf', false],
  ['x/b-AbCdEf', false],
  ['a/one/two-AbCdEf', false],
  ['a/two-AbCdEf', false],
])('with secrets that exist already, %s: %s', async (secret, allowed) => {
  for (const operation of [
    'GetSecretValue',
    'PutSecretValue',
    'UpdateSecretVersionStage',
    'DescribeSecret',
  ]) {
    const resource = `arn:aws:secretsmanager:${LOCAL_REGION}:${LOCAL_ACCOUNT}:secret:${secret}`;
    const call = { action: `secretsmanager:${operation}`, resource, context: {} };
    expect(await roleMay(role, call), operation).toBe(allowed);
  }
});
