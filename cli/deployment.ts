/** Reads the parts of a deployment from the function's configuration. */
import { GetFunctionConfigurationCommand, type LambdaClient } from '@aws-sdk/client-lambda';

/** Restores what was deleted or changed by hand. A plain deployment of the same template would change nothing. */
export const RESTORE = 'npx cdk deploy --revert-drift';

export interface Deployment {
  readonly functionArn: string;
  readonly functionRoleArn: string;
  readonly schedulerRoleArn: string;
  readonly deadLetterQueueArn: string;
  readonly alarmTopicArn: string;
  /** The same as `alarmTopicArn` if the deployment has one topic. */
  readonly urgentAlarmTopicArn: string;
  readonly scheduleGroupName: string;
}

/** @throws {Error} the SDK's error if the configuration cannot be read */
export async function readDeployment(
  lambda: Pick<LambdaClient, 'send'>,
  functionName: string,
): Promise<Deployment> {
  const answer = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName: functionName }));
  const variables = answer.Environment?.Variables ?? {};
  const alarmTopicArn = variables.ALARM_TOPIC_ARN ?? '';
  return {
    functionArn: answer.FunctionArn ?? '',
    functionRoleArn: answer.Role ?? '',
    schedulerRoleArn: variables.SCHEDULER_ROLE_ARN ?? '',
    deadLetterQueueArn: variables.DEAD_LETTER_QUEUE_ARN ?? '',
    alarmTopicArn,
    urgentAlarmTopicArn: variables.URGENT_ALARM_TOPIC_ARN ?? alarmTopicArn,
    scheduleGroupName: variables.SCHEDULE_GROUP_NAME ?? '',
  };
}
