import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import { defineConfig, globalIgnores } from 'eslint/config';
import globals from 'globals';
import ts from 'typescript-eslint';

/**
 * The staircase: which room may import which. A room may always import itself. Types travel up as well (a store
 * implements the ports of core), so the rim names the rooms whose ports and types it may see in `types`.
 */
const CORE = ['lib', 'crypto', 'protocol', 'identity', 'contacts', 'session'];
const FEATURES = ['chat', 'files', 'membership', 'groups', 'calls', 'presence'];
const ROOMS = {
  lib: { imports: [] },
  crypto: { imports: ['lib', 'protocol'], packages: ['libsodium-wrappers', 'libsodium-wrappers-sumo', '@scure/bip39'] },
  protocol: { imports: ['lib'] },
  identity: { imports: ['lib', 'crypto', 'protocol'], packages: ['@zxcvbn-ts'] },
  contacts: { imports: ['lib', 'crypto', 'protocol', 'identity'] },
  session: { imports: CORE },
  chat: { imports: CORE },
  files: { imports: CORE },
  calls: { imports: CORE },
  membership: { imports: CORE },
  groups: { imports: [...CORE, 'membership'], packages: ['yjs', 'y-protocols', 'lib0'] },
  presence: { imports: CORE },
  storage: { imports: ['lib', 'crypto', 'protocol'], types: [...CORE, ...FEATURES], rim: true, packages: ['dexie', 'cborg', 'client-zip'] },
  transport: {
    imports: ['lib', 'protocol'],
    types: [...CORE, ...FEATURES],
    rim: true,
    packages: ['simple-peer', 'y-webrtc', 'yjs', 'y-protocols', 'lib0'],
  },
  platform: {
    imports: ['lib'],
    types: [...CORE, ...FEATURES],
    rim: true,
    packages: ['workbox-precaching', 'workbox-routing'],
  },
  i18n: { imports: ['lib'], face: true },
  ui: {
    imports: [...CORE, ...FEATURES, 'i18n'],
    face: true,
    packages: ['svelte', 'bits-ui', '@lucide/svelte', 'virtua', 'uqr', 'jsqr', 'pdfjs-dist'],
  },
  app: { imports: [...CORE, ...FEATURES, 'storage', 'transport', 'platform', 'i18n', 'ui'], rim: true },
};

/** The browser, which core must not see: it arrives through ports. */
const BROWSER = [
  'window',
  'document',
  'navigator',
  'indexedDB',
  'localStorage',
  'sessionStorage',
  'fetch',
  'WebSocket',
  'RTCPeerConnection',
  'BroadcastChannel',
  'Worker',
  'setTimeout',
  'setInterval',
];

const escape = (text) => text.replaceAll(/[$.*+?^{}()|[\]\\/]/g, String.raw`\$&`);
const doors = Object.values(ROOMS).flatMap((room) => room.packages ?? []);
const packagePattern = (names) => `^(${names.map(escape).join('|')})(/|$)`;

function staircase([room, { imports, types = [], packages = [], rim = false, face = false }]) {
  const hidden = Object.keys(ROOMS).filter((other) => other !== room && !imports.includes(other));
  const foreign = doors.filter((name) => !packages.includes(name));
  const patterns = [
    ...hidden.map((other) => ({
      // The ports say what a store's values are, and may hold a function or two about them (a blank one, say).
      regex: types.includes(other) ? `^\\.\\./${other}/(?!ports\\.ts$)` : `^\\.\\./${other}/`,
      allowTypeImports: types.includes(other),
      message: `${room}/ may not import ${other}/: see the staircase in eslint.config.js.`,
    })),
    {
      regex: packagePattern(foreign),
      message: `This package has one door, and it is not in ${room}/: see the staircase in eslint.config.js.`,
    },
  ].filter(({ regex }) => regex !== packagePattern([]));
  return {
    files: [`src/${room}/**/*.{ts,svelte}`],
    rules: {
      '@typescript-eslint/no-restricted-imports': ['error', { patterns }],
      ...(rim || face
        ? {}
        : {
            'no-restricted-globals': [
              'error',
              ...BROWSER.map((name) => ({ name, message: 'Core never sees the browser: take it through a port.' })),
              { name: 'Date', message: 'Time arrives through the Clock port.' },
            ],
          }),
    },
  };
}

export default defineConfig(
  globalIgnores(['dist/', 'test-results/', 'node_modules/', 'coverage/']),
  js.configs.recommended,
  ...ts.configs.strictTypeChecked,
  ...ts.configs.stylisticTypeChecked,
  ...svelte.configs.recommended,
  {
    languageOptions: {
      globals: { ...globals.browser, ...globals.node },
      parserOptions: { projectService: true, extraFileExtensions: ['.svelte'], tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      'no-restricted-properties': [
        'error',
        {
          object: 'sodium',
          property: 'randombytes_buf',
          message: 'One system call per four bytes: use randomBytes from crypto/random.ts.',
        },
        { object: 'Math', property: 'random', message: 'Use randomBytes.' },
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector: 'Identifier[name=/^crypto_sign_ed25519_(pk|sk)_to_curve25519$/]',
          message: 'Signing and agreement keys are different keys (security.md C1).',
        },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/consistent-type-definitions': 'off',
    },
  },
  { files: ['**/*.svelte', '**/*.svelte.ts'], languageOptions: { parserOptions: { parser: ts.parser } } },
  {
    // Here the types of another component's props are not known and count as `any`; svelte-check knows and checks them.
    files: ['**/*.svelte'],
    rules: Object.fromEntries(
      ['argument', 'assignment', 'call', 'member-access', 'return'].map((what) => [`@typescript-eslint/no-unsafe-${what}`, 'off']),
    ),
  },
  ...Object.entries(ROOMS).map(staircase),
  {
    // The server is a program of its own: of the app it knows the wire between them, and what a clock is.
    files: ['signaling/**/*.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: String.raw`^\.\./(?!src/(protocol/signaling|lib/clock)\.ts$)`,
              message: 'signaling/ shares only src/protocol/signaling.ts and the type of src/lib/clock.ts with the app.',
            },
            { regex: String.raw`/src/lib/clock\.ts$`, allowTypeImports: true, message: 'Only its type.' },
          ],
        },
      ],
    },
  },
  { files: ['eslint.config.js'], extends: [ts.configs.disableTypeChecked] },
);
