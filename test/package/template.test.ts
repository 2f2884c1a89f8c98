import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LOCAL_CREDENTIALS } from '../../local/local-stack.ts';
import { writeTemplate } from '../../stack/template.ts';
import { findTargets, type RunningTarget } from '../contract/targets.ts';

const ROOT = join(import.meta.dirname, '../..');
const BUCKET = 'code';
/** The commands of the AWS CLI that the README has for the template: to package it, and to deploy it. */
const [PACKAGE = '', DEPLOY = ''] =
  readFileSync(join(ROOT, 'README.md'), 'utf8').match(/^aws cloudformation .*$/gm) ?? [];

let path: string;
let moto: RunningTarget;

beforeAll(async () => {
  const target = findTargets(process.env).find(({ name }) => name === 'moto');
  if (target === undefined) throw new Error('these tests need moto_server, the AWS CLI and cfn-lint');
  moto = await target.start();
  path = writeTemplate(['-c', 'alarmEmail=ops@example.com']);
  type(`aws s3 mb s3://${BUCKET}`);
});

afterAll(() => moto?.close());

/** Types the line into a shell, as a reader of the README would. @returns what it prints */
function type(line: string): string {
  const { AWS_REGION, ...credentials } = LOCAL_CREDENTIALS;
  return execFileSync('sh', ['-ec', line], {
    cwd: ROOT,
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

  test('is packaged by the command of the README, with its code in the bucket, and passes cfn-lint then', () => {
    type(PACKAGE.replace('YOUR_BUCKET', BUCKET));
    const packaged = join(dirname(path), 'packaged.json');
    const { Resources } = JSON.parse(readFileSync(packaged, 'utf8'));
    const [code] = Object.values(Resources as Record<string, { Type: string; Properties: { Code: object } }>)
      .filter(({ Type }) => Type === 'AWS::Lambda::Function')
      .map(({ Properties }) => Properties.Code as { S3Bucket: string; S3Key: string });
    expect(code).toEqual({ S3Bucket: BUCKET, S3Key: expect.stringMatching(/^[0-9a-f]{32}$/) });
    expect(type(`aws s3 ls s3://${BUCKET}`)).toContain(code?.S3Key);
    const { status, stdout } = spawnSync('cfn-lint', [packaged], { encoding: 'utf8' });
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
  });

  test('is deployed from the packaged file by the command of the README, which lets it create roles', () => {
    expect(DEPLOY.split(' --').slice(1)).toEqual([
      'template-file dist/template/packaged.json',
      's3-bucket YOUR_BUCKET',
      'stack-name MomentoKeyRefresher',
      'capabilities CAPABILITY_IAM',
    ]);
  });
});
