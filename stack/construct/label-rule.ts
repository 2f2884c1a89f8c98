/** The rule that wakes the function when a secret gets a new current version; it looks at labels, never at values. */
import { Duration } from 'aws-cdk-lib';
import { type EventPattern, Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';

export interface LabelRuleProps {
  readonly secretNames: readonly string[];
  readonly target: IFunction;
  /** Takes the events that could not be delivered; its policy is opened to this rule alone. */
  readonly deadLetterQueue: IQueue;
}

/** The event that one of the secrets has a new current version. */
export function newCurrentVersion(secretNames: readonly string[]): EventPattern {
  return {
    source: ['aws.secretsmanager'],
    detailType: ['Secret Label Updated'],
    detail: { name: [...secretNames], labelUpdated: ['AWSCURRENT'] },
  };
}

/** Secrets Manager sends these events to the account's default bus by itself; no CloudTrail is needed. */
export function addLabelRule(scope: Construct, id: string, props: LabelRuleProps): Rule {
  return new Rule(scope, id, {
    description: 'A Momento key was put or promoted: book its wake-up',
    eventPattern: newCurrentVersion(props.secretNames),
    targets: [
      new LambdaFunction(props.target, {
        deadLetterQueue: props.deadLetterQueue,
        // What is later than this the sweep has seen by itself.
        maxEventAge: Duration.hours(1),
        retryAttempts: 10,
      }),
    ],
  });
}
