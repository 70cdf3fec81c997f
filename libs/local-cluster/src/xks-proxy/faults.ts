/** The four calls of the protocol. */
export type ProxyOperation = 'health' | 'metadata' | 'encrypt' | 'decrypt';

/** How the proxy misbehaves, until told otherwise. */
export type ProxyFault =
  /** An error of the protocol, after the signature was found right. */
  | { readonly kind: 'error'; readonly status: number; readonly errorName: string }
  /** This text, this status, whatever was asked. */
  | { readonly kind: 'answer'; readonly status: number; readonly text: string; readonly location?: string }
  /** Answers so late. */
  | { readonly kind: 'slow'; readonly ms: number }
  /** Ends the connection: at once, or in the middle of the answer. */
  | { readonly kind: 'close'; readonly when: 'at once' | 'half way' }
  /** Sends a body without end. */
  | { readonly kind: 'endless' }
  /** Changes one member of its answer; undefined leaves it out. */
  | { readonly kind: 'change'; readonly member: string; readonly value?: unknown };

/** The faults now: of one operation, or of all. */
export class Faults {
  readonly #faults = new Map<ProxyOperation | 'all', ProxyFault>();

  set(operation: ProxyOperation | 'all', fault: ProxyFault | undefined): void {
    if (fault === undefined) this.#faults.delete(operation);
    else this.#faults.set(operation, fault);
  }

  clear(): void {
    this.#faults.clear();
  }

  of(operation: ProxyOperation): ProxyFault | undefined {
    return this.#faults.get(operation) ?? this.#faults.get('all');
  }
}
