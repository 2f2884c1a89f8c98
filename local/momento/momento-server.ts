/** Momento's auth and control services on the wire: plaintext gRPC on loopback over a model. It has no rules of its own. */
import { auth, control } from '@gomomento/generated-types';
import {
  type handleUnaryCall,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import type { StartOptions } from '../serving/http-service.ts';
import { type Momento, MomentoError } from './momento.ts';

export interface RunningMomento {
  /** `host:port`, as the SDK's endpoint overrides want it. */
  readonly url: string;
  /** Resolves when the port is free again; open connections are cut. */
  close(): Promise<void>;
}

const { _RefreshApiTokenResponse: RefreshResponse, UnimplementedAuthService: AuthService } = auth.auth;
const {
  _Cache: Cache,
  _ListCachesResponse: ListCachesResponse,
  UnimplementedScsControlService: ControlService,
} = control.control_client;

type RefreshRequest = InstanceType<typeof auth.auth._RefreshApiTokenRequest>;
type ListCachesRequest = InstanceType<typeof control.control_client._ListCachesRequest>;

/** The methods that are not here are answered UNIMPLEMENTED by the gRPC library. */
export async function startMomentoServer(
  model: Momento,
  { port = 0 }: StartOptions = {},
): Promise<RunningMomento> {
  const refreshApiToken = unary<RefreshRequest, InstanceType<typeof RefreshResponse>>((request) => {
    const key = model.refreshApiKey(request.api_key, request.refresh_token);
    return new RefreshResponse({
      api_key: key.apiKey,
      refresh_token: key.refreshToken,
      endpoint: key.endpoint,
      valid_until: key.validUntil,
    });
  });
  const listCaches = unary<ListCachesRequest, InstanceType<typeof ListCachesResponse>>((_, authorization) => {
    const names = model.listCaches(authorization);
    return new ListCachesResponse({ cache: names.map((name) => new Cache({ cache_name: name })) });
  });
  const server = new Server();
  server.addService(AuthService.definition as ServiceDefinition, { RefreshApiToken: refreshApiToken });
  server.addService(ControlService.definition as ServiceDefinition, { ListCaches: listCaches });
  const actualPort = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return { url: `127.0.0.1:${actualPort}`, close: async () => server.forceShutdown() };
}

/** The key of a control call is in its metadata; that of an auth call is in the request. */
function unary<Request, Response>(
  call: (request: Request, authorization: string) => Response,
): handleUnaryCall<Request, Response> {
  return ({ request, metadata }, respond) => {
    try {
      const [authorization = ''] = metadata.get('authorization');
      respond(null, call(request, authorization.toString()));
    } catch (error) {
      respond(toServiceError(error));
    }
  };
}

/** What is no answer of the model's is a failure of the service. */
function toServiceError(error: unknown): Partial<ServiceError> {
  if (error instanceof MomentoError) return { code: error.code, details: error.message };
  return { code: status.INTERNAL, details: 'An internal error occurred' };
}
