/** A rotation by Secrets Manager whose steps the test takes itself. */

import type { Fault } from './faults.ts';
import { FUNCTION_ARN, SECRET, TOKEN } from './names.ts';
import type { Outcome, Turn, World } from './world.ts';

/** Secrets Manager reserves the version and takes no step by itself. */
export function reserve(world: World): void {
  world.rotationStep = async () => 'killed';
  world.secrets.rotateSecret({
    SecretId: SECRET,
    ClientRequestToken: TOKEN,
    RotationLambdaARN: FUNCTION_ARN,
  });
}

/** One step of the rotation to that version. */
export async function step(
  world: World,
  Step: string,
  {
    versionId = TOKEN,
    fault,
    turn,
  }: { versionId?: string; fault?: Fault | undefined; turn?: Turn | undefined } = {},
): Promise<Outcome> {
  const { ARN: SecretId } = world.secrets.describeSecret({ SecretId: SECRET });
  return await world.run({ Step, SecretId, ClientRequestToken: versionId }, fault, turn);
}
