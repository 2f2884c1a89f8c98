/** The rule that wakes the function when a secret gets a new current version. */
import { Duration } from 'aws-cdk-lib';
import { type EventPattern, Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';

export interface LabelRuleProps {
  readonly secretNames: readonly string[];
  readonly target: IFunction;
  /** Receives the events that could not be delivered. Its policy allows only this rule. */
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

/** Secrets Manager sends these events to the account's default bus. CloudTrail is not needed. */
export function addLabelRule(scope: Construct, id: string, props: LabelRuleProps): Rule {
  return new Rule(scope, id, {
    description: 'A Momento key was put or promoted: book its wake-up',
    eventPattern: newCurrentVersion(props.secretNames),
    targets: [
      new LambdaFunction(props.target, {
        deadLetterQueue: props.deadLetterQueue,
        // By then the sweep has seen the new version itself.
        maxEventAge: Duration.hours(1),
        retryAttempts: 10,
      }),
    ],
  });
}
