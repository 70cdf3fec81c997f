/** A request as one writes it: every member may be left out, maps may be plain objects, bytes any Uint8Array. */
export type Input<Request> = { readonly [Member in keyof Request]?: InputMember<Request[Member]> };

type InputMember<Value> =
  Value extends Map<string, string> ? Value | Readonly<Record<string, string>> : Value extends Buffer ? Uint8Array : Value;

/** Makes whole messages of a type out of what a caller wrote. */
export type Complete<Request> = (input: Input<Request>) => Request;

/** @param decode of the message type: no bytes are the message in which nothing is said */
export function completing<Request extends object>(decode: (bytes: Buffer) => Request): Complete<Request> {
  const nothing = decode(Buffer.alloc(0)) as Record<string, unknown>;
  return (input) => {
    const message = { ...nothing };
    for (const [member, value] of Object.entries(input)) {
      if (value !== undefined) message[member] = nothing[member] instanceof Map ? asMap(value) : value;
    }
    return message as Request;
  };
}

function asMap(value: unknown): ReadonlyMap<string, string> {
  return value instanceof Map ? (value as Map<string, string>) : new Map(Object.entries(value as Record<string, string>));
}
