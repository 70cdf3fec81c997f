import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { areToolsBuilt, tools, toolsFolder } from './kubernetes-tools.ts';
import { jsonSchemas, type Swagger } from './json-schemas.ts';

/** The version whose schemas the rendered objects are held against, and the checksum of its module (as in a go.sum). */
const KUBERNETES = { version: 'v1.37.2', sum: 'h1:A2VDEiObzkYqFTKhSsn0ZEb0RlLEXpHWj93gi2HqEwE=' } as const;
const PACKAGES = ['helm.sh/helm/v4/cmd/helm', 'github.com/yannh/kubeconform/cmd/kubeconform'];
const moduleFolder = join(import.meta.dirname, 'tools');

/** Builds what is missing: helm and kubeconform by the tools module, schemas from the API description that Kubernetes' module carries. */
function buildTools(): void {
  mkdirSync(toolsFolder, { recursive: true });
  console.log('building helm and kubeconform, some minutes the first time');
  go(['build', '-trimpath', '-ldflags', '-s -w', '-o', `${toolsFolder}/`, ...PACKAGES]);
  const answer = go(['mod', 'download', '-json', `k8s.io/kubernetes@${KUBERNETES.version}`]);
  const { Dir, Sum } = JSON.parse(answer) as { readonly Dir: string; readonly Sum: string };
  if (Sum !== KUBERNETES.sum)
    throw new Error(`k8s.io/kubernetes ${KUBERNETES.version} has the checksum ${Sum}, expected ${KUBERNETES.sum}`);
  const swagger = JSON.parse(readFileSync(join(Dir, 'api/openapi-spec/swagger.json'), 'utf8')) as Swagger;
  const unfinished = `${tools.schemas}.new`;
  mkdirSync(unfinished, { recursive: true });
  for (const [name, schema] of jsonSchemas(swagger)) writeFileSync(join(unfinished, name), JSON.stringify(schema));
  renameSync(unfinished, tools.schemas);
}

function go(args: readonly string[]): string {
  const env = { ...process.env, CGO_ENABLED: '0' };
  return execFileSync('nice', ['-n', '10', 'go', ...args], {
    cwd: moduleFolder,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

if (areToolsBuilt()) console.log(`helm, kubeconform and schemas are in ${toolsFolder}`);
else buildTools();
