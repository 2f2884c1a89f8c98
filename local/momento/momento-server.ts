/** Serves Momento's auth and control services over plaintext gRPC on loopback. */
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
  /** `host:port`, the form of the SDK's endpoint overrides. */
  readonly url: string;
  /** Closes open connections. Resolves when the port is free. */
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

/** The gRPC library answers every other method with UNIMPLEMENTED. */
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

/** A control call has its key in the metadata, an auth call in the request. */
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

/** Any error that is not a MomentoError becomes an internal error. */
function toServiceError(error: unknown): Partial<ServiceError> {
  if (error instanceof MomentoError) return { code: error.code, details: error.message };
  return { code: status.INTERNAL, details: 'An internal error occurred' };
}
