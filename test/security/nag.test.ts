import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack, Validations } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { parseSettings } from '../../stack/app-settings.ts';
import { MomentoKeyRefresher } from '../../stack/construct/momento-key-refresher.ts';
import { RefresherStack } from '../../stack/refresher-stack.ts';

const KEY_ARN = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const { context } = JSON.parse(readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8'));

function newApp(): App {
  const outdir = mkdtempSync(join(tmpdir(), 'nag-'));
  onTestFinished(() => rmSync(outdir, { recursive: true }));
  return new App({ outdir, context });
}

/** @returns what the checks print; empty if they find nothing */
function check(build: (app: App) => void): string {
  const app = newApp();
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  build(app);
  const printed: string[] = [];
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, 'write').mockImplementation((text) => printed.push(String(text)) > 0);
  }
  for (const method of ['log', 'error', 'warn', 'info'] as const) {
    vi.spyOn(console, method).mockImplementation((...words) => void printed.push(words.join(' ')));
  }
  let failure = '';
  try {
    app.synth();
  } catch (error) {
    failure = String(error);
  } finally {
    vi.restoreAllMocks();
  }
  return [...printed, failure].join('');
}

describe('cdk-nag finds nothing that is not acknowledged with a reason', () => {
  it.each([
    { nativeRotation: true },
    { secretNames: 'a/one,b', kmsKeyArn: KEY_ARN },
    { secretNames: 'a/one,b', createSecrets: 'false', nativeRotation: 'true' },
  ])('with the settings %j', (settings) => {
    expect(
      check(
        (app) =>
          new RefresherStack(
            app,
            'MomentoKeyRefresher',
            parseSettings({ alarmEmail: 'ops@example.com', ...settings }),
          ),
      ),
    ).toBe('');
  });

  it("in another author's stack", () => {
    const build = (app: App) => {
      const stack = new Stack(app, 'Author', { env: { account: '111122223333', region: 'eu-west-1' } });
      new MomentoKeyRefresher(stack, 'Keys', { alarmEmail: 'ops@example.com' });
    };
    expect(check(build)).toBe('');
  });

  it.each(['arn:aws:s3:::all/*', '*'])(
    "but finds the author's own wildcard %s for the function",
    (wildcard) => {
      const build = (app: App) => {
        const { refresher } = new RefresherStack(app, 'MomentoKeyRefresher', parseSettings({}));
        refresher.function.addToRolePolicy(
          new PolicyStatement({ actions: ['s3:GetObject'], resources: [wildcard] }),
        );
      };
      expect(check(build)).toContain(`AwsSolutions-IAM5[Resource::${wildcard}]`);
    },
  );

  it('but finds the wildcard of a role that the author passes in', () => {
    const build = (app: App) => {
      const stack = new Stack(app, 'Author', { env: { account: '111122223333', region: 'eu-west-1' } });
      const role = new Role(stack, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
      role.addToPolicy(new PolicyStatement({ actions: ['iam:CreateUser'], resources: ['*'] }));
      new MomentoKeyRefresher(stack, 'Keys', { alarmEmail: 'ops@example.com', role });
    };
    expect(check(build)).toContain('AwsSolutions-IAM5[Resource::*]');
  });
});

describe('the acknowledgements of cdk-nag findings', () => {
  it('have a reason each and are not in the template', () => {
    const app = newApp();
    const stack = new RefresherStack(app, 'MomentoKeyRefresher', parseSettings({}));
    const acknowledged = stack.node
      .findAll()
      .flatMap(({ node }) =>
        node.metadata.filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY),
      )
      .flatMap(({ data }) => Object.entries(data as Record<string, string>));
    expect(acknowledged.map(([rule]) => rule).sort()).toEqual([
      'AwsSolutions::AwsSolutions-IAM5[Resource::*]',
      'AwsSolutions::AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:scheduler:<AWS::Region>:<AWS::AccountId>:schedule/momento-key-refresher/*]',
      'AwsSolutions::AwsSolutions-SMG4',
      'AwsSolutions::AwsSolutions-SQS3',
    ]);
    for (const [rule, reason] of acknowledged) expect(reason.length, rule).toBeGreaterThan(60);
    const { template } = app.synth().getStackByName('MomentoKeyRefresher');
    expect(JSON.stringify(template)).not.toContain('AwsSolutions');
  });
});
