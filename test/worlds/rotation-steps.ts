/** What the tests of Secrets Manager's rotation do before they begin, and single steps of it. It states no expectations. */
import { DAY, type Outcome, SECRET, START, World } from './world.ts';

export const TOKEN = '99999999-9999-4999-8999-999999999999';
export const FUNCTION_ARN = 'arn:aws:lambda:us-east-1:123456789012:function:momento-key-refresher';

/** A key of 30 days, one day old, whose next wake-up is booked. */
export async function healthyWorld(): Promise<World> {
  const world = new World();
  world.seed({ lifetimeSeconds: 30 * DAY });
  world.now = START + 60;
  await world.run({ momento_auth_token_secret_name: SECRET });
  world.now = START + DAY;
  return world;
}

export function stagesOf(world: World): Record<string, string[]> {
  return world.secrets.describeSecret({ SecretId: SECRET }).VersionIdsToStages ?? {};
}

export function attach(world: World): void {
  world.secrets.rotateSecret({
    SecretId: SECRET,
    ClientRequestToken: TOKEN,
    RotationLambdaARN: FUNCTION_ARN,
    RotationRules: { AutomaticallyAfterDays: 90 },
    RotateImmediately: false,
  });
}

/** One step for a version that Secrets Manager has reserved, or not. */
export async function step(world: World, Step: string, ClientRequestToken = TOKEN): Promise<Outcome> {
  const { ARN: SecretId } = world.secrets.describeSecret({ SecretId: SECRET });
  return await world.run({ Step, SecretId, ClientRequestToken });
}

/** Secrets Manager reserves the version and is heard of no more: the test takes the steps. */
export function reserve(world: World): void {
  world.rotationStep = () => new Promise(() => {});
  world.secrets.rotateSecret({
    SecretId: SECRET,
    ClientRequestToken: TOKEN,
    RotationLambdaARN: FUNCTION_ARN,
  });
}
