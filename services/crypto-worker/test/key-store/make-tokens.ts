/** Child process of the service spec: makes tokens by labels and PINs given as JSON; one without a PIN is left without its user. */
import { openModule } from '@trent/pkcs11';

const [path = '', tokens = '{}'] = process.argv.slice(2);
const module = openModule({ path });
const soPin = Buffer.from('security officer');
for (const [label, pin] of Object.entries(JSON.parse(tokens) as Record<string, string>)) {
  if (pin !== '') module.createToken(label, soPin, Buffer.from(pin));
  else module.initToken(module.tokens().find((token) => !token.isInitialized)?.slot ?? 0, soPin, label);
}
