import { Match, Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { newStack, propertiesAt, resourceAt, synthesizeStack } from './synthesized.ts';

describe("Secrets Manager's own rotation", () => {
  test('is not attached unless a setting asks for it', () => {
    const template = Template.fromStack(newStack());
    template.resourceCountIs('AWS::SecretsManager::RotationSchedule', 0);
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: { Statement: Match.not(Match.arrayWith([Match.objectLike({ Sid: 'RotateSecrets' })])) },
    });
  });

  test('is attached without a rotation at deployment, and seldom enough never to fire for keys that live shorter', () => {
    const resources = synthesizeStack({ nativeRotation: 'true' });
    expect(propertiesAt(resources, 'NativeRotation/momento:authentication-token/Schedule')).toEqual({
      SecretId: '<Secrets/momento:authentication-token>',
      RotationLambdaARN: '<Refresher/Function.Arn>',
      RotateImmediatelyOnUpdate: false,
      RotationRules: { AutomaticallyAfterDays: 90 },
    });
  });

  test.each([
    ['P1D', 1],
    ['P30D', 30],
    ['PT48H', 2],
    ['P1000D', 1000],
  ])('fires every %s where the setting says so', (nativeRotationEvery, days) => {
    const resources = synthesizeStack({ nativeRotation: true, nativeRotationEvery });
    expect(propertiesAt(resources, 'NativeRotation/momento:authentication-token/Schedule')).toMatchObject({
      RotationRules: { AutomaticallyAfterDays: days },
    });
  });

  test('names a secret that exists already by its name', () => {
    const resources = synthesizeStack({ secretNames: 'b', createSecrets: false, nativeRotation: true });
    expect(propertiesAt(resources, 'NativeRotation/b/Schedule').SecretId).toBe('b');
  });

  test('is tried out by Secrets Manager once it is attached: the permission and the policy are there before', () => {
    const resources = synthesizeStack({ nativeRotation: true });
    const schedule = resourceAt(resources, 'NativeRotation/momento:authentication-token/Schedule');
    const { DependsOn } = schedule as unknown as { DependsOn: string[] };
    expect(DependsOn).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/NativeRotation.*Rotates/),
        expect.stringMatching(/RefresherPolicy/),
      ]),
    );
  });
});

describe("hosts beside Momento's", () => {
  test('are none, unless a setting names them', () => {
    const variables = (context: Record<string, string>) =>
      (propertiesAt(synthesizeStack(context), 'Refresher/Function').Environment as { Variables: object })
        .Variables;
    expect(variables({})).not.toHaveProperty('MOMENTO_HOSTS');
    expect(variables({ momentoHosts: 'a.example.com, b.example.com' })).toHaveProperty(
      'MOMENTO_HOSTS',
      'a.example.com,b.example.com',
    );
  });

  test('the secret with the management key reaches the function, and must be a managed one', () => {
    const context = { secretNames: 'team/momento, team/keys', managementSecretName: 'team/keys' };
    const { Environment } = propertiesAt(synthesizeStack(context), 'Refresher/Function');
    expect(Environment).toMatchObject({ Variables: { MANAGEMENT_SECRET_NAME: 'team/keys' } });
    expect(() => synthesizeStack({ managementSecretName: 'other' })).toThrow(
      'managementSecretName is "other". Accepted: one of the names in `secretNames`.',
    );
  });
});
