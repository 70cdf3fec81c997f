import type {
  handleBidiStreamingCall,
  handleServerStreamingCall,
  handleUnaryCall,
  ServiceDefinition,
  UntypedServiceImplementation,
} from '@grpc/grpc-js';

/** A service with the functions that serve it. */
export interface ServiceBinding {
  readonly definition: ServiceDefinition;
  readonly implementation: UntypedServiceImplementation;
}

/** A method as generated code defines it. */
export interface MethodDefinition<Request, Response> {
  readonly path: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
  readonly requestSerialize: (value: Request) => Buffer;
  readonly requestDeserialize: (bytes: Buffer) => Request;
  readonly responseSerialize: (value: Response) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => Response;
}

/** The handler that a method asks for. */
type HandlerOf<Method> = Method extends {
  readonly requestStream: infer Streams;
  readonly responseStream: infer Answers;
  readonly requestDeserialize: (bytes: Buffer) => infer Request;
  readonly responseDeserialize: (bytes: Buffer) => infer Response;
}
  ? Streams extends true
    ? handleBidiStreamingCall<Request, Response>
    : Answers extends true
      ? handleServerStreamingCall<Request, Response>
      : handleUnaryCall<Request, Response>
  : never;

/** One handler a method; a missing one does not compile. */
export type ImplementationOf<Definition> = { readonly [Method in keyof Definition]: HandlerOf<Definition[Method]> };

/** Puts a generated service definition and its handlers together. */
export function bind<Definition extends ServiceDefinition>(
  definition: Definition,
  implementation: ImplementationOf<Definition>,
): ServiceBinding {
  return { definition, implementation: { ...implementation } };
}

/** Full name of a service: `trent.feed.v1.FeedService`. */
export function serviceNameOf(definition: ServiceDefinition): string {
  const [method] = Object.values(definition);
  return method?.path.split('/')[1] ?? '';
}
