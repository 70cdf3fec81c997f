import { expect, test } from '@jest/globals';
import { areToolsBuilt } from './kubernetes-tools.ts';

/** Defines specs that need helm; where it is not built, one test says how to get it. */
export function withTools(define: () => void): void {
  if (areToolsBuilt()) {
    define();
    return;
  }
  test('the chart is checked by npm run test:k8s, which builds helm first', () => {
    process.stderr.write('helm is not built: npm run test:k8s builds it and checks helm/trent\n');
    expect(areToolsBuilt()).toBe(false);
  });
}
