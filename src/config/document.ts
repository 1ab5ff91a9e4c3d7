import { renderTable } from './markdown-table.js';
import { policyJsonSchema } from './policy-schema.js';
import {
  connectionVariables,
  envPrefix,
  GROUPS,
  metadataVariables,
  sourceDefaults,
  VARIABLES,
  type Variable,
} from './variables.js';

type NamedVariable = Variable & { readonly name: string };

/** Every variable with its full name, those of the sources `batch` and `cdc` spelled out. */
export function allVariables(): NamedVariable[] {
  const named = (prefix: string, variables: Readonly<Record<string, Variable>>) =>
    Object.entries(variables).map(([name, variable]) => ({ ...variable, name: prefix + name }));
  return [
    ...named('', VARIABLES),
    ...['batch', 'cdc'].flatMap((source) =>
      named(`${envPrefix(source)}_`, connectionVariables(sourceDefaults(source), `${source} warehouse`)),
    ),
    ...named('METADATA_DB_', metadataVariables()),
  ];
}

/** The content of `.env.example`: as it stands, it says what is the case without it. */
export function renderEnvExample(): string {
  const groups = GROUPS.map((group) => {
    const lines = allVariables()
      .filter((variable) => variable.group === group)
      .flatMap(({ name, meaning, default: value, defaultText }) => [
        `# ${meaning}${defaultText === undefined ? '' : ` (unset: ${defaultText})`}`,
        `${name}=${value ?? ''}`,
      ]);
    return [`# --- ${group} ---`, ...lines].join('\n');
  });
  const intro =
    '# Copy to .env and change what differs. An empty value is the same as none. Generated from src/config/variables.ts.';
  return `${[intro, ...groups].join('\n\n')}\n`;
}

/** The content of `docs/settings.md`. */
export function renderSettingsReference(): string {
  const groups = GROUPS.map((group) => {
    const rows = allVariables()
      .filter((variable) => variable.group === group)
      .map(({ name, default: value, defaultText, validator, meaning, secret }) => [
        `\`${name}\``,
        value === undefined ? (defaultText ?? '–') : `\`${value}\``,
        validator.allowed,
        secret ? `${meaning} (secret)` : meaning,
      ]);
    return `### ${group}\n\n${renderTable(['variable', 'default', 'allowed', 'meaning'], rows)}`;
  });
  return `${[INTRO, ...groups, POLICY_INTRO, renderPolicyKeys()].join('\n\n')}\n`;
}

interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly anyOf?: readonly JsonSchema[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly additionalProperties?: JsonSchema | boolean;
}

function renderPolicyKeys(): string {
  const rows: string[][] = [];
  const add = (path: string, schema: JsonSchema): void => {
    const types = [schema.type ?? schema.anyOf?.map((choice) => choice.type)].flat(2);
    if (path !== '') rows.push([`\`${path}\``, types.join(' or '), schema.description ?? '']);
    const prefix = path === '' ? '' : `${path}.`;
    for (const [key, property] of Object.entries(schema.properties ?? {})) add(prefix + key, property);
    if (typeof schema.additionalProperties === 'object') {
      const named = schema.additionalProperties.properties ?? {};
      for (const [key, property] of Object.entries(named)) add(`${path}.<name>.${key}`, property);
    }
    if (schema.items?.properties !== undefined)
      for (const [key, property] of Object.entries(schema.items.properties)) add(`${path}[].${key}`, property);
  };
  add('', policyJsonSchema() as JsonSchema);
  return renderTable(['key', 'type', 'meaning'], rows);
}

/** The content of `docs/sentinel.schema.json`. */
export function renderPolicySchema(): string {
  // Short lists of words on one line, as the formatter has them.
  const wordList = /\[\n\s+("[^"\n]*"(?:,\s+"[^"\n]*")*)\n\s+\]/g;
  const onOneLine = (list: string, words: string): string => {
    const line = `[${words.replace(/,\s+/g, ', ')}]`;
    return line.length <= 80 ? line : list;
  };
  return `${JSON.stringify(policyJsonSchema(), null, 2).replace(wordList, onOneLine)}\n`;
}

const INTRO = `# Settings

Generated from \`src/config/variables.ts\` and \`src/config/policy-schema.ts\` by \`npm run docs:schema\`.

## Environment

A variable is taken from the first of these that sets it: the real environment, \`.env.<env>.local\`, \`.env.<env>\`,
\`.env.local\`, \`.env\` (all in the working directory; \`<env>\` is \`SENTINEL_ENV\`, which is itself read from the real
environment, \`.env.local\` or \`.env\`). Everything is checked before anything is connected to; all problems are listed
at once, with file and line, and the program ends with exit code 3.

- An empty value of a variable without a default is the same as none; elsewhere it is refused.
- A name that is nearly one of these is refused in a .env file, and a misspelt \`<SOURCE>_DB_*\` everywhere, so that a
  typing error cannot pass as a default.
- An unquoted value in a .env file ends at a \`#\`, so a value that holds one must be quoted.
- Bytes take decimal (\`10MB\` = 10,000,000) and binary units (\`64GiB\`); seconds are plain numbers.
- Each name in \`SENTINEL_SOURCES\` reads its own \`<NAME>_DB_*\` with the endings of \`BATCH_DB_*\`. A name other than batch
  and cdc has no default for \`…_NAME\` and \`…_USER\`, which must then be set.
- \`…_PASSWORD_FILE\` takes the place of \`…_PASSWORD\`; a newline at its end is not part of the password. It is read
  again for each new connection, so a password may be rotated while a run goes on.
- The metadata store lives in the batch warehouse (the first source, where there is none called batch) unless
  \`METADATA_DB_*\` says otherwise. Whatever is unset is the batch warehouse's; its password only for the same role. With
  \`METADATA_DB_HOST\` or \`METADATA_DB_PORT\` another server is meant, and nothing but the host is taken over.
- \`SENTINEL_ENV=production\` refuses a missing or well-known password (a client certificate may stand in its place) and,
  off loopback, an sslmode below \`require\`.`;

const POLICY_INTRO = `## sentinel.yaml

An optional file in the working directory for what is neither secret nor different between environments. Unknown keys are
refused. Editors check it with \`docs/sentinel.schema.json\`:
\`# yaml-language-server: $schema=./docs/sentinel.schema.json\` as its first line.`;
