/**
 * Requests and signatures of the AWS Signature Version 4 test suite (aws-sig-v4-test-suite, Apache-2.0), all by AKIDEXAMPLE at
 * 2015-08-30T12:36:00Z for us-east-1/service. Paths and queries stand as the suite sends them.
 */
export const EXAMPLE = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: Buffer.from('wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'),
};

export const HOST_AND_DATE = ['Host', 'example.amazonaws.com', 'X-Amz-Date', '20150830T123600Z'];

interface Vector {
  name: string;
  method: string;
  path: string;
  query: string;
  rawHeaders: string[];
  signedHeaders: string[];
  body: string;
  signature: string;
}

function vector(name: string, target: string, signature: string, more: { headers?: string[]; body?: string } = {}): Vector {
  const [method = '', uri = ''] = target.split(/ (.*)/s);
  const [path = '', query = ''] = uri.split(/\?(.*)/s);
  const rawHeaders = [...HOST_AND_DATE, ...(more.headers ?? [])];
  const signedHeaders = [...new Set(rawHeaders.filter((_, i) => i % 2 === 0).map((header) => header.toLowerCase()))].sort();
  return { name, method, path, query, rawHeaders, signedHeaders, body: more.body ?? '', signature };
}

const UNRESERVED = '-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const VANILLA = '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31';
const POST_VANILLA = '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b';

export const suite: readonly Vector[] = [
  vector('get-vanilla', 'GET /', VANILLA),
  vector('get-slash', 'GET //', VANILLA),
  vector('get-slash-dot-slash', 'GET /./', VANILLA),
  vector('get-relative', 'GET /example/..', VANILLA),
  vector('get-relative-relative', 'GET /example1/example2/../..', VANILLA),
  vector('get-slashes', 'GET //example//', '9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84'),
  vector('get-slash-pointless-dot', 'GET /./example', 'ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5'),
  vector('get-space', 'GET /example space/', '652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741'),
  vector('get-unreserved', `GET /${UNRESERVED}`, '07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f'),
  vector('get-utf8', 'GET /ሴ', '8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85'),
  vector('get-vanilla-empty-query-key', 'GET /?Param1=value1', 'a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb'),
  vector(
    'get-vanilla-query-order-key-case',
    'GET /?Param2=value2&Param1=value1',
    'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
  ),
  vector('get-vanilla-utf8-query', 'GET /?ሴ=bar', '2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04'),
  vector('get-header-key-duplicate', 'GET /', 'c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea', {
    headers: ['My-Header1', 'value2', 'My-Header1', 'value2', 'My-Header1', 'value1'],
  }),
  vector('get-header-value-order', 'GET /', '08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01', {
    headers: ['My-Header1', 'value4', 'My-Header1', 'value1', 'My-Header1', 'value3', 'My-Header1', 'value2'],
  }),
  vector('get-header-value-trim', 'GET /', 'acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736', {
    headers: ['My-Header1', ' value1', 'My-Header2', ' "a   b   c"'],
  }),
  vector('post-vanilla', 'POST /', POST_VANILLA),
  vector('post-vanilla-query', 'POST /?Param1=value1', '28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11'),
  vector('post-header-value-case', 'POST /', 'cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d', {
    headers: ['My-Header1', 'VALUE1'],
  }),
  vector('post-x-www-form-urlencoded', 'POST /', 'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a', {
    headers: ['Content-Type', 'application/x-www-form-urlencoded'],
    body: 'Param1=value1',
  }),
];
