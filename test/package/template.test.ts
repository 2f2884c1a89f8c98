import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LOCAL_CREDENTIALS } from '../../local/local-stack.ts';
import { writeTemplate } from '../../stack/template.ts';
import { findTargets, type RunningTarget } from '../contract/targets.ts';

const BUCKET = 'code';

let path: string;
let moto: RunningTarget;

beforeAll(async () => {
  const target = findTargets(process.env).find(({ name }) => name === 'moto');
  if (target === undefined) throw new Error('these tests need moto_server, the AWS CLI and cfn-lint');
  moto = await target.start();
  path = writeTemplate(['-c', 'alarmEmail=ops@example.com']);
  aws('s3', 'mb', `s3://${BUCKET}`);
});

afterAll(() => moto?.close());

function aws(...args: readonly string[]): string {
  const { AWS_REGION, ...credentials } = LOCAL_CREDENTIALS;
  return execFileSync('aws', args, {
    encoding: 'utf8',
    env: { ...process.env, ...credentials, AWS_DEFAULT_REGION: AWS_REGION, AWS_ENDPOINT_URL: moto.url },
  });
}

describe('the plain template', () => {
  test('names nothing of the CDK and no bootstrap stack, and takes its code from the folder beside it', () => {
    const text = readFileSync(path, 'utf8');
    expect(text).not.toMatch(/aws:cdk|aws:asset|cdk-bootstrap|BootstrapVersion|hnb659fds/);
    const { Parameters, Rules, Resources } = JSON.parse(text);
    expect({ Parameters, Rules }).toEqual({ Parameters: undefined, Rules: undefined });
    const functions = Object.values(Resources as Record<string, { Type: string; Properties: object }>).filter(
      ({ Type }) => Type === 'AWS::Lambda::Function',
    );
    expect(functions.map(({ Properties }) => Properties)).toEqual([
      expect.objectContaining({ Code: 'function' }),
    ]);
  });

  test('is packaged by the AWS CLI, with its code in the bucket, and passes cfn-lint then', () => {
    const packaged = join(dirname(path), 'packaged.json');
    aws(
      'cloudformation',
      'package',
      '--template-file',
      path,
      '--s3-bucket',
      BUCKET,
      '--use-json',
      '--output-template-file',
      packaged,
    );
    const { Resources } = JSON.parse(readFileSync(packaged, 'utf8'));
    const [code] = Object.values(Resources as Record<string, { Type: string; Properties: { Code: object } }>)
      .filter(({ Type }) => Type === 'AWS::Lambda::Function')
      .map(({ Properties }) => Properties.Code as { S3Bucket: string; S3Key: string });
    expect(code).toEqual({ S3Bucket: BUCKET, S3Key: expect.stringMatching(/^[0-9a-f]{32}$/) });
    expect(aws('s3', 'ls', `s3://${BUCKET}`)).toContain(code?.S3Key);
    const { status, stdout } = spawnSync('cfn-lint', [packaged], { encoding: 'utf8' });
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
  });
});
