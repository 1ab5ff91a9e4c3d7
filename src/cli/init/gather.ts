import { toFailure } from '#src/adapters/postgres/failure.js';
import { type SourceSurvey, surveySource } from '#src/adapters/postgres/survey.js';
import type { Config } from '#src/config/config.js';
import { discoverySettings } from '../worker-settings.js';
import type { Unreached } from './proposal.js';

/** Look at every source at the same time; in the order of the settings. */
export async function gather(
  config: Config,
): Promise<{ readonly surveys: readonly SourceSurvey[]; readonly unreached: readonly Unreached[] }> {
  const { sources, metadata, guards } = config;
  const discovery = discoverySettings(config);
  const found = await Promise.all(
    sources.map(async (connection): Promise<SourceSurvey | Unreached> => {
      const { host, port, database, user } = metadata.connection;
      const isStore =
        host === connection.host &&
        port === connection.port &&
        database === connection.database &&
        user === connection.user;
      const options = { guards, discovery, ...(isStore && { storeSchema: metadata.schema }) };
      try {
        return await surveySource(connection, options);
      } catch (error) {
        const { message } = toFailure(error, { source: connection.name, connection });
        return { source: connection.name, message };
      }
    }),
  );
  return {
    surveys: found.filter((each) => 'discovery' in each),
    unreached: found.filter((each) => 'message' in each),
  };
}
