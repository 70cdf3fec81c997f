/** What a process waits for before it takes requests. */
export interface Readiness {
  /** Adds a check: true, or a sentence that says why not. */
  add(name: string, check: () => true | string): void;
  /** Reasons by check; empty when ready. */
  reasons(): Readonly<Record<string, string>>;
}

/** Makes an empty list of checks. */
export function createReadiness(): Readiness {
  const checks = new Map<string, () => true | string>();
  return {
    add: (name, check) => void checks.set(name, check),
    reasons: () => {
      const reasons: Record<string, string> = {};
      for (const [name, check] of checks) {
        const outcome = outcomeOf(check);
        if (outcome !== true) reasons[name] = outcome;
      }
      return reasons;
    },
  };
}

function outcomeOf(check: () => true | string): true | string {
  try {
    return check();
  } catch (error) {
    return `the check failed: ${String(error)}`;
  }
}
